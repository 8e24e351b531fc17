/** The keys of a manager: prepared from its options, and known to belong together where that can be told at once. */
import { AuthData } from "./auth-data.ts";
import { InvalidConfigError, MissingConfigError } from "./errors.ts";
import type { Algorithm } from "./jwt/algorithms.ts";
import { InvalidKeyError } from "./jwt/errors.ts";
import { derivePublicKey, isSamePair, type KeyInput, type PreparedKey, prepareKey } from "./jwt/keys.ts";

/** The options that keys are made from. */
export interface KeyOptions {
  readonly algorithm: Algorithm;
  readonly issuer: string;
  readonly authMaxAge: number;
  readonly refreshMaxAge: number;
  readonly allowWeakSecret: boolean;
  readonly secret?: KeyInput | undefined;
  readonly privateKey?: KeyInput | undefined;
  readonly publicKey?: KeyInput | undefined;
}

/** The keys, and the option that each came from. */
export interface ResolvedKeys {
  /** Absent on a manager that verifies only. */
  readonly signer: AuthData | undefined;
  readonly verifyKey: PreparedKey;
  readonly keyOptions: { readonly sign: string; readonly verify: string };
}

/** Prepares the keys that the options give. Throws `MissingConfigError` or `InvalidConfigError` that names the option. */
export function resolveKeys(options: KeyOptions, now: () => number): ResolvedKeys {
  const { algorithm, allowWeakSecret } = options;
  const isHmac = algorithm.startsWith("HS");
  for (const [option, belongs] of [
    ["secret", isHmac],
    ["privateKey", !isHmac],
    ["publicKey", !isHmac],
  ] as const) {
    if (!belongs && options[option] !== undefined) throw new InvalidConfigError(option, `is not for ${algorithm}`);
  }
  const signOption = isHmac ? "secret" : "privateKey";
  const signingInput = options[signOption];
  if (signingInput === undefined && options.publicKey === undefined) throw new MissingConfigError(signOption);
  const signer =
    signingInput === undefined
      ? undefined
      : namingOption(signOption, () => {
          const { issuer, authMaxAge, refreshMaxAge, publicKey } = options;
          const half = publicKey === undefined ? {} : { publicKey };
          return new AuthData({
            authType: algorithm,
            secret: signingInput,
            issuer,
            authMaxAge,
            refreshMaxAge,
            allowWeakSecret,
            now,
            ...half,
          });
        });
  const verifyOption = options.publicKey === undefined ? signOption : "publicKey";
  const verifyKey = namingOption(verifyOption, () => {
    if (options.publicKey !== undefined) return prepareKey(options.publicKey, algorithm, "verify");
    return isHmac
      ? prepareKey(signingInput as KeyInput, algorithm, "verify", { allowWeakSecret })
      : derivePublicKey(signingInput as KeyInput, algorithm);
  });
  if (signer && options.publicKey !== undefined) checkPair(signingInput as KeyInput, algorithm, verifyKey);
  return { signer, verifyKey, keyOptions: { sign: signOption, verify: verifyOption } };
}

/** An `InvalidKeyError` as the config error it is, named by `option`; anything else unchanged. */
export function toConfigError(option: string, error: unknown): unknown {
  return error instanceof InvalidKeyError ? new InvalidConfigError(option, error.message, { cause: error }) : error;
}

function checkPair(privateKey: KeyInput, algorithm: Algorithm, publicKey: PreparedKey): void {
  let derived: PreparedKey;
  try {
    derived = derivePublicKey(privateKey, algorithm);
  } catch (error) {
    // A key that does not show its public half: `ready()` tells by signing.
    if (error instanceof InvalidKeyError) return;
    throw error;
  }
  if (isSamePair(derived, publicKey) === false)
    throw new InvalidConfigError("publicKey", "does not belong to the private key");
}

function namingOption<T>(option: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw toConfigError(option, error);
  }
}
