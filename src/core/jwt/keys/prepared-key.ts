/** `PreparedKey`: a key that fits its algorithm, imported once, at its first use. */
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

/** A key that has been read and fits its algorithm. */
export interface PreparedKey {
  readonly algorithm: Algorithm;
  /** Options for jose, which allow this algorithm only. */
  readonly joseOptions: { readonly algorithms: string[] };
  /**
   * The imported key, synchronously after the first import. Rejects with `InvalidKeyError` at every
   * call if WebCrypto does not accept the key.
   */
  import(): CryptoKey | Promise<CryptoKey>;
  /** The public members; `undefined` if only an asynchronous export could tell them. */
  readonly publicJwk: JWK | undefined;
  /** The public members; `undefined` for a secret and for a key that is not extractable. */
  toPublicJwk(): Promise<JWK | undefined>;
  /**
   * The RFC 7638 thumbprint of the public members or of the secret; `undefined` for a key that is
   * not extractable.
   */
  thumbprint(): Promise<string | undefined>;
}

/** A key after it is read, in one of four forms. */
export type KeyMaterial =
  | { readonly jwk: JWK }
  | { readonly cryptoKey: CryptoKey }
  | { readonly pem: string }
  | { readonly secret: Uint8Array };

/** The key of `source`. WebCrypto imports it at its first use. */
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

/** The members of a JWK that may be published: an allow-list, so that unknown ones stay hidden. */
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
    // WebCrypto would reject "sign" beside "verify", which RFC 7517, section 4.3, allows. checkJwk
    // has checked these members.
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

// For runtimes without node:crypto.
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
