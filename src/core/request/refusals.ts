/** Tells of refusals: the handler of events once for each reason, and the caller in the user's own words. */

import { type AuthError, isAuthError } from "../errors.ts";
import type { Reason } from "../reasons.ts";
import { wordRefusal } from "../responses.ts";
import type { Services } from "../services.ts";
import type { JWT } from "../tokens/token.ts";

/** The refusals of one request. */
export class Denials {
  readonly #worded: WeakMap<AuthError, AuthError> = new WeakMap();
  readonly #told: Set<Reason> = new Set();

  /** The error as the caller may see it: the same words for the same refusal. Other errors stay. */
  tell({ config, emit }: Services, error: unknown, about: JWT | null): unknown {
    if (!isAuthError(error)) return error;
    const { reason, status } = error;
    if (!this.#told.has(reason)) {
      this.#told.add(reason);
      emit({ type: "denied", reason, status, subject: about?.sub ?? null, sid: about?.sid ?? null });
    }
    const before = this.#worded.get(error);
    if (before) return before;
    const worded = wordRefusal(error, config.responses);
    this.#worded.set(error, worded);
    // Told again on its way out, it is what it is.
    this.#worded.set(worded, worded);
    return worded;
  }
}
