/** Options of `encode` and `decode`: their effects, and a `TypeError` for each invalid option. */
import { decode, decodeComplete, type EncodeOptions, encode, getUnverifiedHeader } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const decodeWith = (options: object): Promise<unknown> =>
  decode(forge(), SECRET, { algorithms: ["HS256"], now: NOW, ...options });
const payloadOf = (token: string): string => Buffer.from(token.split(".")[1] ?? "", "base64url").toString();

describe("decode", () => {
  it.each([
    ["missing algorithms", { algorithms: undefined }],
    ["an empty list of algorithms", { algorithms: [] }],
    ["algorithms as text", { algorithms: "HS256" }],
    ["an unknown algorithm", { algorithms: ["HS256", "none"] }],
    ["an algorithm in another case", { algorithms: ["hs256"] }],
    ["an algorithm that only Object.prototype has", { algorithms: ["constructor"] }],
    ["an unknown option", { issuers: ["a"] }],
    ["integerSubject, an option of another library", { integerSubject: true }],
    ["a verifySignature that is not a boolean", { verifySignature: 0 }],
    ["a verifyExp that is not a boolean", { verifyExp: "false" }],
    ["a strictAud that is not a boolean", { strictAud: 1 }],
    ["an allowWeakSecret that is not a boolean", { allowWeakSecret: "yes" }],
    ["a negative leeway", { leeway: -1 }],
    ["an infinite leeway", { leeway: Number.POSITIVE_INFINITY }],
    ["a NaN leeway", { leeway: Number.NaN }],
    ["a leeway as text", { leeway: "10" }],
    ["a NaN as now", { now: Number.NaN }],
    ["a Date as now", { now: new Date() }],
    ["an explicit undefined issuer", { issuer: undefined }],
    ["an explicit undefined audience", { audience: undefined }],
    ["an issuer that is a number", { issuer: 5 }],
    ["an empty list of issuers", { issuer: [] }],
    ["an empty list of audiences", { audience: [] }],
    ["an audience of numbers", { audience: [5] }],
    ["a subject that is a number", { subject: 5 }],
    ["require as text", { require: "exp" }],
  ])("rejects %s with a TypeError", async (_, options) => {
    expect(await refusalOf(decodeWith(options))).toBeInstanceOf(TypeError);
  });

  it("rejects missing options with a TypeError", async () => {
    expect(await refusalOf(decode(forge(), SECRET, undefined as never))).toBeInstanceOf(TypeError);
    expect(await decodeWith({})).toMatchObject({ sub: "ada" });
  });

  it("checks the options before the token", async () => {
    expect(await refusalOf(decode("not a token", SECRET, {}))).toBeInstanceOf(TypeError);
  });

  it("reads an unverified token only with verifySignature: false, and makes only the requested checks", async () => {
    const expired = forge({ secret: "another secret", payload: { exp: 1, iss: "b", aud: "x", sub: 5 } });
    expect(await decode(expired, undefined, { verifySignature: false })).toEqual({
      exp: 1,
      iss: "b",
      aud: "x",
      sub: 5,
    });
    const asked = decode(expired, undefined, { verifySignature: false, verifyExp: true, now: NOW });
    expect(await refusalOf(asked)).toMatchObject({ reason: "TOKEN_EXPIRED" });
    const required = decode(expired, undefined, { verifySignature: false, require: ["jti"] });
    expect(await refusalOf(required)).toMatchObject({ reason: "CLAIM_MISSING" });
    expect(await refusalOf(decode("a.b", undefined, { verifySignature: false }))).toMatchObject({
      reason: "TOKEN_MALFORMED",
    });
  });

  it("accepts any listed algorithm, and rejects a known algorithm that is not listed", async () => {
    const secret = "s".repeat(64);
    const token = await encode({ a: 1 }, secret, { algorithm: "HS512" });
    expect(await decode(token, secret, { algorithms: ["HS256", "HS512"] })).toEqual({ a: 1 });
    expect(await refusalOf(decode(token, secret, { algorithms: ["HS256", "HS384"] }))).toMatchObject({
      name: "InvalidAlgorithmError",
      reason: "ALGORITHM_INVALID",
    });
  });

  it("reads the time from the system clock by default", async () => {
    const inAMinute = new Date(Date.now() + 60_000);
    const token = await encode({ exp: inAMinute }, SECRET);
    expect(await decode(token, SECRET, { algorithms: ["HS256"] })).toEqual({
      exp: Math.floor(inAMinute.getTime() / 1000),
    });
    const past = await encode({ exp: new Date(Date.now() - 60_000) }, SECRET);
    expect(await refusalOf(decode(past, SECRET, { algorithms: ["HS256"] }))).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });
});

describe("encode", () => {
  it("signs with HS256 by default, and writes alg before typ", async () => {
    const token = await encode({}, SECRET);
    expect(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).toBe('{"alg":"HS256","typ":"JWT"}');
  });

  it("adds headers, and lets them replace typ but not alg", async () => {
    const token = await encode({ a: 1 }, SECRET, { headers: { kid: "k1", typ: "at+jwt", alg: "none" } });
    expect(getUnverifiedHeader(token)).toEqual({ alg: "HS256", typ: "at+jwt", kid: "k1" });
    expect(await decode(token, SECRET, { algorithms: ["HS256"] })).toEqual({ a: 1 });
  });

  it("writes a Date in exp, iat and nbf as whole seconds, without changing the given claims", async () => {
    const claims = { exp: new Date(2_000_999), iat: new Date(1_000), nbf: new Date(0), other: new Date(0) };
    const token = await encode(claims, SECRET);
    expect(payloadOf(token)).toBe('{"exp":2000,"iat":1,"nbf":0,"other":"1970-01-01T00:00:00.000Z"}');
    expect(claims.exp).toBeInstanceOf(Date);
  });

  it("applies jsonEncoder to the payload as a replacer", async () => {
    const jsonEncoder: NonNullable<EncodeOptions["jsonEncoder"]> = (_, value) =>
      typeof value === "bigint" ? String(value) : value;
    expect(payloadOf(await encode({ id: 12n }, SECRET, { jsonEncoder }))).toBe('{"id":"12"}');
    expect(await refusalOf(encode({ id: 12n }, SECRET))).toBeInstanceOf(TypeError);
  });

  it.each([
    ["claims that are a list", () => encode([] as never, SECRET)],
    ["claims that are null", () => encode(null as never, SECRET)],
    ["claims as text", () => encode("{}" as never, SECRET)],
    ["an invalid Date", () => encode({ exp: new Date(Number.NaN) }, SECRET)],
    ["an unknown algorithm", () => encode({}, SECRET, { algorithm: "none" as never })],
    ["an algorithm that only Object.prototype has", () => encode({}, SECRET, { algorithm: "toString" as never })],
    ["a replacer that returns undefined for the payload", () => encode({}, SECRET, { jsonEncoder: () => undefined })],
    ["a replacer that returns text for the payload", () => encode({}, SECRET, { jsonEncoder: () => "text" })],
    ["an issuer that is not a text, as PyJWT does", () => encode({ iss: 5 }, SECRET)],
  ])("rejects %s with a TypeError", async (_, work) => {
    expect(await refusalOf(work)).toBeInstanceOf(TypeError);
  });
});

it("decodeComplete makes the checks of decode", async () => {
  const token = forge({ payload: { exp: NOW } });
  const error = await refusalOf(decodeComplete(token, SECRET, { algorithms: ["HS256"], now: NOW }));
  expect(error).toMatchObject({ name: "ExpiredSignatureError" });
});
