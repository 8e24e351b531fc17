/** PyJWT and claimgate read each other's tokens for every algorithm, and agree on refusals. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { type Algorithm, decode, encode, getUnverifiedHeader } from "claimgate/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithService } from "../support/describe-with-service.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { makeTextKeys } from "./pem-keys.ts";
import { PyJwt, SHARED_ALGORITHMS, whyNoPyJwt } from "./pyjwt-peer.ts";

const KEYS = makeTextKeys();
const OTHER_KEYS = makeTextKeys();
const SUBJECTS = [
  ["text", "ada"],
  ["an integer", 7],
] as const;
const ISSUER = "https://issuer.example";
// PyJWT uses the real time, so these tokens do too, with enough time for a slow machine.
const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
const makeClaims = (sub: string | number): Record<string, unknown> => ({
  sub,
  exp: seconds(600),
  nbf: seconds(-600),
  iat: seconds(-600),
  text: "grüße ✓ 🦊 \ud83d",
  nested: { list: [1, 1.5, null, true, "x"], "": {} },
  big: Number.MAX_SAFE_INTEGER,
});
const makeManager = (algorithm: Algorithm, over: Partial<AuthManagerConfig> = {}): AuthManager => {
  const { sign, verify } = KEYS[algorithm];
  const keys = algorithm.startsWith("HS") ? { secret: sign } : { privateKey: sign, publicKey: verify };
  return new AuthManager({ issuer: ISSUER, algorithm, ...keys, ...over } as AuthManagerConfig);
};

describeWithService("PyJWT as a peer", whyNoPyJwt, () => {
  let peer: PyJwt;
  beforeAll(() => {
    peer = new PyJwt();
  });
  afterAll(() => peer.close());

  /**
   * Decodes with PyJWT, which from 2.10 on accepts an integer subject only if it does not verify
   * it.
   */
  const readThere = (token: string, algorithm: Algorithm, options: Record<string, unknown> = {}): Promise<object> =>
    peer.ask({
      decode: token,
      key: KEYS[algorithm].verify,
      algorithms: [algorithm],
      options: { options: { verify_sub: false }, ...options },
    });

  describe.each(SHARED_ALGORITHMS)("%s", (algorithm) => {
    const { sign, verify } = KEYS[algorithm];

    it.each(SUBJECTS)("PyJWT reads our token, with a subject that is %s", async (_, sub) => {
      const claims = makeClaims(sub);
      const token = await encode(claims, sign, { algorithm, headers: { kid: "k1" } });
      expect(await readThere(token, algorithm)).toEqual({ claims, header: { alg: algorithm, typ: "JWT", kid: "k1" } });
    });

    it.each(SUBJECTS)("we read PyJWT's token, with a subject that is %s", async (_, sub) => {
      const claims = makeClaims(sub);
      const token = await peer.encode(claims, sign, algorithm, { kid: "k1" });
      expect(getUnverifiedHeader(token)).toEqual({ alg: algorithm, typ: "JWT", kid: "k1" });
      const verifySub = typeof sub === "string";
      expect(await decode(token, verify, { algorithms: [algorithm], verifySub })).toEqual(claims);
    });

    it("both reject the other's token with another key", async () => {
      const other = OTHER_KEYS[algorithm].verify;
      const ours = await encode({ sub: "ada" }, sign, { algorithm });
      const theirs = await peer.encode({ sub: "ada" }, sign, algorithm);
      expect(await peer.ask({ decode: ours, key: other, algorithms: [algorithm] })).toMatchObject({
        error: "InvalidSignatureError",
      });
      expect(await refusalOf(decode(theirs, other, { algorithms: [algorithm] }))).toMatchObject({
        name: "InvalidSignatureError",
      });
    });

    it.each(SUBJECTS)("PyJWT reads a manager's tokens, with a subject that is %s", async (_, sub) => {
      const auth = makeManager(algorithm, { audience: "api" });
      const tokens = [await auth.authToken(sub, { scope: { admin: true } }), await auth.refreshToken(sub)];
      const answers = await Promise.all(
        tokens.map(({ signed }) => readThere(signed, algorithm, { issuer: ISSUER, audience: "api" })),
      );
      expect(answers).toEqual(tokens.map(({ claims }) => ({ claims, header: { alg: algorithm, typ: "JWT" } })));
      expect(await readThere(tokens[0]?.signed as string, algorithm)).toMatchObject({ error: "InvalidAudienceError" });
    });

    it.each(
      SUBJECTS,
    )("a manager verifies PyJWT's tokens of Flask_PyJWT's shape, with a subject that is %s", async (_, sub) => {
      const auth = makeManager(algorithm);
      const times = { iss: ISSUER, iat: seconds(-5), exp: seconds(600) };
      const claims = { ...times, sub, type: "auth", scope: { admin: true }, plan: "pro" };
      const jwt = await auth.verify(await peer.encode(claims, sign, algorithm));
      expect(jwt.claims).toEqual(claims);
      expect([jwt.sub, jwt.alg]).toEqual([String(sub), algorithm]);

      const refreshClaims = { rid: "dGhpcyBpcyAxMjggYml0cw", ...times, sub, type: "refresh" };
      const refresh = await peer.encode(refreshClaims, sign, algorithm);
      expect((await auth.verify(refresh, { type: "refresh" })).claims).toEqual(refreshClaims);
      expect(await refusalOf(auth.verify(refresh))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
      const late = await peer.encode({ ...claims, exp: seconds(-1) }, sign, algorithm);
      expect(await refusalOf(auth.verify(late))).toMatchObject({ reason: "TOKEN_EXPIRED" });
    });
  });

  it.each([
    ["PS256", "sha256"],
    ["PS384", "sha384"],
    ["PS512", "sha512"],
  ] as const)("PyJWT reads %s tokens that an RSA-PSS key has signed, by the key that a manager publishes", async (algorithm, hash) => {
    const options = { modulusLength: 2048, hashAlgorithm: hash, mgf1HashAlgorithm: hash };
    const { privateKey } = generateKeyPairSync("rsa-pss", options);
    const auth = new AuthManager({ issuer: ISSUER, algorithm, privateKey });
    const [jwk] = (await auth.jwks()).keys;
    const published = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
    const key = published.export({ format: "pem", type: "spki" }) as string;
    const { signed, claims } = await auth.authToken("ada");
    const answer = await peer.ask({ decode: signed, key, algorithms: [algorithm], options: { issuer: ISSUER } });
    expect(answer).toEqual({ claims, header: { alg: algorithm, typ: "JWT" } });
    const other = OTHER_KEYS[algorithm].verify;
    const refused = await peer.ask({ decode: signed, key: other, algorithms: [algorithm] });
    expect(refused).toMatchObject({ error: "InvalidSignatureError" });
  });

  describe("both reject the other's token", () => {
    type Options = Record<string, unknown>;
    type Case = [error: string, claims: Record<string, unknown>, ours?: Options, theirs?: Options];
    const both = (options: Options): [Options, Options] => [options, options];
    const cases: Case[] = [
      ["ExpiredSignatureError", { exp: seconds(-1) }],
      ["ExpiredSignatureError", { exp: seconds(-60) }, ...both({ leeway: 5 })],
      ["ImmatureSignatureError", { nbf: seconds(600) }],
      ["ImmatureSignatureError", { iat: seconds(600) }],
      ["DecodeError", { exp: "soon" }],
      ["DecodeError", { nbf: "soon" }],
      ["InvalidIssuedAtError", { iat: "once" }],
      ["InvalidAudienceError", { aud: "b" }],
      ["InvalidAudienceError", { aud: "b" }, ...both({ audience: "a" })],
      ["InvalidAudienceError", { aud: ["b", "c"] }, ...both({ audience: ["a", "d"] })],
      ["InvalidAudienceError", { aud: ["a", 1] }, ...both({ audience: "a" })],
      ["MissingRequiredClaimError", {}, ...both({ audience: "a" })],
      ["MissingRequiredClaimError", { aud: [] }, ...both({ audience: "a" })],
      ["InvalidIssuerError", { iss: "b" }, ...both({ issuer: "a" })],
      ["MissingRequiredClaimError", {}, ...both({ issuer: "a" })],
      ["MissingRequiredClaimError", { own: null }, { require: ["own"] }, { options: { require: ["own"] } }],
    ];

    it.each(cases)("with %s: %j", async (error, claims, ours = {}, theirs = {}) => {
      const { sign, verify } = KEYS.HS256;
      const token = await peer.encode(claims, sign, "HS256");
      expect(await refusalOf(decode(token, verify, { algorithms: ["HS256"], ...ours }))).toMatchObject({ name: error });
      expect(await readThere(await encode(claims, sign), "HS256", theirs)).toMatchObject({ error });
    });
  });
});
