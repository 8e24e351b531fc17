/** `PreparedKey`: a key that fits its algorithm, with its operations. */

import type { CryptoKey, JWK } from "jose";
import { encode } from "jose/base64url";
import { loadSignatureCrypto } from "../../util/builtins.ts";
import type { MaybePromise } from "../../util/promises/maybe-promise.ts";
import { type Algorithm, type CanonicalAlgorithm, canonicalAlgorithm } from "../algorithms.ts";
import { hmacSignatures, nodeSignatures } from "../signatures/node-signatures.ts";
import type { Signatures } from "../signatures/signatures.ts";
import { webSignatures } from "../signatures/web-signatures.ts";
import { importWebKey, type KeyMaterial } from "./import-web-key.ts";
import { type KeyUse, sizeOfRsa } from "./key-checks.ts";
import { publicMembers } from "./members.ts";
import { createNodeKey } from "./node-key.ts";

/** A key that has been read and fits its algorithm. */
export interface PreparedKey {
  readonly algorithm: CanonicalAlgorithm;
  /**
   * The operations of the key: at once with `node:crypto`, else after WebCrypto's import. Rejects
   * with `InvalidKeyError` at every call if WebCrypto does not accept the key.
   */
  open(): MaybePromise<Signatures>;
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

/**
 * The key of `source`, which has passed the key checks. The implementation of its signatures is
 * chosen here. Throws `InvalidKeyError` if `node:crypto` does not accept the key.
 */
export function importOnce(source: KeyMaterial, name: Algorithm, use: KeyUse): PreparedKey {
  const algorithm = canonicalAlgorithm(name);
  const publicJwk = "jwk" in source ? publicMembers(source.jwk) : undefined;
  const signatures = createNodeSignatures(source, algorithm, use);
  if (signatures) {
    const toPublicJwk = async (): Promise<JWK | undefined> => publicJwk;
    return withThumbprint({ algorithm, publicJwk, open: () => signatures, toPublicJwk }, source);
  }
  const importKey = lazily(() => importWebKey(source, algorithm, use));
  const open = lazily(async () => webSignatures(await importKey(), algorithm));
  const toPublicJwk = async (): Promise<JWK | undefined> => {
    if ("secret" in source || publicJwk) return publicJwk;
    const key = "cryptoKey" in source ? source.cryptoKey : await importKey();
    return key.extractable && key.type !== "secret" ? publicMembers(await exportKey(key)) : undefined;
  };
  return withThumbprint({ algorithm, publicJwk, open, toPublicJwk }, source);
}

/** The operations by `node:crypto`; `undefined` if WebCrypto has to use the key. */
function createNodeSignatures(source: KeyMaterial, algorithm: CanonicalAlgorithm, use: KeyUse): Signatures | undefined {
  const node = loadSignatureCrypto();
  if (node && "secret" in source) return hmacSignatures(node, node.createSecretKey(source.secret), algorithm);
  if (!node || !("jwk" in source)) return undefined;
  const { jwk } = source;
  const key = createNodeKey(node, jwk, use);
  return key && nodeSignatures(node, key, algorithm, jwk.kty === "RSA" ? sizeOfRsa(jwk) : undefined);
}

/** Runs `load` once. The result is synchronous after the first success. */
function lazily<T>(load: () => Promise<T>): () => MaybePromise<T> {
  let loaded: T | undefined;
  let pending: Promise<T> | undefined;
  return () => loaded ?? (pending ??= load().then((value) => (loaded = value)));
}

function withThumbprint(key: Omit<PreparedKey, "thumbprint">, source: KeyMaterial): PreparedKey {
  return {
    ...key,
    async thumbprint() {
      const jwk = (await key.toPublicJwk()) ?? (await toSecretJwk(source));
      return jwk && (await import("../jose.ts")).calculateJwkThumbprint(jwk);
    },
  };
}

async function toSecretJwk(source: KeyMaterial): Promise<JWK | undefined> {
  if ("secret" in source) return { kty: "oct", k: encode(source.secret) };
  if (!("cryptoKey" in source)) return undefined;
  return source.cryptoKey.type === "secret" && source.cryptoKey.extractable ? exportKey(source.cryptoKey) : undefined;
}

async function exportKey(key: CryptoKey): Promise<JWK> {
  return (await import("../jose.ts")).exportJWK(key);
}
