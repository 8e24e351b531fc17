/** Signatures by `node:crypto`: synchronous, or on libuv's threads. */
import { bytesOfLatin1 } from "../../util/base64url.ts";
import type { Done, NodeCrypto, NodeKey } from "../../util/builtins.ts";
import type { MaybePromise } from "../../util/promises/maybe-promise.ts";
import { type AlgorithmTraits, type CanonicalAlgorithm, type Hash, hashBytes, traitsOf } from "../algorithms.ts";
import type { SignatureQueue } from "./signature-queue.ts";
import { type Signatures, unusableKey } from "./signatures.ts";
import { turnBudget } from "./turn-budget.ts";

/** The size of an RSA key. */
export interface RsaSize {
  readonly bits: number;
  readonly exponentBits: number;
}

// A larger key verifies in 0.3 to 4 ms.
const MAX_SYNCHRONOUS = { bits: 4096, exponentBits: 32 };
const RSA_PKCS1_PSS_PADDING = 6;

/** The operations of a secret. They take some microseconds, and are always synchronous. */
export function hmacSignatures(node: NodeCrypto, secret: NodeKey, algorithm: CanonicalAlgorithm): Signatures {
  const traits = traitsOf(algorithm) as AlgorithmTraits & { family: "HMAC" };
  const hash = nodeName(traits.hash);
  const sign = (data: string): Uint8Array => node.createHmac(hash, secret).update(data, "latin1").digest();
  return {
    length: traits.signatureBytes,
    sign,
    verify(data, signature) {
      const expected = sign(data);
      return signature.length === expected.length && node.timingSafeEqual(signature, expected);
    },
  };
}

/**
 * The operations of a public or a private key. A fast operation is synchronous while the turn of
 * the event loop has time for it. All others run on libuv's threads.
 */
export function nodeSignatures(
  node: NodeCrypto,
  key: NodeKey,
  algorithm: CanonicalAlgorithm,
  rsa?: RsaSize,
): Signatures {
  const traits = traitsOf(algorithm) as Exclude<AlgorithmTraits, { family: "HMAC" }>;
  const hash = traits.family === "OKP" ? null : nodeName(traits.hash);
  const input = { key, ...optionsOf(traits) };
  const isFast = algorithm === "ES256" || algorithm === "EdDSA";
  const isFastToVerify = isFast || (rsa !== undefined && isSmall(rsa));
  const compute = <T>(
    use: "sign" | "verify",
    isFastUse: boolean,
    queue: SignatureQueue,
    start: (done?: Done<T>) => T,
  ): MaybePromise<T> => {
    if (isFastUse && turnBudget.hasTime) return computeNow(use, algorithm, start);
    return queue.run(start).catch((cause: unknown) => {
      throw unusableKey(use, algorithm, cause);
    });
  };
  return {
    length: traits.family === "RSA" ? Math.ceil((rsa?.bits ?? 0) / 8) : traits.signatureBytes,
    verify(data, signature, queue) {
      const bytes = bytesOfLatin1(data);
      return compute("verify", isFastToVerify, queue, (done) => node.verify(hash, bytes, input, signature, done));
    },
    sign(data, queue) {
      const bytes = bytesOfLatin1(data);
      return compute("sign", isFast, queue, (done) => node.sign(hash, bytes, input, done));
    },
  };
}

function computeNow<T>(use: "sign" | "verify", algorithm: CanonicalAlgorithm, start: () => T): T {
  const at = performance.now();
  try {
    return start();
  } catch (cause) {
    throw unusableKey(use, algorithm, cause);
  } finally {
    turnBudget.spend(at);
  }
}

function isSmall({ bits, exponentBits }: RsaSize): boolean {
  return bits <= MAX_SYNCHRONOUS.bits && exponentBits <= MAX_SYNCHRONOUS.exponentBits;
}

function nodeName(hash: Hash): string {
  return hash.toLowerCase().replace("-", "");
}

function optionsOf(traits: Exclude<AlgorithmTraits, { family: "HMAC" }>): object {
  if (traits.family === "EC") return { dsaEncoding: "ieee-p1363" };
  // RFC 7518, section 3.5: the salt is as long as the hash.
  if (traits.family === "RSA" && traits.webCryptoName === "RSA-PSS")
    return { padding: RSA_PKCS1_PSS_PADDING, saltLength: hashBytes(traits.hash) };
  return {};
}
