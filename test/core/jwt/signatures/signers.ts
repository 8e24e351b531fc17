/** A key for each algorithm, and signatures by `node:crypto` itself. */
import { constants, createHmac, type KeyObject, sign } from "node:crypto";
import type { Algorithm, KeyInput } from "claimgate/jwt";
import { SECRET } from "../../../support/create-auth.ts";
import { CURVES, isEdwards, type KeyPair, makePair } from "../keys/key-kinds.ts";

/** Options that make the signature of another algorithm. */
export interface SignatureOptions {
  readonly hash?: string;
  readonly padding?: "PKCS1" | "PSS";
  readonly saltLength?: number;
  readonly dsaEncoding?: "der" | "ieee-p1363";
}

/** A key and its signatures. */
export interface Signer {
  readonly algorithm: Algorithm;
  readonly verifyKey: KeyInput;
  readonly signKey: KeyInput;
  sign(data: string, options?: SignatureOptions): Buffer;
}

const pairs = new Map<string, KeyPair>();

/** The signer of `algorithm`; `name` chooses one of several keys. RSA algorithms share theirs. */
export function signerOf(algorithm: Algorithm, name: "own" | "other" = "own"): Signer {
  const own = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith("HS")) {
    const secret = `${name} ${SECRET}`;
    const hmac = (data: string, { hash = own }: SignatureOptions = {}): Buffer =>
      createHmac(hash, secret).update(data).digest();
    return { algorithm, verifyKey: secret, signKey: secret, sign: hmac };
  }
  const { privateKey, publicKey } = pairOf(algorithm, name);
  return {
    algorithm,
    verifyKey: publicKey,
    signKey: privateKey,
    sign: (data, options = {}) =>
      sign(isEdwards(algorithm) ? null : (options.hash ?? own), Buffer.from(data), {
        key: privateKey,
        ...parametersOf(algorithm, options),
      }),
  };
}

/** The pair of `algorithm`, which is not one of HS*. */
export function pairOf(algorithm: Algorithm, name: "own" | "other" = "own"): KeyPair {
  const kind =
    algorithm in CURVES ? CURVES[algorithm as keyof typeof CURVES] : isEdwards(algorithm) ? "Ed25519" : "RSA";
  const key = `${kind} ${name}`;
  const pair = pairs.get(key) ?? makePair(kind);
  pairs.set(key, pair);
  return pair;
}

/** The modulus of a public RSA key. */
export function modulusOf(key: KeyObject): bigint {
  return numberOf(Buffer.from(key.export({ format: "jwk" }).n ?? "", "base64url"));
}

/** The number in bytes, with the first byte the most significant. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** `number` in `length` bytes. */
export function bytesOf(number: bigint, length: number): Buffer {
  return Buffer.from(number.toString(16).padStart(length * 2, "0"), "hex");
}

function parametersOf(algorithm: Algorithm, options: SignatureOptions): object {
  if (algorithm.startsWith("ES")) return { dsaEncoding: options.dsaEncoding ?? "ieee-p1363" };
  if (isEdwards(algorithm)) return {};
  const isPss = (options.padding ?? (algorithm.startsWith("PS") ? "PSS" : "PKCS1")) === "PSS";
  if (!isPss) return { padding: constants.RSA_PKCS1_PADDING };
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: options.saltLength ?? Number(algorithm.slice(2)) / 8 };
}
