/** Attacks on keys, signatures and claims: confused keys, header keys, depth, prototypes. */
import { sign } from "node:crypto";
import { AuthManager } from "claimgate";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAuth, ISSUER, NOW } from "../../support/create-auth.ts";
import { fetchGuarded } from "../../support/fetch-guarded.ts";
import { base64url, forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";

const rsa = makePair("RSA");
const ec = makePair("P-256");
const common = { issuer: ISSUER, now: () => NOW };
const rs256 = new AuthManager({ ...common, algorithm: "RS256", privateKey: rsa.privateKey });
const es256 = new AuthManager({ ...common, algorithm: "ES256", privateKey: ec.privateKey });

watchRejections();
afterEach(() => vi.restoreAllMocks());

describe("a token signed with the public key as an HMAC secret", () => {
  const spki = rsa.publicKey.export({ format: "pem", type: "spki" }) as string;
  const secrets: ReadonlyArray<readonly [string, string | Buffer]> = [
    ["PEM", spki],
    ["trimmed PEM", spki.trim()],
    ["PKCS1 PEM", rsa.publicKey.export({ format: "pem", type: "pkcs1" })],
    ["DER", rsa.publicKey.export({ format: "der", type: "spki" })],
    ["JWK", JSON.stringify(rsa.publicKey.export({ format: "jwk" }))],
  ];

  it.each(secrets)("is rejected when the secret is the key's %s", async (_, secret) => {
    for (const [alg, reason] of [
      ["HS256", "ALGORITHM_INVALID"],
      ["RS256", "SIGNATURE_INVALID"],
    ] as const) {
      const token = forge({ header: { alg, typ: "JWT" }, secret });
      expect(await refusalOf(rs256.verify(token))).toMatchObject({ reason });
      expect(await fetchGuarded(rs256)({ authorization: `Bearer ${token}` })).toMatchObject({ status: 401, reason });
    }
  });

  it("does not affect tokens signed with the private key", async () => {
    const { signed } = await rs256.authToken("ada");
    expect((await fetchGuarded(rs256)({ authorization: `Bearer ${signed}` })).status).toBe(200);
  });
});

describe("an ES256 signature", () => {
  const input = `${base64url('{"alg":"ES256","typ":"JWT"}')}.${base64url(JSON.stringify(goodClaims()))}`;
  const real = sign("sha256", Buffer.from(input), { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
  const order = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");

  it.each([
    ["zero", Buffer.alloc(64)],
    ["zero in its first half", Buffer.concat([Buffer.alloc(32), real.subarray(32)])],
    ["zero in its second half", Buffer.concat([real.subarray(0, 32), Buffer.alloc(32)])],
    ["the curve order, twice", Buffer.concat([order, order])],
    ["encoded as DER", sign("sha256", Buffer.from(input), ec.privateKey)],
    ["empty", Buffer.alloc(0)],
    ["cut short by one byte", real.subarray(0, 63)],
    ["longer by one byte", Buffer.concat([real, Buffer.alloc(1)])],
  ])("is rejected with SIGNATURE_INVALID when it is %s", async (_, signature) => {
    const token = `${input}.${base64url(signature)}`;
    const reason = "SIGNATURE_INVALID";
    expect(await refusalOf(es256.verify(token))).toMatchObject({ reason });
    expect(await fetchGuarded(es256)({ authorization: `Bearer ${token}` })).toMatchObject({ status: 401, reason });
  });

  it("is accepted when it is genuine", async () => {
    expect((await es256.verify(`${input}.${base64url(real)}`)).sub).toBe("ada");
  });
});

it("ignores keys and key URLs in the token header, and fetches none of them", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const evil = makePair("P-256");
  const jwk = { ...evil.publicKey.export({ format: "jwk" }), alg: "ES256" };
  for (const extra of [
    { jwk },
    { jku: "https://evil.example/jwks" },
    { x5u: "https://evil.example/c" },
    { kid: "/dev/null" },
  ]) {
    const input = `${base64url(JSON.stringify({ alg: "ES256", ...extra }))}.${base64url(JSON.stringify(goodClaims()))}`;
    const forged = sign("sha256", Buffer.from(input), { key: evil.privateKey, dsaEncoding: "ieee-p1363" });
    const reason = "SIGNATURE_INVALID";
    expect(await refusalOf(es256.verify(`${input}.${base64url(forged)}`))).toMatchObject({ reason });
    const real = sign("sha256", Buffer.from(input), { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
    expect((await es256.verify(`${input}.${base64url(real)}`)).sub).toBe("ada");
  }
  expect(fetched).not.toHaveBeenCalled();
});

describe("deeply nested claims", () => {
  const depth = 20_000;
  const nested = (open: string, middle: string, close: string): string =>
    forge({
      payload: `${JSON.stringify(goodClaims()).slice(0, -1)},"deep":${open.repeat(depth)}${middle}${close.repeat(depth)}}`,
    });
  const { auth } = createAuth({ maxTokenLength: 1_000_000 });

  it.each([
    ["lists", nested("[", "1", "]")],
    ["objects", nested('{"a":', "1", "}")],
  ])("made of %s are read and frozen at every level when maxTokenLength admits the token", async (_, token) => {
    const jwt = await auth.verify(token);
    let value: unknown = jwt.claims["deep"];
    let levels = 0;
    while (typeof value === "object" && value !== null) {
      if (!Object.isFrozen(value)) throw new Error(`level ${levels} is not frozen`);
      value = Object.values(value)[0];
      levels++;
    }
    expect({ levels, value }).toEqual({ levels: depth, value: 1 });
    expect(await verdictOf(auth, token, { claims: { deep: [[1]] } })).toBe("CLAIMS_INSUFFICIENT");
    expect((await fetchGuarded(auth)({ authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it("are rejected before JSON parsing when the token exceeds maxTokenLength", async () => {
    const parse = vi.spyOn(JSON, "parse");
    expect(await refusalOf(createAuth().auth.verify(nested("[", "1", "]")))).toMatchObject({
      reason: "TOKEN_MALFORMED",
    });
    expect(parse).not.toHaveBeenCalled();
  });
});

describe("claims named like members of Object.prototype", () => {
  const { auth } = createAuth();
  const token = forge({
    payload: `${JSON.stringify(goodClaims()).slice(0, -1)},"__proto__":{"admin":true,"scope":"root"},"constructor":{"prototype":{"admin":true}},"own":{"__proto__":{"admin":true}}}`,
  });

  it("pollute no prototype, and become own properties of the claims", async () => {
    const jwt = await auth.verify(token);
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(Object.getPrototypeOf(jwt.claims)).toBe(Object.prototype);
    expect(Object.hasOwn(jwt.claims, "__proto__")).toBe(true);
    expect((jwt.claims as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(Object.getPrototypeOf(jwt.claims["own"])).toBe(Object.prototype);
  });

  it("satisfy only rules that name them", async () => {
    const verdicts = [];
    for (const rule of [
      { claims: { admin: true } },
      { scope: "root" },
      { claims: { own: { admin: true } } },
      { claims: { "own.admin": true } },
      { override: { admin: true }, claims: { never: 1 } },
      { claims: JSON.parse('{"__proto__":{"admin":true}}') as { [claim: string]: { admin: true } } },
      { claims: { "__proto__.admin": true } },
      { claims: { "constructor.prototype.admin": true } },
    ]) {
      verdicts.push(await verdictOf(auth, token, rule));
    }
    expect(verdicts).toEqual([
      "CLAIMS_INSUFFICIENT",
      "SCOPE_INSUFFICIENT",
      "CLAIMS_INSUFFICIENT",
      "CLAIMS_INSUFFICIENT",
      "CLAIMS_INSUFFICIENT",
      "allowed",
      "allowed",
      "allowed",
    ]);
  });

  it("are missing from a token that does not name them", async () => {
    const plain = forge();
    for (const claim of [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "constructor.name",
      "toString.length",
    ]) {
      for (const value of ["Object", "toString", 0, null, true]) {
        expect([claim, await verdictOf(auth, plain, { claims: { [claim]: value } })]).toEqual([
          claim,
          "CLAIMS_INSUFFICIENT",
        ]);
      }
      expect([claim, await verdictOf(auth, plain, { args: { sub: claim } }, { args: {} })]).toEqual([
        claim,
        "CLAIMS_INSUFFICIENT",
      ]);
    }
  });

  it("survive issuing and verifying unchanged", async () => {
    const claims = JSON.parse('{"__proto__":{"admin":true},"constructor":1}') as Record<string, unknown>;
    const jwt = await auth.verify((await auth.authToken("ada", { claims })).signed);
    expect(Object.entries(jwt.claims)).toEqual(
      expect.arrayContaining([
        ["__proto__", { admin: true }],
        ["constructor", 1],
      ]),
    );
    expect(jwt.claims).not.toHaveProperty("admin");
  });
});

describe("claims passed to authToken and refreshToken", () => {
  const { auth } = createAuth();

  it.each([
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "type",
    "scope",
    "sid",
    "rid",
  ])("are rejected with a TypeError when they name %s", async (name) => {
    for (const value of ["x", undefined, null]) {
      for (const issue of ["authToken", "refreshToken"] as const) {
        const error = await refusalOf(() => auth[issue]("ada", { claims: { [name]: value } }));
        expect(error).toBeInstanceOf(TypeError);
        expect((error as Error).message).toContain(`"${name}"`);
      }
    }
  });

  it("are accepted under every other name", async () => {
    const claims = { subject: "x", Sub: "y", nested: { sub: "z" } };
    expect((await auth.authToken("ada", { claims })).claims).toMatchObject({ ...claims, sub: "ada" });
  });
});
