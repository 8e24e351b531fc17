/** Signs with the ring's newest key, and checks that each key works. */

import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import { readCompact } from "../jwt/compact.ts";
import { isKeysError } from "../jwt/errors.ts";
import { type SignatureQueue, sharedQueue } from "../jwt/signatures/signature-queue.ts";
import { isSignedWith } from "../jwt/verify-signature.ts";
import { JWT } from "../tokens/token.ts";
import type { TokenParts } from "../tokens/token-content.ts";
import type { TokenType } from "../tokens/token-type.ts";
import { withErrorContext } from "../util/error-context.ts";
import { andThen, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { namingKey } from "./key-pair.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RingKey, RingSnapshot } from "./ring-snapshot.ts";

/**
 * Signs claims with the newest key that may sign now. Synchronous if the keys are loaded and the
 * signature is. Throws or rejects with `MissingSignerError`, or with `InvalidConfigError` and the
 * name of the key's option.
 */
export function signWithRing(
  ring: KeyRing,
  type: TokenType,
  claims: Readonly<Record<string, unknown>>,
  maxAge: number | undefined,
  queue: SignatureQueue,
): MaybePromise<TokenParts> {
  return andThen(ring.current(), (snapshot) => {
    const { signer, options } = snapshot.newest();
    return namingKey(options.sign, () => signer["~sign"](type, claims, maxAge, queue));
  });
}

/**
 * Imports each key, and signs and verifies a probe with it. Rejects with `InvalidConfigError` if
 * the halves of a pair do not belong together, or a token without claims exceeds `maxTokenLength`.
 */
export async function proveKeys(ring: KeyRing, maxTokenLength: number): Promise<void> {
  const { keys } = await openRing(ring);
  await Promise.all(keys.map((key) => proveKey(key, maxTokenLength)));
}

function openRing(ring: KeyRing): Promise<RingSnapshot> {
  return withErrorContext(
    async () => ring.current(),
    (error) => {
      // A wrong list from a loader is a config error; a failed loader is an outage.
      const cause = isKeysError(error) ? error.cause : undefined;
      return cause instanceof InvalidConfigError || cause instanceof MissingConfigError ? cause : error;
    },
  );
}

async function proveKey({ signer, verifyKey, options }: RingKey, maxTokenLength: number): Promise<void> {
  await namingKey(options.verify, async () => verifyKey.open());
  if (!signer) return;
  const probe = new JWT("refresh", "probe");
  await namingKey(options.sign, () => probe.sign(signer));
  if (probe.signed.length > maxTokenLength)
    throw new InvalidConfigError(
      "maxTokenLength",
      `must be at least ${probe.signed.length}, the length of a token of this key without claims; raise it`,
    );
  if (await isSignedWith(readCompact(probe.signed), verifyKey, sharedQueue)) return;
  if (options.verify === options.sign)
    throw new InvalidConfigError(
      options.sign,
      "must have the public members of its own private key; export the key anew",
    );
  throw new InvalidConfigError(
    options.verify,
    "must belong to the private key; pass the public key of the same pair, or leave it out",
  );
}
