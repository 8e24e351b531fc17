/** `EdDSA` and `Ed25519` are two names of one algorithm, and each is accepted for the other. */
import { generateKeyPairSync } from "node:crypto";
import { AuthData, AuthManager, AuthType, JWT } from "claimgate";
import { ALGORITHMS, type Algorithm, decode, encode, InvalidKeyError, JWKSClient, SigningKey } from "claimgate/jwt";
import { importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { base64url } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { makePair, EDWARDS_ALGORITHMS as NAMES, toCryptoKey } from "./keys/key-kinds.ts";
import { signerOf } from "./signatures/signers.ts";

const ISSUER = "https://issuer.example";
const URL = "https://issuer.example/jwks";
const { privateKey, publicKey } = makePair("Ed25519");
const jwk = publicKey.export({ format: "jwk" }) as JWK;
const ed448 = generateKeyPairSync("ed448");
const PAIRS = NAMES.flatMap((signed) => NAMES.map((accepted) => [signed, accepted] as const));
// Texts that must not pass for one of the names.
const NOT_NAMES = ["ed25519", "ED25519", "eddsa", "EdDSA ", " Ed25519", "Ed448", "Ed25519ph", "none", ""];

const now = (): number => Math.floor(Date.now() / 1000);
const claims = (): Record<string, unknown> => ({ iss: ISSUER, sub: "ada", type: "auth", iat: now(), exp: now() + 600 });
const tokenWith = (alg: unknown, kid?: string): string => {
  const header = base64url(JSON.stringify({ alg, ...(kid === undefined ? {} : { kid }) }));
  const data = `${header}.${base64url(JSON.stringify(claims()))}`;
  return `${data}.${base64url(sign(data))}`;
};
const sign = (data: string): Buffer => signerOf("EdDSA").sign(data);
const own = signerOf("EdDSA").verifyKey;
const ownJwk = (own as ReturnType<typeof makePair>["publicKey"]).export({ format: "jwk" }) as JWK;

const trusting = (algorithms: readonly Algorithm[], keys: readonly JWK[], local = true): AuthManager =>
  new AuthManager({
    trust: [
      {
        issuer: ISSUER,
        ...(local ? { jwks: { keys: [...keys] } } : { jwksUri: URL, fetch: async () => Response.json({ keys }) }),
        algorithms,
        audience: null,
        typ: null,
        require: { type: "auth" },
      },
    ],
  });

describe.each(PAIRS)("a token of %s where %s is allowed", (signed, accepted) => {
  const kinds: readonly (readonly [string, (token: string) => Promise<unknown>])[] = [
    ["decode", (token) => decode(token, own, { algorithms: [accepted] })],
    ["decode with a longer list", (token) => decode(token, own, { algorithms: ["ES256", accepted] })],
    [
      "decode with a JWK of the name",
      (token) => decode(token, { ...ownJwk, alg: accepted }, { algorithms: [accepted] }),
    ],
    [
      "decode with a JWK of the other name",
      (token) => decode(token, { ...ownJwk, alg: signed }, { algorithms: [accepted] }),
    ],
    ["decode with a SigningKey", (token) => decode(token, new SigningKey(ownJwk), { algorithms: [accepted] })],
    [
      "decode with a CryptoKey",
      async (token) => decode(token, await toCryptoKey(own as never, accepted), { algorithms: [accepted] }),
    ],
    ["a manager", (token) => new AuthManager({ issuer: ISSUER, algorithm: accepted, publicKey: own }).verify(token)],
    [
      "a ring",
      (token) =>
        new AuthManager({
          issuer: ISSUER,
          keys: [
            { algorithm: "ES256", privateKey: makePair("P-256").privateKey },
            { algorithm: accepted, publicKey: own, kid: "ed" },
          ],
        }).verify(token),
    ],
    [
      "a loaded ring",
      (token) =>
        new AuthManager({ issuer: ISSUER, keys: async () => [{ algorithm: accepted, publicKey: own }] }).verify(token),
    ],
    ["a trusted issuer", (token) => trusting([accepted], [ownJwk]).verify(token)],
    [
      "a trusted issuer's JWK of the name",
      (token) => trusting([accepted], [{ ...ownJwk, alg: accepted }]).verify(token),
    ],
    [
      "a trusted issuer's JWK of the other name",
      (token) => trusting([accepted], [{ ...ownJwk, alg: signed }]).verify(token),
    ],
    ["a fetched set", (token) => trusting([accepted], [{ ...ownJwk, alg: accepted }], false).verify(token)],
    [
      "JWKSClient",
      async (token) => {
        const client = new JWKSClient(URL, {
          fetch: async () => Response.json({ keys: [{ ...ownJwk, alg: accepted }] }),
        });
        return decode(token, await client.getSigningKeyFromJwt(token), { algorithms: [accepted] });
      },
    ],
  ];

  it.each(kinds)("is accepted by %s", async (_, verify) => {
    await expect(verify(tokenWith(signed))).resolves.toMatchObject({ sub: "ada" });
  });

  it.each(
    kinds.filter(([kind]) => kind !== "JWKSClient"),
  )("is rejected by %s with another alg or a changed payload", async (_, verify) => {
    for (const alg of [...NOT_NAMES, null, 5, ["EdDSA"], { alg: "EdDSA" }])
      expect([alg, await refusalOf(verify(tokenWith(alg)))]).toMatchObject([alg, { reason: "ALGORITHM_INVALID" }]);
    const [header, , signature] = tokenWith(signed).split(".");
    const changed = `${header}.${base64url(JSON.stringify({ ...claims(), sub: "eve" }))}.${signature}`;
    expect(await refusalOf(verify(changed))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });
});

describe("either name", () => {
  it.each(NAMES)("%s does not widen a list of other algorithms", async (name) => {
    const others = ALGORITHMS.filter((algorithm) => !NAMES.some((one) => one === algorithm));
    expect(others).toHaveLength(ALGORITHMS.length - 2);
    const read = decode(tokenWith(name), own, { algorithms: others });
    expect(await refusalOf(read)).toMatchObject({ reason: "ALGORITHM_INVALID" });
    const auth = new AuthManager({ issuer: ISSUER, algorithm: "ES256", publicKey: makePair("P-256").publicKey });
    expect(await refusalOf(auth.verify(tokenWith(name)))).toMatchObject({ reason: "ALGORITHM_INVALID" });
  });

  it.each(NAMES)("%s rejects Ed448 keys and JWKs of other algorithms", async (algorithm) => {
    const foreign = { ...(ed448.publicKey.export({ format: "jwk" }) as JWK), alg: algorithm };
    const wrong = [
      ed448.publicKey,
      foreign,
      { ...ownJwk, alg: "Ed448" },
      { ...ownJwk, alg: "ed25519" },
      { ...ownJwk, alg: "ES256" },
    ];
    for (const key of wrong)
      expect(await refusalOf(decode(tokenWith(algorithm), key as JWK, { algorithms: [algorithm] }))).toBeInstanceOf(
        InvalidKeyError,
      );
    expect(await refusalOf(encode({}, ed448.privateKey, { algorithm }))).toMatchObject({
      name: "InvalidKeyError",
      message: expect.stringMatching(
        `^${algorithm} needs an OKP key on the curve Ed25519, and this is a key of type OKP on the curve Ed448`,
      ),
    });
    for (const key of [foreign, { ...ownJwk, alg: "Ed448" }]) expect(new SigningKey(key).isUsable).toBe(false);
  });

  it.each(NAMES)("%s stays the name of the tokens and of the published key", async (algorithm) => {
    const auth = new AuthManager({ issuer: ISSUER, algorithm, privateKey });
    expect((await auth.authToken("ada")).header).toEqual({ alg: algorithm, typ: "JWT" });
    expect((await auth.refreshToken("ada")).header).toEqual({ alg: algorithm, typ: "JWT" });
    expect((await auth.jwks()).keys).toMatchObject([{ ...jwk, alg: algorithm, use: "sig" }]);
    const signed = await new JWT("auth", "ada").sign(
      new AuthData({ authType: AuthType[algorithm], secret: privateKey, issuer: ISSUER }),
    );
    expect((await auth.verify(signed)).alg).toBe(algorithm);
    expect(JWT.fromSignedToken(signed).alg).toBe(algorithm);
  });

  it("names the same key as the other: a ring rejects one key under both", async () => {
    const keys = NAMES.map((algorithm) => ({ algorithm, privateKey }));
    expect(await refusalOf(new AuthManager({ issuer: ISSUER, keys }).ready())).toMatchObject({
      name: "InvalidConfigError",
    });
    const mixed = NAMES.map((algorithm) => ({ algorithm, privateKey: makePair("Ed25519").privateKey }));
    const auth = new AuthManager({ issuer: ISSUER, keys: mixed });
    const token = await auth.authToken("ada");
    expect(token.header["alg"]).toBe("Ed25519");
    expect((await auth.verify(token.signed)).sub).toBe("ada");
  });

  it("is suggested for an Ed25519 key with another algorithm", async () => {
    expect(await refusalOf(encode({}, privateKey, { algorithm: "ES256" }))).toMatchObject({
      message: expect.stringMatching("or use this one with EdDSA, Ed25519$"),
    });
  });

  it("is not guessed from other text in options", async () => {
    for (const algorithm of NOT_NAMES as readonly string[] as Algorithm[]) {
      expect(await refusalOf(encode({}, privateKey, { algorithm }))).toBeInstanceOf(TypeError);
      expect(await refusalOf(decode(tokenWith("EdDSA"), own, { algorithms: [algorithm] }))).toBeInstanceOf(TypeError);
      const manager = () => Reflect.construct(AuthManager, [{ issuer: ISSUER, algorithm, privateKey }]) as unknown;
      expect(await refusalOf(manager)).toMatchObject({ name: "InvalidConfigError" });
    }
  });
});

describe("jose", () => {
  it.each(NAMES)("reads our tokens of %s, and we read its tokens", async (algorithm) => {
    const ours = await encode(claims(), privateKey, { algorithm });
    const key = await importJWK(jwk, algorithm);
    expect((await jwtVerify(ours, key, { algorithms: [algorithm] })).payload.sub).toBe("ada");
    const signer = await importJWK(privateKey.export({ format: "jwk" }) as JWK, algorithm);
    const theirs = await new SignJWT(claims()).setProtectedHeader({ alg: algorithm }).sign(signer);
    for (const accepted of NAMES)
      expect((await decode(theirs, publicKey, { algorithms: [accepted] }))["sub"]).toBe("ada");
  });
});
