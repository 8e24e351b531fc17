/** Prepares a manager's key from its options, and checks that its halves belong together. */
import type { JWK } from "jose";
import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import { InvalidKeyError } from "../jwt/errors.ts";
import { derivePublicKey, isSamePair, type KeyInput, prepareKey } from "../jwt/keys/keys.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import { AuthData } from "../tokens/auth-data.ts";
import { withErrorContext } from "../util/error-context.ts";

/** The options of a key. */
export interface KeyPairOptions {
  readonly algorithm: Algorithm;
  readonly issuer: string;
  readonly authMaxAge: number;
  readonly refreshMaxAge: number;
  readonly allowWeakSecret: boolean;
  readonly now: () => number;
  readonly secret?: KeyInput | undefined;
  readonly privateKey?: KeyInput | undefined;
  readonly publicKey?: KeyInput | undefined;
}

/** A key, and the names of its options. */
export interface KeyPair {
  readonly algorithm: Algorithm;
  readonly verifyKey: PreparedKey;
  /** Creates the signer, whose tokens have this `kid`. Absent if the key only verifies. */
  readonly makeSigner: ((kid: string | undefined) => AuthData) | undefined;
  readonly options: { readonly sign: string; readonly verify: string };
}

/**
 * Prepares the key of the options. `path` is the path of the options, such as `keys.0.`. Throws
 * `MissingConfigError` or `InvalidConfigError` with the name of the option.
 */
export function resolveKeyPair(options: KeyPairOptions, path: string = ""): KeyPair {
  const { algorithm, allowWeakSecret } = options;
  const isHmac = algorithm.startsWith("HS");
  for (const [option, belongs] of [
    ["secret", isHmac],
    ["privateKey", !isHmac],
    ["publicKey", !isHmac],
  ] as const) {
    if (!belongs && options[option] !== undefined)
      throw new InvalidConfigError(`${path}${option}`, `cannot be combined with ${algorithm}: ${needOf(algorithm)}`);
  }
  const signOption = isHmac ? "secret" : "privateKey";
  const signingInput = options[signOption];
  if (signingInput === undefined && options.publicKey === undefined)
    throw new MissingConfigError(`${path}${signOption}`, undefined, needOf(algorithm));
  const verifyOption = options.publicKey === undefined ? signOption : "publicKey";
  const names = { sign: `${path}${signOption}`, verify: `${path}${verifyOption}` };
  const makeSigner = signingInput === undefined ? undefined : signerMaker(options, signingInput);
  namingKey(names.sign, () => makeSigner?.(undefined));
  const verifyKey = namingKey(names.verify, () => {
    if (options.publicKey !== undefined) return prepareKey(options.publicKey, algorithm, "verify");
    return isHmac
      ? prepareKey(signingInput as KeyInput, algorithm, "verify", { allowWeakSecret })
      : derivePublicKey(signingInput as KeyInput, algorithm);
  });
  if (makeSigner && options.publicKey !== undefined)
    checkPair(signingInput as KeyInput, algorithm, verifyKey, names.verify);
  return { algorithm, verifyKey, makeSigner, options: names };
}

function needOf(algorithm: Algorithm): string {
  return `${algorithm} needs ${algorithm.startsWith("HS") ? "secret" : "privateKey or publicKey"}`;
}

/** Uses a key. Its `InvalidKeyError` becomes a config error with the name of the option. */
export function namingKey<T>(option: string, use: () => T): T {
  return withErrorContext(use, (error) => toConfigError(option, error));
}

/** Turns an `InvalidKeyError` into a config error of `option`. Returns other errors unchanged. */
export function toConfigError(option: string, error: unknown): unknown {
  return error instanceof InvalidKeyError ? new InvalidConfigError(option, error.message, { cause: error }) : error;
}

function signerMaker(options: KeyPairOptions, given: KeyInput): (kid: string | undefined) => AuthData {
  const { algorithm, issuer, authMaxAge, refreshMaxAge, allowWeakSecret, now, publicKey } = options;
  const secret = copyOf(given);
  const half = publicKey === undefined ? {} : { publicKey };
  const shared = { authType: algorithm, secret, issuer, authMaxAge, refreshMaxAge, allowWeakSecret, now, ...half };
  return (kid) => new AuthData(kid === undefined ? shared : { ...shared, kid });
}

// The caller may wipe bytes and JWKs, and the signer is created later, when its `kid` is known.
function copyOf(key: KeyInput): KeyInput {
  if (key instanceof Uint8Array) return Uint8Array.from(key);
  return Object.prototype.toString.call(key) === "[object Object]" ? { ...(key as JWK) } : key;
}

function checkPair(privateKey: KeyInput, algorithm: Algorithm, publicKey: PreparedKey, option: string): void {
  let derived: PreparedKey;
  try {
    derived = derivePublicKey(privateKey, algorithm);
  } catch (error) {
    // The key does not export its public half: `ready()` checks the pair by signing.
    if (error instanceof InvalidKeyError) return;
    throw error;
  }
  if (isSamePair(derived, publicKey) === false)
    throw new InvalidConfigError(
      option,
      "must belong to the private key; pass the public key of the same pair, or leave it out",
    );
}
