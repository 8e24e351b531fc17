/** `decode`: verifies compact JWTs, as PyJWT's `decode` does. */
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
 * Options of `decode` and `decodeComplete`. An unknown option is a `TypeError`. So is `undefined`
 * for an option that checks a claim; for the other options, it means the default.
 */
export interface DecodeOptions extends Omit<ClaimChecks, "integerSubject" | "issuedAhead"> {
  /**
   * The algorithms that a token may be signed with. Required, and not empty, unless
   * `verifySignature` is false.
   * @default none
   * @see RFC 8725, section 3.1
   */
  readonly algorithms?: readonly Algorithm[];
  /**
   * Verify the signature. `false` reads an unverified token: do not trust its claims.
   * @default true
   */
  readonly verifySignature?: boolean;
  /**
   * Accept an HMAC secret that is shorter than the algorithm's hash.
   * @default false
   * @see RFC 7518, section 3.2
   */
  readonly allowWeakSecret?: boolean;
  /**
   * The time with which `exp`, `nbf` and `iat` are compared, in seconds since 1970.
   * @default the time of the machine's clock
   */
  readonly now?: number;
}

/** The three parts of a token, decoded. */
export interface CompleteToken {
  /** The protected header. */
  readonly header: JwtHeader;
  /** The claims. */
  readonly payload: JwtPayload;
  /** The bytes of the signature. */
  readonly signature: Uint8Array;
}

/**
 * Verifies a token's signature and registered claims, and returns all its claims. `key` may be a
 * `SigningKey` of `JWKSClient`. With `verifySignature: false`, `key` may be `undefined`.
 * @throws `InvalidTokenError` or a subclass, each with a `reason`. The token is malformed or
 * expired, has an invalid signature, or fails a check of its claims.
 * @throws `InvalidKeyError` for a key that does not fit the token's algorithm.
 * @throws `TypeError` for an invalid option, and for a missing key.
 * @see RFC 7519, section 7.2
 * @example
 * ```ts
 * import { decode, encode } from "claimgate/jwt";
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32));
 * const token = await encode({ sub: "ada", iss: "https://issuer.example" }, secret);
 * const claims = await decode(token, secret, {
 *   algorithms: ["HS256"],
 *   issuer: "https://issuer.example",
 * });
 * ```
 */
export async function decode(
  token: string,
  key: KeyInput | SigningKey | undefined,
  options: DecodeOptions,
): Promise<JwtPayload> {
  return (await decodeComplete(token, key, options)).payload;
}

/**
 * Verifies a token as `decode` does, and returns its header and signature too.
 * @throws `InvalidTokenError`, `InvalidKeyError` or `TypeError`, as `decode` does.
 * @example
 * ```ts
 * import { decodeComplete, encode } from "claimgate/jwt";
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32));
 * const token = await encode({ sub: "ada" }, secret);
 * const { header, payload } = await decodeComplete(token, secret, { algorithms: ["HS256"] });
 * ```
 */
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
 * Reads the header of a token WITHOUT verification, for example to choose a key by `kid`.
 * @throws `DecodeError` for a malformed token.
 * @throws `InvalidTokenError` for a header with `crit`, `b64` or a `kid` that is not a string.
 * @see RFC 7515, section 4
 * @example
 * ```ts
 * import { getUnverifiedHeader } from "claimgate/jwt";
 *
 * const kidOf = (token: string) => getUnverifiedHeader(token)["kid"];
 * ```
 */
export function getUnverifiedHeader(token: string): JwtHeader {
  return readCompact(token).header;
}

/** Options of `verifyWithKeys`. */
export interface VerifyOptions<T> {
  /** The algorithms that a token may have. */
  readonly algorithms: readonly Algorithm[];
  readonly readHeader: ReadHeader;
  /** Checks the claims and makes the result. The signature is valid for `key`. */
  readonly accept: (header: JwtHeader, payload: JwtPayload, key: PreparedKey) => T;
  /** Makes the error for a key that WebCrypto rejects. */
  readonly explain: (error: InvalidKeyError) => unknown;
}

/**
 * Verifies a token with the keys of `source` that its header names. Rejects with a token error, the
 * result of `explain` for an unusable key, or an error of `source` or `accept`.
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
    // The usual case: one key.
    const [only] = keys;
    if (only && keys.length === 1) return accept(header, readPayloadBytes(await verifyWith(token, only)), only);
    const key = await findSigner(token, keys);
    if (!key) throw new InvalidSignatureError("The signature matches no trusted key");
    return accept(header, readPayload(payload), key);
  } catch (error) {
    throw error instanceof InvalidKeyError ? explain(error) : error;
  }
}

/**
 * The first of `keys` that signed `token`. Rejects with a token error for a malformed token, and
 * with the `InvalidKeyError` of an unusable key if no other key signed the token.
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

/** Whether `key` signed `token`. Rejects with a token error for a malformed token. */
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
  // readCompact rejects a kid that is not a string.
  const kid = Object.hasOwn(header, "kid") ? (header["kid"] as string) : undefined;
  return andThen(source.current(), (set) => {
    const keys = set.find(kid, algorithm);
    return keys.length > 0 ? keys : andThen(source.renewed(), (renewed) => renewed.find(kid, algorithm));
  });
}

function allowedAlgorithm(header: JwtHeader, allowed: readonly Algorithm[]): Algorithm {
  const alg = Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  if (alg === undefined) throw new InvalidAlgorithmError('The token\'s header has no "alg"');
  const found = allowed.find((candidate) => candidate === alg);
  if (found === undefined) throw new InvalidAlgorithmError("The token's algorithm is not allowed");
  return found;
}

/** The bytes of the payload, if the signature is valid. */
async function verifyWith(token: string, key: PreparedKey): Promise<Uint8Array> {
  const imported = key.import();
  const cryptoKey = isPromise(imported) ? await imported : imported;
  // OpenSSL accepts a PSS signature without its leading zeros, so one token would have several
  // texts (RFC 8017, section 8.1.2).
  if (lengthOfSignature(token) !== signatureLength(key.algorithm, cryptoKey))
    throw new InvalidSignatureError("The signature does not have the length of its algorithm and key");
  try {
    return (await compactVerify(token, cryptoKey, key.joseOptions)).payload;
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed)
      throw new InvalidSignatureError("The signature does not match the token and the key");
    if (cause instanceof errors.JOSEAlgNotAllowed)
      throw new InvalidAlgorithmError("The token's algorithm is not allowed");
    if (cause instanceof errors.JOSEError) throw new DecodeError("The token cannot be read", { cause });
    throw new InvalidKeyError(`the key cannot verify with ${key.algorithm}: pass a key that was made for it`, {
      cause,
    });
  }
}

/** The length of the signature in bytes, from its base64url text without padding. */
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

// A wrong option must not switch a check off.
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
  if (value === undefined) throw new TypeError(`${name} is undefined: leave the option out`);
  switch (name) {
    case "leeway":
      if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
      throw new TypeError("leeway must be a number of seconds, 0 or more");
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
      throw new TypeError(`${name} must be a string, or a list of one or more strings`);
    }
    default:
      checkFlag(name, value);
      return value;
  }
}
