/** Faults that were mended in `encode` and `decode`, each held down by what showed it, beside what must go on working. */
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
    ["a Promise, as a forgotten await leaves it", Promise.resolve({ sub: "ada" })],
    ["a Map", new Map([["sub", "ada"]])],
    ["a Set", new Set(["sub"])],
    ["a Date", new Date()],
    ["bytes", new Uint8Array(3)],
  ])("does not sign the empty claims of %s", async (_, claims) => {
    expect(await refusalOf(encode(claims as never, SECRET))).toBeInstanceOf(TypeError);
  });

  it("signs the claims of an instance, and of an object without a prototype", async () => {
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
    ["headers as text, which has members of its own", { headers: "kid" }],
    ["headers that are a list", { headers: ["kid"] }],
    ["headers that are null", { headers: null }],
    ["a kid that it would not read", { headers: { kid: 5 } }],
    ["crit, which it would not read", { headers: { crit: ["exp"], exp: 1 } }],
    ["b64, which it would not read", { headers: { b64: false, crit: ["b64"] } }],
    ["a header that is no JSON", { headers: { big: 1n } }],
    ["a list of names in place of a replacer", { jsonEncoder: ["sub"] }],
    ["allowWeakSecret that is no boolean", { allowWeakSecret: "false" }],
  ])("refuses %s with a TypeError", async (_, options) => {
    expect(await refusalOf(encode({ sub: "ada" }, SECRET, options as never))).toBeInstanceOf(TypeError);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])("does not write exp, nbf or iat as null where it is %d", async (value) => {
    for (const claim of ["exp", "nbf", "iat"]) {
      expect(await refusalOf(encode({ [claim]: value }, SECRET))).toBeInstanceOf(TypeError);
      expect(await read(await encode({ [claim]: NOW + (claim === "exp" ? 1.5 : 0) }, SECRET))).toBeDefined();
    }
  });

  it("keeps a header named __proto__ as any other, and the alg it is given", async () => {
    const headers = JSON.parse('{"__proto__":{"alg":"none"},"alg":"none"}') as Record<string, unknown>;
    const token = await encode({}, SECRET, { headers });
    expect(Object.entries(getUnverifiedHeader(token))).toEqual([
      ["alg", "HS256"],
      ["typ", "JWT"],
      ["__proto__", { alg: "none" }],
    ]);
    expect(await read(token)).toEqual({});
  });

  it("says with a TypeError what cannot be written: too deep, or thrown by the caller's own", async () => {
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

  it("does not lose the expectations that stand on a prototype", async () => {
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
  ])("does not take %s for its options", async (_, options) => {
    expect(await refusalOf(decode(token, SECRET, options as never))).toBeInstanceOf(TypeError);
  });

  it("judges algorithms that are given where nothing is verified", async () => {
    for (const algorithms of ["HS256", ["none"], null]) {
      const options = { verifySignature: false, algorithms } as never;
      expect(await refusalOf(decode(token, undefined, options))).toBeInstanceOf(TypeError);
    }
    expect(await decode(token, undefined, { verifySignature: false, algorithms: [] })).toMatchObject({ iss: "b" });
  });

  it("reads lists as they were when it was called", async () => {
    const audience = ["b"];
    const reading = decode(token, SECRET, { ...base, audience });
    audience[0] = "c";
    expect(await reading).toMatchObject({ aud: "b" });
  });

  it("tells an iss that is null from one that is absent, and an aud of nobody from another's, as PyJWT does", async () => {
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

describe("a JWK with a member that cannot be", () => {
  const { publicKey, privateKey } = rsa;
  const jwk = publicKey.export({ format: "jwk" });

  it.each([
    ["key_ops that is no list", { key_ops: 5 }],
    ["key_ops null", { key_ops: null }],
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
  ])("is an InvalidKeyError: %s", async (_, over) => {
    const token = await encode({}, privateKey, { algorithm: "RS256" });
    const wrong = Object.defineProperties({ ...jwk }, Object.getOwnPropertyDescriptors(over));
    const error = await refusalOf(decode(token, wrong, { algorithms: ["RS256"] }));
    expect(error).toMatchObject({ name: "InvalidKeyError" });
    expect(await decode(token, jwk, { algorithms: ["RS256"] })).toEqual({});
  });
});
