/** `SigningKey`: one public key of a JSON Web Key Set, as PyJWT's `PyJWK` is. */
import type { JWK } from "jose";
import { ALGORITHMS, type Algorithm } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { keyType, wrongKind } from "./key-checks.ts";
import { hasPrepare, prepareKey } from "./keys.ts";
import type { PreparedKey } from "./prepared-key.ts";

/**
 * A key that signatures are verified with; `decode` takes it as it is. It is imported once for each
 * algorithm it serves.
 */
export class SigningKey {
  /** The key as it stands in the set, frozen. */
  readonly jwk: JWK;
  readonly #prepared: Map<Algorithm, PreparedKey | InvalidKeyError> = new Map();

  constructor(jwk: JWK) {
    this.jwk = Object.freeze({ ...jwk });
  }

  /** `kid` (RFC 7517, section 4.5). */
  get kid(): string | undefined {
    return this.jwk.kid;
  }

  /** `kty` (RFC 7517, section 4.1). */
  get kty(): string | undefined {
    return this.jwk.kty;
  }

  /** `alg`, where the set says it. */
  get alg(): string | undefined {
    return this.jwk.alg;
  }

  /** `use`, where the set says it. */
  get use(): string | undefined {
    return this.jwk.use;
  }

  /** Whether some algorithm can verify with it. */
  get isUsable(): boolean {
    return ALGORITHMS.some((algorithm) => this.serves(algorithm));
  }

  /** Whether `algorithm` can verify with it. */
  serves(algorithm: Algorithm): boolean {
    return !(this.#read(algorithm) instanceof InvalidKeyError);
  }

  /** @internal The key, ready for `algorithm`. Throws `InvalidKeyError` where it does not fit. */
  "~prepare"(algorithm: Algorithm): PreparedKey {
    const key = this.#read(algorithm);
    if (key instanceof InvalidKeyError) throw key;
    return key;
  }

  #read(algorithm: Algorithm): PreparedKey | InvalidKeyError {
    let key = this.#prepared.get(algorithm);
    if (!key) {
      key = readKey(this.jwk, algorithm);
      this.#prepared.set(algorithm, key);
    }
    return key;
  }
}

/** Whether `value` is a `SigningKey`, also of another copy of this package. */
export function isSigningKey(value: unknown): value is SigningKey {
  return hasPrepare(value);
}

function readKey(jwk: JWK, algorithm: Algorithm): PreparedKey | InvalidKeyError {
  try {
    // Checked first, so that a key is not parsed for algorithms of other kinds.
    if (jwk.kty !== keyType(algorithm)) throw wrongKind(jwk, algorithm);
    return prepareKey(jwk, algorithm, "verify");
  } catch (error) {
    return error instanceof InvalidKeyError ? error : new InvalidKeyError("the JWK cannot be read", { cause: error });
  }
}
