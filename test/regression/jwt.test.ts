/** Regressions of `encode` and `decode`, each with an accepted twin. */
import { decode, encode, getUnverifiedHeader } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { makePair } from "../core/jwt/keys/key-kinds.ts";
import { NOW, SECRET } from "../support/create-auth.ts";
import { forge } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";

const read = (token: string): Promise<unknown> => decode(token, SECRET, { algorithms: ["HS256"], now: NOW });
const rsa = makePair("RSA");

describe("encode", () => {
  it.each([
    ["a Promise (a forgotten await)", Promise.resolve({ sub: "ada" })],
    ["a Map", new Map([["sub", "ada"]])],
    ["a Set", new Set(["sub"])],
    ["a Date", new Date()],
    ["bytes", new Uint8Array(3)],
  ])("rejects %s as claims", async (_, claims) => {
    expect(await refusalOf(encode(claims as never, SECRET))).toBeInstanceOf(TypeError);
  });

  it("signs the claims of a class instance, and of an object without a prototype", async () => {
    class Claims {
      readonly sub = "ada";
    }
    const bare = Object.assign(Object.create(null) as object, { sub: "ada" });
    for (const claims of [new Claims() as never, bare as never]) {
      expect(await read(await encode(claims, SECRET))).toEqual({ sub: "ada" });
    }
  });

  it.each([
    ["an unknown option", { algoritm: "HS512" }],
    ["options that are a list", []],
    ["options that are null", null],
    ["headers as text", { headers: "kid" }],
    ["headers that are a list", { headers: ["kid"] }],
    ["headers that are null", { headers: null }],
    ["a kid that decode would reject", { headers: { kid: 5 } }],
    ["crit, which decode would reject", { headers: { crit: ["exp"], exp: 1 } }],
    ["b64, which decode would reject", { headers: { b64: false, crit: ["b64"] } }],
    ["a header that is not JSON", { headers: { big: 1n } }],
    ["a list of names as jsonEncoder", { jsonEncoder: ["sub"] }],
    ["an allowWeakSecret that is not a boolean", { allowWeakSecret: "false" }],
  ])("rejects %s with a TypeError", async (_, options) => {
    expect(await refusalOf(encode({ sub: "ada" }, SECRET, options as never))).toBeInstanceOf(TypeError);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])("rejects exp, nbf or iat %d instead of writing null", async (value) => {
    for (const claim of ["exp", "nbf", "iat"]) {
      expect(await refusalOf(encode({ [claim]: value }, SECRET))).toBeInstanceOf(TypeError);
      expect(await read(await encode({ [claim]: NOW + (claim === "exp" ? 1.5 : 0) }, SECRET))).toBeDefined();
    }
  });

  it("writes a header named __proto__ like any other, and keeps its own alg", async () => {
    const headers = JSON.parse('{"__proto__":{"alg":"none"},"alg":"none"}') as Record<string, unknown>;
    const token = await encode({}, SECRET, { headers });
    expect(Object.entries(getUnverifiedHeader(token))).toEqual([
      ["alg", "HS256"],
      ["typ", "JWT"],
      ["__proto__", { alg: "none" }],
    ]);
    expect(await read(token)).toEqual({});
  });

  it("rejects claims that cannot be written with a TypeError: too deep, or with a function that throws", async () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    const cause = new Error("mine");
    const raise = (): never => {
      throw cause;
    };
    expect(await refusalOf(encode({ deep }, SECRET))).toMatchObject({
      name: "TypeError",
      cause: { name: "RangeError" },
    });
    expect(await refusalOf(encode({ own: { toJSON: raise } }, SECRET))).toMatchObject({ name: "TypeError", cause });
    expect(await refusalOf(encode({}, SECRET, { jsonEncoder: raise }))).toMatchObject({ name: "TypeError", cause });
  });
});

describe("decode", () => {
  const token = forge({ payload: { iss: "b", aud: "b", exp: NOW - 1 } });
  const base = { algorithms: ["HS256"], audience: "b", verifyExp: false, now: NOW } as const;

  it("applies inherited options", async () => {
    class Options {
      get issuer(): string {
        return "a";
      }
    }
    for (const options of [Object.create({ ...base, issuer: "a" }), Object.assign(new Options(), base)]) {
      expect(await refusalOf(decode(token, SECRET, options))).toMatchObject({ name: "InvalidIssuerError" });
    }
    expect(await decode(token, SECRET, Object.create({ ...base, issuer: "b" }) as typeof base)).toMatchObject({
      iss: "b",
    });
  });

  it.each([
    ["a list", []],
    ["a Map", new Map(Object.entries(base))],
    ["text", "HS256"],
  ])("rejects %s as options with a TypeError", async (_, options) => {
    expect(await refusalOf(decode(token, SECRET, options as never))).toBeInstanceOf(TypeError);
  });

  it("checks algorithms even if verifySignature is false", async () => {
    for (const algorithms of ["HS256", ["none"], null]) {
      const options = { verifySignature: false, algorithms } as never;
      expect(await refusalOf(decode(token, undefined, options))).toBeInstanceOf(TypeError);
    }
    expect(await decode(token, undefined, { verifySignature: false, algorithms: [] })).toMatchObject({ iss: "b" });
  });

  it("reads the lists of options when it is called", async () => {
    const audience = ["b"];
    const reading = decode(token, SECRET, { ...base, audience });
    audience[0] = "c";
    expect(await reading).toMatchObject({ aud: "b" });
  });

  it("distinguishes iss null from a missing iss, and an empty aud from another aud, as PyJWT does", async () => {
    const refused = (claims: object, options: object): Promise<unknown> =>
      refusalOf(decode(forge({ payload: claims }), SECRET, { algorithms: ["HS256"], ...options }));
    expect(await refused({ iss: null }, { issuer: "a" })).toMatchObject({ name: "InvalidIssuerError" });
    expect(await refused({}, { issuer: "a" })).toMatchObject({ name: "MissingRequiredClaimError", claim: "iss" });
    for (const aud of ["", [], null]) {
      expect(await refused({ aud }, { audience: "a" })).toMatchObject({
        name: "MissingRequiredClaimError",
        claim: "aud",
      });
    }
    expect(await refused({ aud: [""] }, { audience: "a" })).toMatchObject({ name: "InvalidAudienceError" });
  });
});

describe("a JWK with an invalid member", () => {
  const { publicKey, privateKey } = rsa;
  const jwk = publicKey.export({ format: "jwk" });

  it.each([
    ["key_ops that are not a list", { key_ops: 5 }],
    ["key_ops that are empty", { key_ops: [] }],
    ["a modulus that is not base64url", { n: `${jwk.n}=` }],
    [
      "a member that throws",
      Object.defineProperty({}, "kid", {
        enumerable: true,
        get: () => {
          throw new Error("mine");
        },
      }),
    ],
  ])("is rejected with an InvalidKeyError: %s", async (_, over) => {
    const token = await encode({}, privateKey, { algorithm: "RS256" });
    const wrong = Object.defineProperties({ ...jwk }, Object.getOwnPropertyDescriptors(over));
    const error = await refusalOf(decode(token, wrong, { algorithms: ["RS256"] }));
    expect(error).toMatchObject({ name: "InvalidKeyError" });
    expect(await decode(token, jwk, { algorithms: ["RS256"] })).toEqual({});
  });
});

describe("PEM text", () => {
  const plain = rsa.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const encrypted = rsa.privateKey.export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
  const sign = (key: string): Promise<string> => encode({ sub: "ada" }, key, { algorithm: "RS256" });

  it.each([
    ["an encrypted key behind the key", `${plain}${String(encrypted)}`],
    ["a header of an encrypted key in front of the key", `Proc-Type: 4,ENCRYPTED\n${plain}`],
    ["a comment with an escaped line break behind the key", `${plain}# -----BEGIN PRIVATE KEY-----\\n\n`],
  ])("is accepted with %s, because OpenSSL reads the first usable block", async (_, key) => {
    expect(await decode(await sign(key), rsa.publicKey, { algorithms: ["RS256"] })).toEqual({ sub: "ada" });
  });

  it("is rejected with an encrypted key alone", async () => {
    expect(await refusalOf(sign(String(encrypted)))).toMatchObject({ name: "InvalidKeyError" });
  });
});

it("rejects a JWK whose crv is an object with an InvalidKeyError, and accepts it without crv", async () => {
  const key = rsa.privateKey.export({ format: "jwk" });
  const options = { algorithm: "ES256" } as const;
  const rejected = encode({ sub: "ada" }, { ...key, crv: { toString: 1 } } as never, options);
  expect(await refusalOf(rejected)).toMatchObject({ name: "InvalidKeyError" });
  expect(await encode({ sub: "ada" }, key as never, { algorithm: "RS256" })).toBeTypeOf("string");
});
