/** The refusals of one request: their event, text, challenge and `Cache-Control: no-store`. */

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
  #mayChallenge = true;

  constructor(source: RequestSource, services: LazyServices) {
    this.#source = source;
    this.#services = services;
  }

  /**
   * Returns the error for the caller: a refusal with the configured text, any other error
   * unchanged. Emits one event for each reason.
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
    // A transport passes the worded refusal to `tell` again, which must not change it again.
    this.#worded.set(worded, worded);
    return worded;
  }

  /**
   * Returns the error that `ctx.auth` throws in a resolver: a refusal with the configured text and
   * the details that the transport adds.
   */
  describe(error: unknown): unknown {
    const told = this.tell(error, null);
    if (isAuthError(told)) this.#source.describe?.(told);
    return told;
  }

  /** Whether there is a response on which `challenge` can set the header. */
  get canChallenge(): boolean {
    return this.#source.response !== undefined;
  }

  /** Sets the `WWW-Authenticate` header for a refusal, if headers can still be set. */
  challenge(error: AuthError): void {
    const challenge = this.#mayChallenge ? challengeFor(error, this.scheme) : undefined;
    if (challenge !== undefined) this.#source.response?.setHeader("WWW-Authenticate", challenge);
  }

  /** The authentication scheme that a challenge names. */
  get scheme(): string {
    return this.#services.open().config.header.scheme || "Bearer";
  }

  /**
   * Sets `Cache-Control: no-store` on a streamed response, if the manager has cookies or sessions.
   * It cannot wait for a guard: the server sends the headers before a guard runs. Without
   * `mayChallenge` no refusal sets a challenge, whether or not the headers are sent already.
   */
  expectStream({ mayChallenge = true }: { readonly mayChallenge?: boolean } = {}): void {
    this.#mayChallenge = mayChallenge;
    const services = attempt(() => this.#services.open());
    if (!("value" in services)) return;
    const { sessions, cookies } = services.value.config;
    if (sessions || cookies.names.auth !== undefined || cookies.names.refresh !== undefined)
      this.#source.response?.forbidStoring();
  }
}
