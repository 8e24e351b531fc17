/** Keys of every kind from WebCrypto: a PEM for signing if asymmetric, a JWK for verification. */
import type { Algorithm, KeyInput } from "claimgate/jwt";

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const KINDS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", ...RSA },
  PS256: { name: "RSA-PSS", ...RSA },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
} as const satisfies Partial<Record<Algorithm, object>>;

/** A new key pair, or one secret twice. */
export async function generateKeys(
  algorithm: "HS256" | keyof typeof KINDS,
): Promise<{ readonly signing: KeyInput; readonly verifying: KeyInput }> {
  if (algorithm === "HS256") {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    return { signing: secret, verifying: secret };
  }
  const pair = (await crypto.subtle.generateKey(KINDS[algorithm], true, ["sign", "verify"])) as CryptoKeyPair;
  const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
  const { kty, crv, n, e, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = JSON.parse(JSON.stringify({ kty, crv, n, e, x, y })) as KeyInput;
  return {
    signing: ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n"),
    verifying: jwk,
  };
}
