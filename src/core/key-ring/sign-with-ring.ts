/** Signs with the ring's newest key, and proves that each of its keys works. */

import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import { isSignedWith } from "../jwt/decode.ts";
import { isKeysError } from "../jwt/errors.ts";
import { JWT } from "../tokens/token.ts";
import type { TokenParts } from "../tokens/token-content.ts";
import type { TokenType } from "../tokens/token-type.ts";
import { toConfigError } from "./key-pair.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RingKey, RingSnapshot } from "./ring-snapshot.ts";

/** Signs claims with the newest key that may sign now. Rejects with `MissingSignerError`, or `InvalidConfigError` that names the key's option. */
export async function signWithRing(
  ring: KeyRing,
  type: TokenType,
  claims: Readonly<Record<string, unknown>>,
  maxAge: number | undefined,
): Promise<TokenParts> {
  const { signer, options } = (await ring.current()).newest();
  return naming(options.sign, () => signer.sign(type, claims, maxAge));
}

/** Imports every key, and signs something with each that can: a pair that does not belong together is an `InvalidConfigError`. */
export async function proveKeys(ring: KeyRing): Promise<void> {
  const { keys } = await openRing(ring);
  await Promise.all(keys.map(proveKey));
}

async function openRing(ring: KeyRing): Promise<RingSnapshot> {
  try {
    return await ring.current();
  } catch (error) {
    // What a loader gave is configuration; that it gave nothing is an outage.
    const cause = isKeysError(error) ? error.cause : undefined;
    throw cause instanceof InvalidConfigError || cause instanceof MissingConfigError ? cause : error;
  }
}

async function proveKey({ signer, verifyKey, options }: RingKey): Promise<void> {
  await naming(options.verify, async () => verifyKey.import());
  if (!signer) return;
  const probe = new JWT("refresh", "probe");
  await naming(options.sign, () => probe.sign(signer));
  if (!(await isSignedWith(probe.signed, verifyKey)))
    throw new InvalidConfigError(options.verify, "does not belong to the private key");
}

async function naming<T>(option: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw toConfigError(option, error);
  }
}
