/** `decode`: verifies compact JWTs, as PyJWT's `decode` does. */
import { ALGORITHMS, type Algorithm, type CanonicalAlgorithm, canonicalAlgorithm, isAlgorithm } from "./algorithms.ts";
import { checkFlag, isMembers, readInput, readKey, readOptions, readStrings } from "./caller-input.ts";
import { type ClaimChecks, checkClaims } from "./claims.ts";
import { copySignature, type JwtHeader, type JwtPayload, payloadOf, readCompact } from "./compact.ts";
import { type KeyInput, prepareKey } from "./keys/keys.ts";
import { isSigningKey, type SigningKey } from "./keys/signing-key.ts";
import { sharedQueue } from "./signatures/signature-queue.ts";
import { allowedAlgorithm, checkSignature } from "./verify-signature.ts";

/**
 * Options of `decode` and `decodeComplete`. An unknown option is a `TypeError`. So is `undefined`
 * for an option that checks a claim; for the other options, it means the default.
 */
export interface DecodeOptions extends Omit<ClaimChecks, "integerSubject" | "issuedAhead"> {
  /**
   * The algorithms that a token may be signed with. Required, and not empty, unless
   * `verifySignature` is false. `EdDSA` and `Ed25519` each allow both names.
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
    await checkSignature(parts, prepared, sharedQueue);
  }
  const payload = payloadOf(parts);
  checkClaims(payload, checks, now);
  return { header: parts.header, payload, signature: copySignature(parts) };
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

interface ReadOptions {
  readonly verifySignature: boolean;
  readonly algorithms: readonly CanonicalAlgorithm[];
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
  const names = list === undefined && !verifySignature ? [] : readStrings(list);
  if (!names?.every(isAlgorithm) || (verifySignature && names.length === 0)) {
    throw new TypeError(`algorithms must be a list of one or more of ${ALGORITHMS.join(", ")}`);
  }
  if (typeof now !== "number" || !Number.isFinite(now)) throw new TypeError("now must be a number of seconds");
  const algorithms = names.map(canonicalAlgorithm);
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
