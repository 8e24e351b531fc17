/** One key that fits its algorithm: imported at first use and only once, and able to say what is public about it. */
import {
  base64url,
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  importJWK,
  importPKCS8,
  importSPKI,
  importX509,
  type JWK,
} from "jose";
import { type Algorithm, type AlgorithmTraits, traitsOf } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { checkCryptoKey, type KeyUse } from "./key-checks.ts";

/** A key that was read and fits its algorithm. */
export interface PreparedKey {
  readonly algorithm: Algorithm;
  /** What jose is told: to take this algorithm and no other. */
  readonly joseOptions: { readonly algorithms: string[] };
  /**
   * The imported key, at once if it is there already. Rejects with `InvalidKeyError`, at every
   * call, where only WebCrypto could judge it.
   */
  import(): CryptoKey | Promise<CryptoKey>;
  /** The public members, where they can be told without waiting: see `isSamePair`. */
  readonly publicJwk: JWK | undefined;
  /**
   * The public members, by an allow-list; `undefined` for a secret, and for a key that cannot be
   * exported.
   */
  toPublicJwk(): Promise<JWK | undefined>;
  /**
   * RFC 7638, of the public members or of the secret; `undefined` for a key that cannot be
   * exported.
   */
  thumbprint(): Promise<string | undefined>;
}

/** What a key was read into. */
export type KeyMaterial =
  | { readonly jwk: JWK }
  | { readonly cryptoKey: CryptoKey }
  | { readonly pem: string }
  | { readonly secret: Uint8Array };

/** The key of `source`, imported when it is first used. */
export function importOnce(source: KeyMaterial, algorithm: Algorithm, use: KeyUse): PreparedKey {
  let imported: CryptoKey | undefined;
  let pending: Promise<CryptoKey> | undefined;
  const importKey = (): CryptoKey | Promise<CryptoKey> => {
    if (imported) return imported;
    pending ??= importSource(source, algorithm, use).then(
      (key) => {
        imported = key;
        return key;
      },
      (cause: unknown) => {
        if (cause instanceof InvalidKeyError) throw cause;
        throw new InvalidKeyError(`the key cannot ${use} with ${algorithm}: pass a key that was made for it`, {
          cause,
        });
      },
    );
    return pending;
  };
  const toPublicJwk = async (): Promise<JWK | undefined> => {
    if ("secret" in source) return undefined;
    if ("jwk" in source) return publicMembers(source.jwk);
    const key = "cryptoKey" in source ? source.cryptoKey : await importKey();
    return key.extractable && key.type !== "secret" ? publicMembers(await exportJWK(key)) : undefined;
  };
  return {
    algorithm,
    joseOptions: { algorithms: [algorithm] },
    publicJwk: "jwk" in source ? publicMembers(source.jwk) : undefined,
    import: importKey,
    toPublicJwk,
    async thumbprint() {
      const jwk = (await toPublicJwk()) ?? (await toSecretJwk(source));
      return jwk && calculateJwkThumbprint(jwk);
    },
  };
}

/** What may be shown of a key: an allow-list, so that a member nobody thought of stays hidden. */
export function publicMembers({ kty, crv, x, y, n, e, kid, alg }: JWK): JWK {
  const members: Record<string, unknown> = { kty, crv, x, y, n, e, kid, alg };
  for (const [name, value] of Object.entries(members)) if (value === undefined) delete members[name];
  return members;
}

async function toSecretJwk(source: KeyMaterial): Promise<JWK | undefined> {
  if ("secret" in source) return { kty: "oct", k: base64url.encode(source.secret) };
  if (!("cryptoKey" in source)) return undefined;
  return source.cryptoKey.type === "secret" && source.cryptoKey.extractable ? exportJWK(source.cryptoKey) : undefined;
}

async function importSource(source: KeyMaterial, algorithm: Algorithm, use: KeyUse): Promise<CryptoKey> {
  if ("secret" in source) return importHmac(source.secret, algorithm);
  if ("jwk" in source) {
    // What a JWK says of its use is checked already, and WebCrypto reads more into it (RFC 7517,
    // section 4.3, allows "sign" beside "verify").
    const { key_ops: _ops, use: _use, ext: _ext, ...key } = source.jwk;
    return (await importJWK(use === "verify" ? publicMembers(key) : key, algorithm)) as CryptoKey;
  }
  if ("cryptoKey" in source) {
    if (use === "sign" || source.cryptoKey.type !== "private") return source.cryptoKey;
    return (await importJWK(publicMembers(await exportJWK(source.cryptoKey)), algorithm)) as CryptoKey;
  }
  const key = await importPem(source.pem, algorithm, use);
  checkCryptoKey(key, algorithm, key.type === "private" ? "sign" : "verify");
  return key;
}

// Only where there is no node:crypto to read the PEM with.
async function importPem(pem: string, algorithm: Algorithm, use: KeyUse): Promise<CryptoKey> {
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return importX509(pem, algorithm, { extractable: true });
  if (pem.includes("-----BEGIN PUBLIC KEY-----")) return importSPKI(pem, algorithm, { extractable: true });
  const privateKey = await importPKCS8(pem, algorithm, { extractable: true });
  if (use === "sign") return privateKey;
  return (await importJWK(publicMembers(await exportJWK(privateKey)), algorithm, { extractable: true })) as CryptoKey;
}

function importHmac(secret: Uint8Array, algorithm: Algorithm): Promise<CryptoKey> {
  const traits = traitsOf(algorithm) as AlgorithmTraits & { family: "HMAC" };
  return crypto.subtle.importKey("raw", secret as Uint8Array<ArrayBuffer>, { name: "HMAC", hash: traits.hash }, false, [
    "sign",
    "verify",
  ]);
}
