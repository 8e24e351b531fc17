/** Keys for every algorithm, in every supported form. */
import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import type { Algorithm, KeyInput } from "claimgate/jwt";

/** The signing and the verifying forms of a key, each with its name. */
export interface KeyKinds {
  readonly sign: ReadonlyArray<readonly [kind: string, key: KeyInput]>;
  readonly verify: ReadonlyArray<readonly [kind: string, key: KeyInput]>;
}

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const HMAC_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;
export const RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const;
export const EDWARDS_ALGORITHMS = ["EdDSA", "Ed25519"] as const;
export const CURVES = { ES256: "P-256", ES384: "P-384", ES512: "P-521" } as const;

/** A certificate of a P-256 key, and the key in the format of `openssl ecparam -genkey`. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUE1lkIkhuZ0gJ/EIPkzujQ4OhxNwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJY2xhaW1nYXRlMCAXDTI2MTEyMjEzMzkyMFoYDzIxMDAxMDI1
MTMzOTIwWjAUMRIwEAYDVQQDDAljbGFpbWdhdGUwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARQvPHZ8+ZVM0jEQ2+GIa90WRhEkJ8DnRFCLTGr2acZnmcyggxvtzOY
kpLOOgaeLXxXNCuhUFEUKMST2SJ76ylAo1MwUTAdBgNVHQ4EFgQUO0rPiwxBQwBs
jAfKoaWsrUuMwWIwHwYDVR0jBBgwFoAUO0rPiwxBQwBsjAfKoaWsrUuMwWIwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA9JtbZQs6f63XWambdnBf
/C3tJavwmLs0ZEtXFSbSZmYCIQDwIRdfeDGbbYhNw+C3tG1CALuIA3mmcd86dl5Q
XN9xcQ==
-----END CERTIFICATE-----
`;
export const CERTIFIED_PRIVATE_KEY = `-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIKN3hrDVbpstwVXzlEzUzroWmXnG6Mj48zBOwwahuSrUoAoGCCqGSM49
AwEHoUQDQgAEULzx2fPmVTNIxENvhiGvdFkYRJCfA50RQi0xq9mnGZ5nMoIMb7cz
mJKSzjoGni18VzQroVBRFCjEk9kie+spQA==
-----END EC PRIVATE KEY-----
`;

/** Whether `algorithm` is a name of the algorithm of Ed25519. */
export function isEdwards(algorithm: Algorithm): boolean {
  return (EDWARDS_ALGORITHMS as readonly Algorithm[]).includes(algorithm);
}

/** A new key pair. RSA pairs are slow to make: share them within a file. */
export function makePair(family: "RSA" | "Ed25519" | "P-256" | "P-384" | "P-521", modulusLength = 2048): KeyPair {
  if (family === "RSA") return generateKeyPairSync("rsa", { modulusLength });
  if (family === "Ed25519") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("ec", { namedCurve: family });
}

/** Every form of one new secret for `algorithm`. */
export async function secretKinds(algorithm: Algorithm): Promise<ReadonlyArray<readonly [string, KeyInput]>> {
  const length = Number(algorithm.slice(2)) / 8;
  const text = randomBytes(length).toString("hex").slice(0, length);
  const bytes = new TextEncoder().encode(text);
  return [
    ["text", text],
    ["bytes", bytes],
    ["oct JWK", { kty: "oct", k: Buffer.from(bytes).toString("base64url") }],
    ["CryptoKey", await importHmac(bytes, algorithm, ["sign", "verify"])],
    ["KeyObject", createSecretKey(bytes)],
  ];
}

export function importHmac(bytes: Uint8Array, algorithm: Algorithm, usages: KeyUsage[]): Promise<CryptoKey> {
  const hash = `SHA-${algorithm.slice(2)}`;
  return crypto.subtle.importKey("raw", Uint8Array.from(bytes), { name: "HMAC", hash }, false, usages);
}

/** The older PEM forms of an RSA or EC pair, which only `node:crypto` reads. */
export function olderKinds({ privateKey, publicKey }: KeyPair): KeyKinds {
  const isRsa = privateKey.asymmetricKeyType === "rsa";
  const type = isRsa ? "pkcs1" : "sec1";
  return {
    sign: [[`${type} PEM`, privateKey.export({ format: "pem", type })]],
    verify: isRsa ? [["pkcs1 PEM", publicKey.export({ format: "pem", type: "pkcs1" })]] : [],
  };
}

/** Every form of `pair` for `algorithm`, except the older ones. */
export async function pairKinds(pair: KeyPair, algorithm: Algorithm): Promise<KeyKinds> {
  const { privateKey, publicKey } = pair;
  const pkcs8 = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  const spki = publicKey.export({ format: "pem", type: "spki" }) as string;
  return {
    sign: [
      ["PKCS8 PEM", pkcs8],
      ["PEM bytes", new TextEncoder().encode(pkcs8)],
      ["JWK", privateKey.export({ format: "jwk" })],
      ["CryptoKey", await toCryptoKey(privateKey, algorithm)],
      ["KeyObject", privateKey],
    ],
    verify: [
      ["SPKI PEM", spki],
      ["PEM bytes", new TextEncoder().encode(spki)],
      ["JWK", publicKey.export({ format: "jwk" })],
      ["CryptoKey", await toCryptoKey(publicKey, algorithm)],
      ["KeyObject", publicKey],
    ],
  };
}

/** `key` as a CryptoKey. */
export function toCryptoKey(key: KeyObject, algorithm: Algorithm, extractable = true): Promise<CryptoKey> {
  const isPrivate = key.type === "private";
  const der = isPrivate ? key.export({ format: "der", type: "pkcs8" }) : key.export({ format: "der", type: "spki" });
  return crypto.subtle.importKey(
    isPrivate ? "pkcs8" : "spki",
    Uint8Array.from(der as Buffer),
    webCryptoParams(algorithm),
    extractable,
    [isPrivate ? "sign" : "verify"],
  );
}

function webCryptoParams(algorithm: Algorithm): RsaHashedImportParams | EcKeyImportParams | { name: string } {
  const hash = `SHA-${algorithm.slice(2)}`;
  if (algorithm.startsWith("RS")) return { name: "RSASSA-PKCS1-v1_5", hash };
  if (algorithm.startsWith("PS")) return { name: "RSA-PSS", hash };
  if (isEdwards(algorithm)) return { name: "Ed25519" };
  return { name: "ECDSA", namedCurve: CURVES[algorithm as keyof typeof CURVES] };
}
