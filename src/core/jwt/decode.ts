/** Verifies compact JWTs, as PyJWT's `decode` does. */
import { compactVerify, errors } from "jose";
import { andThen, isPromise, type MaybePromise } from "../util/maybe-promise.ts";
import { ALGORITHMS, type Algorithm, isAlgorithm, signatureLength } from "./algorithms.ts";
import { checkFlag, isMembers, readInput, readKey, readOptions, readStrings } from "./caller-input.ts";
import { type ClaimChecks, checkClaims } from "./claims.ts";
import {
  type JwtHeader,
  type JwtPayload,
  type ReadHeader,
  readCompact,
  readPayload,
  readPayloadBytes,
  signatureBytes,
} from "./compact.ts";
import { DecodeError, InvalidAlgorithmError, InvalidKeyError, InvalidSignatureError } from "./errors.ts";
import type { KeySource } from "./keys/key-source.ts";
import { type KeyInput, prepareKey } from "./keys/keys.ts";
import type { PreparedKey } from "./keys/prepared-key.ts";
import { isSigningKey, type SigningKey } from "./keys/signing-key.ts";

/**
 * Options of `decode`. Every `verify…` defaults to true, or to false where `verifySignature` is
 * false.
 */
export interface DecodeOptions extends Omit<ClaimChecks, "integerSubject" | "issuedAhead"> {
  /** The algorithms a token may be signed with. Required unless `verifySignature` is false. */
  readonly algorithms?: readonly Algorithm[];
  /** Default true. False reads the token without trusting it. */
  readonly verifySignature?: boolean;
  /** Accept an HMAC secret shorter than the hash output. Default false. */
  readonly allowWeakSecret?: boolean;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: number;
}

/** A token's three parts, the payload read. */
export interface CompleteToken {
  readonly header: JwtHeader;
  readonly payload: JwtPayload;
  readonly signature: Uint8Array;
}

/**
 * The claims of a token whose signature and registered claims hold. Rejects with a token error for
 * a bad token, `InvalidKeyError` for a key that does not fit, `TypeError` for a wrong option.
 */
export async function decode(
  token: string,
  key: KeyInput | SigningKey | undefined,
  options: DecodeOptions,
): Promise<JwtPayload> {
  return (await decodeComplete(token, key, options)).payload;
}

/** `decode`, with the header and the signature's bytes beside the payload. */
export async function decodeComplete(
  token: string,
  key: KeyInput | SigningKey | undefined,
  options: DecodeOptions,
): Promise<CompleteToken> {
  const { verifySignature, algorithms, allowWeakSecret, now, checks } = readInput("The options of decode", () =>
    parseOptions(options),
  );
  const parts = readCompact(token);
  if (verifySignature) {
    const algorithm = allowedAlgorithm(parts.header, algorithms);
    if (key === undefined)
      throw new TypeError(
        "the key is undefined: is its environment variable set? Pass a SigningKey itself: it has no key property",
      );
    const prepared = readKey(() =>
      isSigningKey(key) ? key["~prepare"](algorithm) : prepareKey(key, algorithm, "verify", { allowWeakSecret }),
    );
    await verifyWith(token, prepared);
  }
  const payload = readPayload(parts.payload);
  checkClaims(payload, checks, now);
  return { header: parts.header, payload, signature: signatureBytes(parts) };
}

/**
 * A token's header, NOT verified. Throws `DecodeError`, or `InvalidTokenError` for a `kid` that is
 * no string and for `crit` and `b64`.
 */
export function getUnverifiedHeader(token: string): JwtHeader {
  return readCompact(token).header;
}

/** How a token is verified with the keys of a source. */
export interface VerifyOptions<T> {
  /** What keys may be found for. */
  readonly algorithms: readonly Algorithm[];
  readonly readHeader: ReadHeader;
  /**
   * What is made of a token whose signature holds, and of the key that it holds with; the claims
   * are not checked.
   */
  readonly accept: (header: JwtHeader, payload: JwtPayload, key: PreparedKey) => T;
  /** The error in place of that of a key that only WebCrypto could judge. */
  readonly explain: (error: InvalidKeyError) => unknown;
}

/**
 * Verifies a token with the keys of `source` that its header asks for. Rejects with a token error,
 * with what `explain` makes of a key that is not usable, and with what `source` rejects with or
 * `accept` throws.
 */
export async function verifyWithKeys<T>(
  token: string,
  source: KeySource,
  { algorithms, readHeader, accept, explain }: VerifyOptions<T>,
): Promise<T> {
  const { header, payload } = readCompact(token, readHeader);
  const algorithm = allowedAlgorithm(header, algorithms);
  const found = findKeys(source, header, algorithm);
  const keys = isPromise(found) ? await found : found;
  try {
    // As nearly always: there is one, and it is the one.
    const [only] = keys;
    if (only && keys.length === 1) return accept(header, readPayloadBytes(await verifyWith(token, only)), only);
    const key = await findSigner(token, keys);
    if (!key) throw new InvalidSignatureError("The signature matches no key that is trusted");
    return accept(header, readPayload(payload), key);
  } catch (error) {
    throw error instanceof InvalidKeyError ? explain(error) : error;
  }
}

/**
 * The first of `keys` that signed `token`. A key that cannot be imported is passed over; where no
 * other signed it, nobody can tell, and its `InvalidKeyError` is what this rejects with. Rejects
 * with a token error for a token that cannot be read.
 */
export async function findSigner(token: string, keys: readonly PreparedKey[]): Promise<PreparedKey | undefined> {
  let unusable: InvalidKeyError | undefined;
  for (const key of keys) {
    try {
      if (await isSignedWith(token, key)) return key;
    } catch (error) {
      if (!(error instanceof InvalidKeyError)) throw error;
      unusable = error;
    }
  }
  if (unusable) throw unusable;
  return undefined;
}

/**
 * Whether `token` was signed with `key`. Rejects with a token error for a token that cannot be
 * read.
 */
export async function isSignedWith(token: string, key: PreparedKey): Promise<boolean> {
  try {
    await verifyWith(token, key);
    return true;
  } catch (error) {
    if (error instanceof InvalidSignatureError) return false;
    throw error;
  }
}

function findKeys(source: KeySource, header: JwtHeader, algorithm: Algorithm): MaybePromise<readonly PreparedKey[]> {
  // readCompact lets only text through.
  const kid = Object.hasOwn(header, "kid") ? (header["kid"] as string) : undefined;
  return andThen(source.current(), (set) => {
    const keys = set.find(kid, algorithm);
    return keys.length > 0 ? keys : andThen(source.renewed(), (renewed) => renewed.find(kid, algorithm));
  });
}

function allowedAlgorithm(header: JwtHeader, allowed: readonly Algorithm[]): Algorithm {
  const alg = Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  if (alg === undefined) throw new InvalidAlgorithmError("The token names no algorithm");
  const found = allowed.find((candidate) => candidate === alg);
  if (found === undefined) throw new InvalidAlgorithmError("The token's algorithm is not allowed");
  return found;
}

/** The payload's bytes, where the signature holds. */
async function verifyWith(token: string, key: PreparedKey): Promise<Uint8Array> {
  const imported = key.import();
  const cryptoKey = isPromise(imported) ? await imported : imported;
  // OpenSSL accepts a PSS signature without its leading zeros: a second text for one token (RFC
  // 8017, 8.1.2).
  if (lengthOfSignature(token) !== signatureLength(key.algorithm, cryptoKey))
    throw new InvalidSignatureError("The signature does not have the length of its algorithm and key");
  try {
    return (await compactVerify(token, cryptoKey, key.joseOptions)).payload;
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed)
      throw new InvalidSignatureError("The signature does not match");
    if (cause instanceof errors.JOSEAlgNotAllowed)
      throw new InvalidAlgorithmError("The token's algorithm is not allowed");
    if (cause instanceof errors.JOSEError) throw new DecodeError("The token cannot be read", { cause });
    throw new InvalidKeyError(`the key cannot verify with ${key.algorithm}`, { cause });
  }
}

/** Bytes of the last segment, which is base64url without padding. */
function lengthOfSignature(token: string): number {
  return Math.floor(((token.length - token.lastIndexOf(".") - 1) * 3) / 4);
}

interface ReadOptions {
  readonly verifySignature: boolean;
  readonly algorithms: readonly Algorithm[];
  readonly allowWeakSecret: boolean;
  readonly now: number;
  readonly checks: ClaimChecks;
}

const VERIFY_FLAGS = [
  "verifyExp",
  "verifyNbf",
  "verifyIat",
  "verifyAud",
  "verifyIss",
  "verifySub",
  "verifyJti",
] as const;
const CHECKS = [...VERIFY_FLAGS, "strictAud", "leeway", "require", "issuer", "audience", "subject"] as const;
const OPTIONS = ["algorithms", "verifySignature", "allowWeakSecret", "now", ...CHECKS] as const;

// A wrong option must never come to mean "anything goes".
function parseOptions(options: unknown): ReadOptions {
  if (!isMembers(options))
    throw new TypeError('decode takes its options as one object: pass { algorithms: ["HS256"] }, with your algorithms');
  const given = readOptions("decode", options, OPTIONS);
  const { algorithms: list, verifySignature = true, allowWeakSecret = false, now = Date.now() / 1000, ...rest } = given;
  checkFlag("verifySignature", verifySignature);
  checkFlag("allowWeakSecret", allowWeakSecret);
  const algorithms = list === undefined && !verifySignature ? [] : readStrings(list);
  if (!algorithms?.every(isAlgorithm) || (verifySignature && algorithms.length === 0)) {
    throw new TypeError(`algorithms must be a list of one or more of ${ALGORITHMS.join(", ")}`);
  }
  if (typeof now !== "number" || !Number.isFinite(now)) throw new TypeError("now must be a number of seconds");
  const unchecked = verifySignature ? {} : Object.fromEntries(VERIFY_FLAGS.map((flag) => [flag, false]));
  const checks = Object.entries(rest).map(([name, value]) => [name, readCheck(name, value)] as const);
  return { verifySignature, algorithms, allowWeakSecret, now, checks: { ...unchecked, ...Object.fromEntries(checks) } };
}

function readCheck(name: string, value: unknown): unknown {
  if (value === undefined) throw new TypeError(`The option "${name}" is undefined; leave it out instead`);
  switch (name) {
    case "leeway":
      if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
      throw new TypeError("leeway must be a number of seconds, not negative");
    case "subject":
      if (typeof value === "string") return value;
      throw new TypeError("subject must be a string");
    case "require": {
      const names = readStrings(value);
      if (names) return names;
      throw new TypeError("require must be a list of claim names");
    }
    case "issuer":
    case "audience": {
      const expected = typeof value === "string" ? value : readStrings(value);
      if (expected !== undefined && (typeof value === "string" || expected.length > 0)) return expected;
      throw new TypeError(`${name} must be a string or a list of strings`);
    }
    default:
      checkFlag(name, value);
      return value;
  }
}
