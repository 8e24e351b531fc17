/** Writes the refusals of one request: the event, the caller's words, the challenge, and `Cache-Control: no-store`. */

import { type AuthError, isAuthError } from "../errors.ts";
import { challengeFor } from "../exchange/challenge.ts";
import type { RequestSource } from "../exchange/request-source.ts";
import type { Reason } from "../reasons.ts";
import { wordRefusal } from "../refusal-words.ts";
import type { LazyServices } from "../services.ts";
import type { JWT } from "../tokens/token.ts";
import { attempt } from "./memo.ts";

/** The refusals of one request, or of one operation of a connection. */
export class Refusals {
  readonly #source: RequestSource;
  readonly #services: LazyServices;
  readonly #worded: WeakMap<AuthError, AuthError> = new WeakMap();
  readonly #told: Set<Reason> = new Set();

  constructor(source: RequestSource, services: LazyServices) {
    this.#source = source;
    this.#services = services;
  }

  /**
   * The error as the caller may see it: the same words for the same refusal. Reports each reason
   * once. Other errors stay.
   */
  tell(error: unknown, about: JWT | null): unknown {
    if (!isAuthError(error)) return error;
    const { config, emit } = this.#services.open();
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

  /**
   * An error as a resolver may throw it on: a refusal in the user's words, with what the transport
   * wants to be said of it.
   */
  describe(error: unknown): unknown {
    const told = this.tell(error, null);
    if (isAuthError(told)) this.#source.describe?.(told);
    return told;
  }

  /**
   * Whether `challenge` reaches the response, as it does wherever the server lets headers be set
   * while the request is answered.
   */
  get canChallenge(): boolean {
    return this.#source.response !== undefined;
  }

  /** Sets the `WWW-Authenticate` header for a refusal, where headers can still be set. */
  challenge(error: AuthError): void {
    const challenge = challengeFor(error, this.scheme);
    if (challenge !== undefined) this.#source.response?.setHeader("WWW-Authenticate", challenge);
  }

  /** The scheme that a challenge names. */
  get scheme(): string {
    return this.#services.open().config.header.scheme || "Bearer";
  }

  /**
   * Sets `Cache-Control: no-store` on a streamed response, if cookies or sessions may need it: its
   * headers are sent before a guard runs.
   */
  expectStream(): void {
    const services = attempt(() => this.#services.open());
    if (!("value" in services)) return;
    const { sessions, cookies } = services.value.config;
    if (sessions || cookies.names.auth !== undefined || cookies.names.refresh !== undefined)
      this.#source.response?.forbidStoring();
  }
}
