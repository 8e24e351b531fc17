/** `SigningKey`: one public key of a JSON Web Key Set, as PyJWT's `PyJWK`. */
import type { JWK } from "jose";
import { ALGORITHMS, type Algorithm, type CanonicalAlgorithm, canonicalAlgorithm } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { keyType, type PrepareKeyOptions, wrongKind } from "./key-checks.ts";
import { hasPrepare, prepareKey } from "./keys.ts";
import { withoutNulls } from "./members.ts";
import type { PreparedKey } from "./prepared-key.ts";

/**
 * A public key of a JSON Web Key Set, which verifies signatures. Pass the object itself to
 * `decode`; other functions take its `jwk`. The key is imported once for each algorithm.
 * @see RFC 7517, section 4
 * @example
 * ```ts
 * import { decode, JWKSClient } from "claimgate/jwt";
 *
 * const client = new JWKSClient("https://issuer.example/.well-known/jwks.json");
 *
 * async function verify(token: string) {
 *   const key = await client.getSigningKeyFromJwt(token);
 *   return decode(token, key, { algorithms: ["RS256"], audience: "https://api.example" });
 * }
 * ```
 */
export class SigningKey {
  /** The key as the set has it, without members that are null: a frozen copy. */
  readonly jwk: JWK;
  readonly #options: PrepareKeyOptions;
  readonly #prepared: Map<CanonicalAlgorithm, PreparedKey | InvalidKeyError> = new Map();

  /**
   * Creates the key without a check of `jwk`. If no algorithm can use it, `isUsable` is false, and
   * `decode` throws `InvalidKeyError`.
   */
  constructor(jwk: JWK);
  /** @internal Creates a key with options of secrets. */
  constructor(jwk: JWK, options: PrepareKeyOptions);
  constructor(jwk: JWK, options: PrepareKeyOptions = {}) {
    this.jwk = Object.freeze(withoutNulls({ ...jwk }));
    this.#options = options;
  }

  /**
   * The `kid` of the key.
   * @see RFC 7517, section 4.5
   */
  get kid(): string | undefined {
    return this.jwk.kid;
  }

  /**
   * The `kty` of the key.
   * @see RFC 7517, section 4.1
   */
  get kty(): string | undefined {
    return this.jwk.kty;
  }

  /**
   * The `alg` of the key, if the set has it.
   * @see RFC 7517, section 4.4
   */
  get alg(): string | undefined {
    return this.jwk.alg;
  }

  /**
   * The `use` of the key, if the set has it.
   * @see RFC 7517, section 4.2
   */
  get use(): string | undefined {
    return this.jwk.use;
  }

  /** Whether at least one algorithm can verify with the key. */
  get isUsable(): boolean {
    return ALGORITHMS.some((algorithm) => this.serves(algorithm));
  }

  /** Whether `algorithm` can verify with the key. */
  serves(algorithm: Algorithm): boolean {
    return !(this.#read(canonicalAlgorithm(algorithm)) instanceof InvalidKeyError);
  }

  /** @internal The key, prepared for `algorithm`. Throws `InvalidKeyError` if it does not fit. */
  "~prepare"(algorithm: CanonicalAlgorithm): PreparedKey {
    const key = this.#read(algorithm);
    if (key instanceof InvalidKeyError) throw key;
    return key;
  }

  #read(algorithm: CanonicalAlgorithm): PreparedKey | InvalidKeyError {
    let key = this.#prepared.get(algorithm);
    if (!key) {
      key = readKey(this.jwk, algorithm, this.#options);
      this.#prepared.set(algorithm, key);
    }
    return key;
  }
}

/** Whether `value` is a `SigningKey` of this or another copy of this package. */
export function isSigningKey(value: unknown): value is SigningKey {
  return hasPrepare(value);
}

function readKey(jwk: JWK, algorithm: CanonicalAlgorithm, options: PrepareKeyOptions): PreparedKey | InvalidKeyError {
  try {
    // First, so that prepareKey does not parse the key for algorithms of other kinds.
    if (jwk.kty !== keyType(algorithm)) throw wrongKind(jwk, algorithm);
    return prepareKey(jwk, algorithm, "verify", options);
  } catch (error) {
    return error instanceof InvalidKeyError ? error : new InvalidKeyError("the JWK cannot be read", { cause: error });
  }
}
