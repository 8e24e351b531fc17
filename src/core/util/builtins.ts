/** The one way to Node built-ins: present on Node and its relatives, absent elsewhere, never imported. */
import type { JWK, KeyObject } from "jose";

/**
 * A key of `node:crypto`, with what jose's type of it leaves out; Node's own type would make
 * @types/node a dependency.
 */
export interface NodeKey extends KeyObject {
  /** The bytes of a secret. */
  export(): Uint8Array;
  export(options: { readonly format: "jwk" }): JWK;
}

/** Whether a value is such a key, of whichever copy of Node's module. */
export function isNodeKey(input: unknown): input is NodeKey {
  return Object.prototype.toString.call(input) === "[object KeyObject]";
}

/** The part of `node:crypto` that claimgate uses. */
export interface NodeCrypto {
  createPrivateKey(input: string | { key: JWK; format: "jwk" }): NodeKey;
  createPublicKey(input: string | { key: JWK; format: "jwk" }): NodeKey;
  /** Node 20.12 and later. */
  readonly hash?: (algorithm: "sha256", data: string, encoding: "latin1") => string;
}

/** A Node built-in, or `undefined` where the runtime has none. */
export function loadBuiltin(name: string): unknown {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return host.process?.getBuiltinModule?.(name);
}

/** `node:crypto`, or `undefined`. */
export function loadNodeCrypto(): NodeCrypto | undefined {
  const crypto = loadBuiltin("node:crypto") as NodeCrypto | undefined;
  return typeof crypto?.createPrivateKey === "function" ? crypto : undefined;
}
