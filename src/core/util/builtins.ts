/** Loads Node built-ins without an import, so that the package loads on every runtime. */
import type { CryptoKey, JWK, KeyObject } from "jose";
import { promisesAreShared } from "./promises/maybe-promise.ts";

/**
 * A key of `node:crypto`, with the methods that jose's type leaves out. Node's own type would make
 * `@types/node` a dependency.
 */
export interface NodeKey extends KeyObject {
  /** The type of a public or private key, such as `rsa-pss`. */
  readonly asymmetricKeyType?: string;
  readonly asymmetricKeyDetails?: { readonly namedCurve?: string };
  /** Returns the bytes of a secret. */
  export(): Uint8Array;
  export(options: { readonly format: "jwk" }): JWK;
  export(options: { readonly format: "der"; readonly type: "spki" | "pkcs8" }): Uint8Array;
}

/** Whether `input` is a key of `node:crypto`, of any realm. */
export function isNodeKey(input: unknown): input is NodeKey {
  return Object.prototype.toString.call(input) === "[object KeyObject]";
}

/** The part of `node:crypto` that claimgate uses. */
export interface NodeCrypto {
  readonly KeyObject: { from(key: CryptoKey): NodeKey };
  createPrivateKey(input: string | { key: JWK; format: "jwk" }): NodeKey;
  createPublicKey(input: string | { key: JWK; format: "jwk" }): NodeKey;
  createSecretKey(bytes: Uint8Array): NodeKey;
  createHmac(hash: string, key: NodeKey): Hmac;
  /** Throws for a curve that the runtime does not have. */
  createECDH(curve: string): Ecdh;
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
  /** Synchronous without `done`. */
  sign(hash: string | null, data: Uint8Array, key: KeyWithOptions, done?: Done<Uint8Array>): Uint8Array;
  /** Synchronous without `done`. */
  verify(
    hash: string | null,
    data: Uint8Array,
    key: KeyWithOptions,
    signature: Uint8Array,
    done?: Done<boolean>,
  ): boolean;
  /** Exists since Node 20.12. */
  readonly hash?: (algorithm: "sha256", data: string, encoding: "base64url" | "latin1") => string;
}

interface Hmac {
  update(data: string, encoding: "latin1"): Hmac;
  digest(): Uint8Array;
}

/** Derives public keys of a curve. */
export interface Ecdh {
  setPrivateKey(bytes: Uint8Array): void;
  /** The point after a byte that names its form; X and Y have the same length. */
  getPublicKey(): Uint8Array;
}

interface KeyWithOptions {
  readonly key: NodeKey;
  readonly dsaEncoding?: "ieee-p1363";
  readonly padding?: number;
  readonly saltLength?: number;
}

/** The callback of `node:crypto`. */
export type Done<T> = (error: Error | null, result: T) => void;

/** Returns a Node built-in, or `undefined` on a runtime without it. */
export function loadBuiltin(name: string): unknown {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return host.process?.getBuiltinModule?.(name);
}

/** Emits a process warning. On a runtime without process warnings it does nothing. */
export function emitWarning(message: string, code: string): void {
  const host = globalThis as { process?: { emitWarning?: (message: string, options: object) => void } };
  host.process?.emitWarning?.(message, { type: "ClaimgateWarning", code });
}

/** Returns `node:crypto`, or `undefined` on a runtime without it. */
export function loadNodeCrypto(): NodeCrypto | undefined {
  const crypto = loadBuiltin("node:crypto") as NodeCrypto | undefined;
  return typeof crypto?.createPrivateKey === "function" ? crypto : undefined;
}

const OF_SIGNATURES = ["createECDH", "createHmac", "createSecretKey", "sign", "timingSafeEqual", "verify"] as const;

/**
 * Returns `node:crypto` for signatures, or `undefined` on a runtime without all of it. Cloudflare
 * Workers use WebCrypto, because a signature there must not wait for another request's.
 */
export function loadSignatureCrypto(): NodeCrypto | undefined {
  const crypto = promisesAreShared() ? loadNodeCrypto() : undefined;
  return crypto && OF_SIGNATURES.every((name) => typeof crypto[name] === "function") ? crypto : undefined;
}
