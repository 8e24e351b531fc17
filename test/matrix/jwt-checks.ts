/** Hand-made tokens and those of a manager, with keys of WebCrypto and `node:crypto`. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { AuthManager, type AuthManagerConfig, currentToken, InvalidConfigError, isAuthError, JWT } from "claimgate";
import {
  type Algorithm,
  DecodeError,
  decode,
  decodeComplete,
  ExpiredSignatureError,
  encode,
  getUnverifiedHeader,
  InvalidAlgorithmError,
  InvalidSignatureError,
  InvalidTokenTypeError,
  type KeyInput,
} from "claimgate/jwt";
import type { Check } from "./checks.ts";
import { KEY_RING_OUTCOME, useKeyRing } from "./key-ring-use.ts";
import { generateKeys } from "./web-keys.ts";

const START = 1_700_000_000;

/** Checks `claimgate/jwt` and `AuthManager`. */
export async function checkTokens(check: Check): Promise<void> {
  for (const algorithm of ["HS256", "RS256", "PS256", "ES256", "EdDSA"] as const) {
    await check(`jwt: ${algorithm} round trip; rejects a changed token and another key`, async () => {
      const [keys, others] = [await generateKeys(algorithm), await generateKeys(algorithm)];
      await checkRoundTrip(algorithm, keys.signing, keys.verifying, others.verifying);
    });
    await check(`manager: ${algorithm} issues, verifies, rejects`, async () => {
      const { signing, verifying } = await generateKeys(algorithm);
      await checkManager(
        algorithm === "HS256"
          ? { issuer: "test", algorithm, secret: signing }
          : { issuer: "test", algorithm, privateKey: signing, publicKey: verifying },
      );
    });
  }
  await checkNodeKeys(check);
  await check("jwt: rejects algorithm none and another algorithm", async () => {
    const { signing } = await generateKeys("HS256");
    const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.e30.`;
    await assert.rejects(decode(none, signing, { algorithms: ["HS256"] }), InvalidAlgorithmError);
    const token = await encode({ a: 1 }, signing, { algorithm: "HS256" });
    await assert.rejects(decode(token, signing, { algorithms: ["HS384"] }), InvalidAlgorithmError);
  });
  await check("manager: a ring of keys is published, trusted and retired", async () => {
    assert.deepEqual(await useKeyRing(), KEY_RING_OUTCOME);
  });
  await check("manager: needs only the public key to verify", async () => {
    const { signing, verifying } = await generateKeys("ES256");
    const issuer = new AuthManager({ issuer: "test", algorithm: "ES256", privateKey: signing });
    const verifier = new AuthManager({ issuer: "test", algorithm: "ES256", publicKey: verifying });
    const { signed } = await issuer.authToken("alice");
    assert.equal((await verifier.verify(signed)).sub, "alice");
    await assert.rejects(verifier.authToken("alice"), { name: "MissingSignerError" });
  });
}

/** Must run before the first manager with `ambient: true`. */
export async function checkAmbientIsOff(check: Check): Promise<void> {
  await check("currentToken() without ambient throws an error that says so", () => {
    assert.throws(() => currentToken(), InvalidConfigError);
  });
}

async function checkNodeKeys(check: Check): Promise<void> {
  await check("jwt: RS256 with node:crypto keys, PKCS #1 and PKCS #8", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await checkRoundTrip("RS256", privateKey, publicKey);
    const pem = privateKey.export({ type: "pkcs1", format: "pem" });
    await checkRoundTrip("RS256", pem, publicKey.export({ type: "spki", format: "pem" }));
    await checkRoundTrip("RS256", privateKey.export({ type: "pkcs8", format: "pem" }), publicKey);
  });
  await check("jwt: ES256 with node:crypto keys, SEC 1 and JWK", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const publicKey = createPublicKey(privateKey.export({ type: "pkcs8", format: "pem" }));
    await checkRoundTrip("ES256", privateKey, publicKey);
    const pem = privateKey.export({ type: "sec1", format: "pem" });
    await checkRoundTrip("ES256", pem, publicKey.export({ format: "jwk" }));
  });
  await check("manager: derives the public key of a private one", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    for (const key of [privateKey, pem]) await checkManager({ issuer: "test", algorithm: "EdDSA", privateKey: key });
  });
}

async function checkRoundTrip(algorithm: Algorithm, signing: KeyInput, verifying: KeyInput, other?: KeyInput) {
  const claims = { sub: "alice", nested: { list: [1, "ä", null] } };
  const token = await encode(claims, signing, { algorithm, headers: { kid: "k1" } });
  assert.deepEqual(getUnverifiedHeader(token), { kid: "k1", alg: algorithm, typ: "JWT" });
  assert.deepEqual({ ...(await decode(token, verifying, { algorithms: [algorithm] })) }, claims);
  const complete = await decodeComplete(token, verifying, { algorithms: [algorithm] });
  assert.equal(complete.header.alg, algorithm);
  const [header, payload, signature = ""] = token.split(".");
  const changed = `${header}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  await assert.rejects(decode(changed, verifying, { algorithms: [algorithm] }), InvalidSignatureError);
  if (other !== undefined)
    await assert.rejects(decode(token, other, { algorithms: [algorithm] }), InvalidSignatureError);
}

async function checkManager(config: AuthManagerConfig): Promise<void> {
  let seconds = START;
  const auth = new AuthManager({ ...config, now: () => seconds });
  await auth.ready();
  const issued = await auth.authToken("alice", { scope: { admin: true }, claims: { plan: "pro" }, maxAge: 60 });
  const refresh = await auth.refreshToken("alice");
  const verified = await auth.verify(issued.signed);
  assert.ok(verified instanceof JWT);
  const { sub, claims } = verified;
  assert.deepEqual([sub, claims["plan"], claims["iat"], claims["exp"]], ["alice", "pro", START, START + 60]);
  assert.equal((await auth.verify(refresh.signed, { type: "refresh" })).tokenType, "refresh");
  await assert.rejects(auth.verify(refresh.signed), InvalidTokenTypeError);
  await assert.rejects(auth.verify("a.b"), DecodeError);
  assert.equal((await auth.forRequest({ token: issued.signed }).require({ scope: { admin: true } })).sub, "alice");
  await assert.rejects(auth.forRequest().require({ type: "auth" }), refusal("TOKEN_MISSING", 401));
  await assert.rejects(
    auth.forRequest({ token: issued.signed }).require({ claims: { plan: "free" } }),
    refusal("CLAIMS_INSUFFICIENT", 403),
  );
  seconds += 60;
  await assert.rejects(auth.verify(issued.signed), ExpiredSignatureError);
}

function refusal(reason: string, status: number): (error: unknown) => boolean {
  return (error) => isAuthError(error) && error.reason === reason && error.status === status;
}
