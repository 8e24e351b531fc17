/** Strict reading of the compact form (RFC 7515, section 7.1; RFC 7519, section 4). */
import { AuthManager } from "claimgate";
import { decode, decodeComplete, getUnverifiedHeader } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { createAuth, NOW, SECRET } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

type Reader = readonly [name: string, read: (token: string) => unknown];

const { auth } = createAuth();
const options = { algorithms: ["HS256"], now: NOW } as const;
const READERS: readonly Reader[] = [
  ["decode", (token) => decode(token, SECRET, options)],
  ["decodeComplete", (token) => decodeComplete(token, SECRET, options)],
  ["decode without verification", (token) => decode(token, undefined, { verifySignature: false })],
  ["getUnverifiedHeader", getUnverifiedHeader],
  ["AuthManager.verify", (token) => auth.verify(token)],
  ["AuthManager.convertToken", (token) => AuthManager.convertToken(token)],
];

const good = forge();
const segments = good.split(".");
/** The token with one segment changed, for each segment. */
const inEachSegment = (change: (segment: string) => string): string[] =>
  segments.map((segment, index) => segments.with(index, change(segment)).join("."));
const insert = (char: string) => (segment: string) => `${segment.slice(0, 4)}${char}${segment.slice(4)}`;

const MALFORMED: ReadonlyArray<readonly [what: string, tokens: readonly string[]]> = [
  ["a space", spread(" ")],
  ["a tab", spread("\t")],
  ["a line feed", spread("\n")],
  ["a carriage return and line feed", spread("\r\n")],
  ["a non-breaking space", spread("\u00a0")],
  ["a byte order mark", spread("\ufeff")],
  ["a zero-width space", spread("\u200b")],
  ["a null character", spread("\u0000")],
  ["padding", [...inEachSegment((segment) => `${segment}=`), ...inEachSegment((segment) => `${segment}==`)]],
  ["a letter of the standard base64 alphabet", ["+", "/"].flatMap((char) => inEachSegment(insert(char)))],
  ["a letter outside ASCII that looks like an ASCII letter", inEachSegment(insert("\u0430"))],
  ["one segment", [segments[0] as string, segments.join("")]],
  ["two segments", [segments.slice(0, 2).join("."), segments.slice(1).join(".")]],
  ["four segments", [`${good}.`, `.${good}`, `${good}.${segments[2]}`, segments.join("..").replace("..", ".")]],
];

describe.each(READERS)("%s", (_name, read) => {
  it("accepts a token in the compact form", async () => {
    expect(await read(good)).toBeDefined();
  });

  it.each(MALFORMED)("rejects a token with %s", async (_what, tokens) => {
    for (const token of tokens) {
      expect(await refusalOf(async () => read(token))).toMatchObject({
        name: "DecodeError",
        reason: "TOKEN_MALFORMED",
      });
    }
  });
});

describe("a token that is not UTF-8", () => {
  const wrap = (open: string, bytes: readonly number[], close: string): Uint8Array =>
    Buffer.concat([Buffer.from(open), Uint8Array.from(bytes), Buffer.from(close)]);
  const inPayload = (bytes: readonly number[]): string =>
    forge({ payload: wrap(`${JSON.stringify(goodClaims()).slice(0, -1)},"x":"`, bytes, '"}') });
  const inHeader = (bytes: readonly number[]): string => forge({ header: wrap('{"alg":"HS256","x":"', bytes, '"}') });
  const writers = [inPayload, inHeader];

  it.each([
    ["a byte that never occurs in UTF-8", [0xff]],
    ["a continuation byte without a start byte", [0x80]],
    ["a start byte without its continuation", [0xc3]],
    ["an overlong null", [0xc0, 0x80]],
    ["an overlong slash", [0xe0, 0x80, 0xaf]],
    ["half a surrogate pair", [0xed, 0xa0, 0x80]],
    ["a code point above the maximum", [0xf4, 0x90, 0x80, 0x80]],
  ])("is rejected with TOKEN_MALFORMED: %s", async (_, bytes) => {
    for (const token of writers.map((write) => write(bytes))) {
      for (const read of [() => decode(token, SECRET, options), () => auth.verify(token)]) {
        expect(await refusalOf(read)).toMatchObject({ name: "DecodeError", reason: "TOKEN_MALFORMED" });
      }
    }
  });

  it("does not affect the next token that is read", async () => {
    for (const write of writers) {
      await refusalOf(decode(write([0xc3]), SECRET, options));
      expect(await decode(write([0xc3, 0xa4]), SECRET, options)).toMatchObject(goodClaims());
    }
    expect(await decode(inPayload([0xf0, 0x9f, 0xa6, 0x8a]), SECRET, options)).toMatchObject({ x: "🦊" });
  });
});

describe("duplicate members of a token", () => {
  const claims = (members: string): string =>
    forge({ payload: `${JSON.stringify(goodClaims()).slice(0, -1)},${members}}` });

  it.each([
    ["sub", '"sub":"eve","sub":"bob"', { sub: "bob" }],
    ["sub, once with an escape in its name", '"sub":"eve","\\u0073ub":"bob"', { sub: "bob" }],
    ["exp", `"exp":1,"exp":${NOW + 5}`, { exp: NOW + 5 }],
    ["a name inside another claim", '"own":{"a":1,"a":2}', { own: { a: 2 } }],
  ])("are resolved to the last: %s", async (_, members, expected) => {
    const token = claims(members);
    expect(await decode(token, SECRET, options)).toEqual({ ...goodClaims(), ...expected });
    expect((await auth.verify(token)).claims).toEqual({ ...goodClaims(), ...expected });
  });

  it.each([
    ["exp", `"exp":${NOW + 5},"exp":${NOW}`, "TOKEN_EXPIRED"],
    ["nbf", `"nbf":0,"nbf":${NOW + 1}`, "TOKEN_NOT_YET_VALID"],
    ["aud", '"aud":null,"aud":"x"', "AUDIENCE_INVALID"],
  ])("are checked by the last: %s", async (_, members, reason) => {
    const token = claims(members);
    expect(await refusalOf(decode(token, SECRET, options))).toMatchObject({ reason });
    expect(await refusalOf(auth.verify(token))).toMatchObject({ reason });
  });

  it("are resolved to the last alg", async () => {
    const token = forge({ header: '{"alg":"none","alg":"HS256"}' });
    expect(getUnverifiedHeader(token)).toEqual({ alg: "HS256" });
    expect((await auth.verify(token)).sub).toBe("ada");
    const other = forge({ header: '{"alg":"HS256","alg":"none"}' });
    expect(await refusalOf(auth.verify(other))).toMatchObject({ reason: "ALGORITHM_INVALID" });
  });
});

describe("the header crit", () => {
  it.each([
    ["a name that the header has", { crit: ["exp"], exp: 1 }],
    ["a name that the header lacks", { crit: ["exp"] }],
    ["an empty list", { crit: [] }],
    ["b64", { crit: ["b64"], b64: true }],
    ["text", { crit: "exp" }],
    ["null", { crit: null }],
  ])("is rejected with any value: %s", async (_, members) => {
    const token = forge({ header: { alg: "HS256", ...members } });
    for (const [, read] of READERS) {
      const error = await refusalOf(async () => read(token));
      expect(error).toMatchObject({ name: "InvalidTokenError", reason: "TOKEN_MALFORMED" });
    }
  });

  it("is accepted as a claim", async () => {
    expect(await decode(forge({ payload: { crit: ["exp"] } }), SECRET, options)).toEqual({ crit: ["exp"] });
  });
});

/** The token with `char` before, after, between and inside the segments. */
function spread(char: string): string[] {
  return [
    `${char}${good}`,
    `${good}${char}`,
    segments.join(`.${char}`),
    segments.join(`${char}.`),
    ...inEachSegment(insert(char)),
  ];
}
