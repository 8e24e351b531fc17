/** Laws of `encode` and `decode`: claims survive a round trip, and no changed bit is accepted. */
import { isDeepStrictEqual } from "node:util";
import { ALGORITHMS, type Algorithm, decode, encode, InvalidTokenError, type KeyInput } from "claimgate/jwt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { anyClaims, jsonObject, SEED, text } from "./json-arbitraries.ts";
import { makePair } from "./keys/key-kinds.ts";

const UNCHECKED = {
  verifyExp: false,
  verifyNbf: false,
  verifyIat: false,
  verifyAud: false,
  verifyIss: false,
  verifySub: false,
  verifyJti: false,
} as const;

const rsa = makePair("RSA");
const pairs = {
  ES256: makePair("P-256"),
  ES384: makePair("P-384"),
  ES512: makePair("P-521"),
  EdDSA: makePair("Ed25519"),
  Ed25519: makePair("Ed25519"),
};
const KEYS = Object.fromEntries(
  ALGORITHMS.map((algorithm) => {
    if (algorithm.startsWith("HS")) return [algorithm, { sign: "s".repeat(64), verify: "s".repeat(64) }];
    const { privateKey, publicKey } = pairs[algorithm as keyof typeof pairs] ?? rsa;
    return [algorithm, { sign: privateKey, verify: publicKey }];
  }),
) as Readonly<Record<Algorithm, { readonly sign: KeyInput; readonly verify: KeyInput }>>;

// encode rejects an exp more than 100 years ahead.
const LAST_EXP = NOW + 3_155_760_000;
const signable = anyClaims.filter(({ exp }) => !(typeof exp === "number" && exp > LAST_EXP));
const algorithms = fc.constantFrom(...ALGORITHMS);
const signHS256 = (claims: Readonly<Record<string, unknown>>): Promise<string> => encode(claims, KEYS.HS256.sign);
const readHS256 = (token: string, options: object = {}): Promise<unknown> =>
  decode(token, KEYS.HS256.verify, { algorithms: ["HS256"], ...options });

describe("encoded claims", () => {
  it("are decoded unchanged, for any JSON and any algorithm", async () => {
    await fc.assert(
      fc.asyncProperty(signable, algorithms, async (claims, algorithm) => {
        const token = await encode(claims, KEYS[algorithm].sign, { algorithm });
        expectSame(await decode(token, KEYS[algorithm].verify, { algorithms: [algorithm], ...UNCHECKED }), claims);
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it("are decoded unchanged when every registered claim is valid and checked", async () => {
    const ahead = fc.double({ min: NOW + 1, max: LAST_EXP, noNaN: true });
    const past = fc.double({ min: 0, max: NOW, noNaN: true });
    const aud = fc.oneof(
      text.filter((one) => one !== ""),
      fc.array(text, { minLength: 1 }),
    );
    const registered = fc.record(
      { exp: ahead, nbf: past, iat: past, iss: text, aud, sub: text, jti: text },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(jsonObject, registered, async (own, claims) => {
        const all = { ...own, ...claims };
        const expected = { issuer: claims.iss, audience: claims.aud, subject: claims.sub };
        const given = Object.entries(expected).filter(([, value]) => value !== undefined);
        const options = { now: NOW, require: Object.keys(claims), ...Object.fromEntries(given) };
        expectSame(await readHS256(await signHS256(all), options), all);
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it("are decoded with whole seconds for every Date", async () => {
    const date = fc.date({ noInvalidDate: true });
    const exp = fc.date({ noInvalidDate: true, max: new Date(LAST_EXP * 1000) });
    const dates = fc.record({ exp, nbf: date, iat: date }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(dates, async (claims) => {
        const seconds = Object.entries(claims).map(([name, at]) => [name, Math.floor(at.getTime() / 1000)]);
        expectSame(await readHS256(await signHS256(claims), UNCHECKED), Object.fromEntries(seconds));
      }),
      { seed: SEED },
    );
  });

  it("are decoded as JSON writes them: -0 as 0, undefined as absent, NaN as null", async () => {
    const token = await signHS256({ a: -0, b: [-0], c: undefined, d: Number.NaN, e: [undefined] });
    expectSame(await readHS256(token), { a: 0, b: [0], d: null, e: [null] });
  });

  it("are decoded unchanged at a depth of 1,000", async () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 1000; depth++) deep = depth % 2 === 0 ? [deep] : { deep };
    expectSame(await readHS256(await signHS256({ deep })), { deep });
  });
});

describe("a token with one changed bit", () => {
  it("is rejected, for any claims and any algorithm", async () => {
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(signable, algorithms, place, async (claims, algorithm, place) => {
        const token = await encode(claims, KEYS[algorithm].sign, { algorithm });
        const bit = Math.floor(place * countBits(token));
        const read = decode(flip(token, bit), KEYS[algorithm].verify, { algorithms: [algorithm], ...UNCHECKED });
        expect(await refusalOf(read)).toBeInstanceOf(InvalidTokenError);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });

  // RS256 and PS256 differ in one bit, so all algorithms of the key are allowed.
  it.each([
    ["HS256", ["HS256", "HS384", "HS512"]],
    ["RS256", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
    ["PS256", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
    ["ES256", ["ES256"]],
    ["EdDSA", ["EdDSA"]],
  ] as const)("is rejected, for every bit: %s", async (algorithm, allowed) => {
    const claims = { sub: "ada", admin: false };
    const token = await encode(claims, KEYS[algorithm].sign, { algorithm, headers: { kid: "k1" } });
    const read = (text: string): Promise<unknown> => decode(text, KEYS[algorithm].verify, { algorithms: allowed });
    expect(await read(token)).toEqual(claims);
    for (let bit = 0; bit < countBits(token); bit++) {
      const refused = await read(flip(token, bit)).then(
        () => false,
        (error: unknown) => error instanceof InvalidTokenError,
      );
      expect({ bit, refused }).toEqual({ bit, refused: true });
    }
  });
});

// Vitest's matchers ignore names such as "constructor".
function expectSame(actual: unknown, expected: unknown): void {
  expect(JSON.stringify(actual)).toBe(JSON.stringify(expected));
  expect(isDeepStrictEqual(actual, expected)).toBe(true);
}

/** The number of bits in the token's characters, plus the bits of its decoded segments. */
function countBits(token: string): number {
  return token.length * 8 + bytesOf(token).reduce((sum, bytes) => sum + bytes.length * 8, 0);
}

function flip(token: string, bit: number): string {
  const at = bit >> 3;
  const mask = 1 << (bit & 7);
  if (at < token.length) {
    return token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ mask) + token.slice(at + 1);
  }
  const segments = bytesOf(token);
  let index = at - token.length;
  for (const bytes of segments) {
    if (index >= 0 && index < bytes.length) bytes[index] = (bytes[index] as number) ^ mask;
    index -= bytes.length;
  }
  return segments.map((bytes) => bytes.toString("base64url")).join(".");
}

function bytesOf(token: string): Buffer[] {
  return token.split(".").map((segment) => Buffer.from(segment, "base64url"));
}
