/** The inside of a `RequestAuth`: decides plans by the request's token. What both transports call. */

import { type AuthError, challengeFor, isAuthError, refusal } from "../errors.ts";
import type { Credentials } from "../exchange/credentials.ts";
import type { RequestSource } from "../exchange/request-source.ts";
import type { ResponseWriter } from "../exchange/response-writer.ts";
import type { Plan } from "../rules/compile.ts";
import { decide } from "../rules/decide.ts";
import type { Services } from "../services.ts";
import type { CheckTokens, SessionTokens } from "../sessions/token-pair.ts";
import type { JWT } from "../tokens/token.ts";
import { isPromise, type MaybePromise } from "../util/maybe-promise.ts";
import { attempt } from "./memo.ts";
import { Denials } from "./refusals.ts";
import type { RequestCookies } from "./request-cookies.ts";
import { ANY, RequestTokens } from "./request-tokens.ts";

/**
 * What was found out in one run of code that nothing can have interrupted. Time does not pass there, so nothing is asked twice in it. It ends
 * with the next microtask.
 */
interface Moment {
  /** Good tokens, by the plan's slot. */
  readonly tokens: (JWT | undefined)[];
  /** The plan that was satisfied last, if it asks about the token alone: the calls of a batch mostly have the same. */
  passed: Plan | undefined;
}

/** Remembers, while a request lives, what was found out about it. Building one verifies nothing and never throws. */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #services: () => Services;
  readonly #tokens: RequestTokens;
  #moment: Moment | undefined;
  #denials: Denials | undefined;
  #madeByClient: WeakSet<object> | undefined;

  /** `tokens` are those of an operation of a connection; default: those of the request itself. */
  constructor(
    source: RequestSource,
    services: () => Services,
    tokens: RequestTokens = new RequestTokens(source, services),
  ) {
    this.#source = source;
    this.#services = services;
    this.#tokens = tokens;
  }

  /** The manager's parts. Throws `MissingSignerError` where it is not configured. */
  get services(): Services {
    return this.#services();
  }

  /** The credentials of the request. A method, since inspectors show the values of getters. */
  credentials(): Credentials {
    return this.#tokens.credentials;
  }

  /** The cookies that the request brings, and those that its response sets. */
  cookies(): RequestCookies {
    return this.#tokens.cookies;
  }

  /** The response, where it can be written to. */
  get response(): ResponseWriter | undefined {
    return this.#source.response;
  }

  /**
   * The token that satisfies `plan`, at once where nothing must be waited for; `null` only where the plan is optional. Throws or rejects with a
   * refusal. `args` and `parent` are what the plan's are held against.
   */
  check(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    let token: MaybePromise<JWT | null>;
    try {
      token = this.#tokenFor(plan);
    } catch (error) {
      throw this.#tell(error, null);
    }
    if (token === null) return null;
    return isPromise(token) ? this.#checkLater(token, plan, args, parent) : this.#judge(plan, token, args, parent);
  }

  // A function of its own, as all that make closures are: V8 makes room for what a closure holds on the way into the function around it.
  #checkLater(token: Promise<JWT | null>, plan: Plan, args: unknown, parent: unknown): Promise<JWT | null> {
    return token.then(
      (found) => found && this.#judge(plan, this.#see(plan, found), args, parent),
      (error: unknown) => {
        throw this.#tell(error, null);
      },
    );
  }

  /** `check`, by what is true now, however much time a resolver has taken since a guard asked. */
  checkAnew(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    this.#moment = undefined;
    return this.check(plan, args, parent);
  }

  /** Has what a plan will ask for found out; `undefined` where nothing has to be waited for. Never throws, never rejects: who is to be refused is refused when asked for. */
  prepare(plan: Plan): Promise<unknown> | undefined {
    try {
      const token = this.#tokenFor(plan);
      return isPromise(token) ? token.catch(() => undefined) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Says at once, for a response whose headers are gone before a guard is asked, that nobody may store it, where that could be needed. */
  expectStream(): void {
    const services = attempt(this.#services);
    if (!("value" in services)) return;
    const { sessions, cookies } = services.value.config;
    if (sessions || cookies.names.auth !== undefined || cookies.names.refresh !== undefined)
      this.response?.forbidStoring();
  }

  /** New tokens for a refresh token, which a request rotates once. */
  rotate(token: string, check: CheckTokens | undefined): Promise<SessionTokens> {
    return this.#tokens.rotate(token, check);
  }

  /** From here on a refresh token is presented again: sessions of this request have ended. */
  forgetRotations(): void {
    this.#tokens.forgetRotations();
  }

  /** Remembers that `value`, and every object inside it, is what the client sent: no fact about anything. */
  distrust(value: unknown): void {
    const madeByClient = (this.#madeByClient ??= new WeakSet());
    for (const waiting = [value]; waiting.length > 0; ) {
      const one = waiting.pop();
      if (typeof one !== "object" || one === null || madeByClient.has(one)) continue;
      madeByClient.add(one);
      for (const inner of Object.values(one) as unknown[]) waiting.push(inner);
    }
  }

  /** Whether the client sent this very object. */
  isMadeByClient(value: unknown): boolean {
    return (
      this.#madeByClient !== undefined && typeof value === "object" && value !== null && this.#madeByClient.has(value)
    );
  }

  /** The gate of one operation: on a connection rights are looked up anew for each, while no signature is checked again. */
  operation(): RequestGate {
    const tokens = this.#tokens.ofOperation();
    return tokens === this.#tokens ? this : new RequestGate(this.#source, this.#services, tokens);
  }

  /** Tells the response about a refusal, where headers can still be set. */
  challenge(error: AuthError): void {
    const challenge = challengeFor(error, this.scheme);
    if (challenge !== undefined) this.response?.setHeader("WWW-Authenticate", challenge);
  }

  /** An error as a resolver may throw it on: a refusal in the user's words, with what the transport wants to be said of it. */
  describe(error: unknown): unknown {
    const told = this.#tell(error, null);
    if (isAuthError(told)) this.#source.describe?.(told);
    return told;
  }

  /** Whether `challenge` reaches the response, as it does wherever the server lets headers be set while the request is answered. */
  get canChallenge(): boolean {
    return this.response !== undefined;
  }

  /** Whether a server sends what the request is answered with, streams of every kind included. */
  get isServed(): boolean {
    return this.#source.isServed;
  }

  /** The scheme that a challenge names. */
  get scheme(): string {
    return this.#services().config.header.scheme || "Bearer";
  }

  /** Milliseconds until the first of `tokens` ends, by `exp` (leeway included) or with its key; `undefined` where there is none. */
  expiresInMs(tokens: readonly JWT[]): number | undefined {
    return this.#tokens.expiresInMs(tokens);
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    return this.#moment?.tokens[ANY.auth.slot] ?? this.#tokens.knownAuthToken;
  }

  /** Tells of a refusal, and gives it in the user's words. Other errors stay. */
  #tell(error: unknown, about: JWT | null): unknown {
    return isAuthError(error) ? (this.#denials ??= new Denials()).tell(this.#services(), error, about) : error;
  }

  /** The token, unless its claims do not satisfy the plan. A check that throws denies. */
  #judge(plan: Plan, token: JWT, args: unknown, parent: unknown): JWT {
    if (this.#moment?.passed === plan) return token;
    let refused: AuthError;
    try {
      const reason = decide(plan, token["~content"]?.claims ?? token.claims, args, parent);
      if (reason === undefined) {
        if (plan.isOfTokenOnly) this.#now().passed = plan;
        return token;
      }
      refused = refusal(reason);
    } catch (cause) {
      refused = refusal("CLAIMS_INSUFFICIENT", cause);
    }
    throw this.#tell(refused, token);
  }

  #now(): Moment {
    if (this.#moment === undefined) {
      const moment: Moment = { tokens: [], passed: undefined };
      this.#moment = moment;
      queueMicrotask(() => {
        if (this.#moment === moment) this.#moment = undefined;
      });
    }
    return this.#moment;
  }

  #tokenFor(plan: Plan): MaybePromise<JWT | null> {
    const seen = this.#moment?.tokens[plan.slot];
    if (seen) return seen;
    const token = this.#tokens.find(plan);
    return token === null || isPromise(token) ? token : this.#see(plan, token);
  }

  #see(plan: Plan, token: JWT): JWT {
    this.#now().tokens[plan.slot] = token;
    return token;
  }
}
