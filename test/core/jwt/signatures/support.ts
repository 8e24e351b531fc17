/** Support for the suites of signatures: prepared keys, without a token around them. */
import { randomBytes } from "node:crypto";
import type { Algorithm, KeyInput } from "claimgate/jwt";
import type { JWK } from "jose";
import { prepareKey } from "../../../../src/core/jwt/keys/keys.ts";
import { SignatureQueue } from "../../../../src/core/jwt/signatures/signature-queue.ts";
import type { Signatures } from "../../../../src/core/jwt/signatures/signatures.ts";

/** The operations of `key`, which node:crypto has to compute. */
export function openNow(key: KeyInput, algorithm: Algorithm, use: "sign" | "verify"): Signatures {
  const opened = prepareKey(key, algorithm, use).open();
  if (opened instanceof Promise) throw new Error(`WebCrypto has the key of ${algorithm}`);
  return opened;
}

/** A queue of a manager of its own. */
export function newQueue(): SignatureQueue {
  return new SignatureQueue();
}

/** Waits for the next turn of the event loop, even under fake timers. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}

const realSetImmediate = setImmediate;

/**
 * A public RSA key that no private key belongs to: it verifies no signature. Its modulus is a
 * random odd number.
 */
export function largeRsaKey(bits: number, e: string = "AQAB"): JWK {
  const modulus = randomBytes(bits / 8);
  modulus[0] = (modulus[0] as number) | 0x80;
  modulus[modulus.length - 1] = (modulus.at(-1) as number) | 1;
  return { kty: "RSA", n: modulus.toString("base64url"), e };
}
