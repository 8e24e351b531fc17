/** Loads Node built-ins without an import, so that the package loads on every runtime. */
import type { JWK, KeyObject } from "jose";

/**
 * A key of `node:crypto`, with the methods that jose's type leaves out. Node's own type would make
 * `@types/node` a dependency.
 */
export interface NodeKey extends KeyObject {
  /** Returns the bytes of a secret. */
  export(): Uint8Array;
  export(options: { readonly format: "jwk" }): JWK;
}

/** Whether `input` is a key of `node:crypto`, of any realm. */
export function isNodeKey(input: unknown): input is NodeKey {
  return Object.prototype.toString.call(input) === "[object KeyObject]";
}

/** The part of `node:crypto` that claimgate uses. */
export interface NodeCrypto {
  createPrivateKey(input: string | { key: JWK; format: "jwk" }): NodeKey;
  createPublicKey(input: string | { key: JWK; format: "jwk" }): NodeKey;
  /** Exists since Node 20.12. */
  readonly hash?: (algorithm: "sha256", data: string, encoding: "latin1") => string;
}

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
