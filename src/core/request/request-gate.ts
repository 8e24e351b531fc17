/** `RequestGate`, the core of a `RequestAuth`: decides plans by the token of the request. */
import { type AuthError, CookieError, refusal } from "../errors.ts";
import type { RequestSource } from "../exchange/request-source.ts";
import type { ResponseWriter } from "../exchange/response-writer.ts";
import type { Plan } from "../rules/compile.ts";
import type { LazyServices, Services } from "../services.ts";
import { claimsOf } from "../tokens/held-claims.ts";
import type { JWT } from "../tokens/token.ts";
import { isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { Refusals } from "./refusals.ts";
import { RequestTokens } from "./request-tokens.ts";

/**
 * Decides for one request, or for one operation of a connection. Its construction never throws and
 * verifies nothing.
 */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #services: LazyServices;
  readonly #tokens: RequestTokens;
  #refusals: Refusals | undefined;
  #madeByClient: WeakSet<object> | undefined;

  /** `tokens` are the tokens of an operation of a connection; by default those of the request. */
  constructor(
    source: RequestSource,
    services: LazyServices,
    tokens: RequestTokens = new RequestTokens(source, services),
  ) {
    this.#source = source;
    this.#services = services;
    this.#tokens = tokens;
  }

  /** The services of the manager. Throws `MissingSignerError` before `init`. */
  get services(): Services {
    return this.#services.open();
  }

  /** The tokens of the request. A method, because inspectors show the values of getters. */
  tokens(): RequestTokens {
    return this.#tokens;
  }

  /** The refusals of the request. */
  refusals(): Refusals {
    return (this.#refusals ??= new Refusals(this.#source, this.#services));
  }

  /** The response writer, if the host has one. */
  get response(): ResponseWriter | undefined {
    return this.#source.response;
  }

  /** The error of a call that sets cookies, or `undefined` if cookies can reach the caller. */
  cookieError(): CookieError | undefined {
    const { response, responseRemedy = 'Pass deliver: "body"' } = this.#source;
    const why = response?.whyNoCookies();
    if (response) return why === undefined ? undefined : new CookieError(why);
    return this.#source.isConnection || this.#source.isUpgrade
      ? new CookieError(
          "a WebSocket has no response that could set them",
          'Make the call over HTTP, or pass deliver: "body"',
        )
      : new CookieError("the request has no response that could set them", responseRemedy);
  }

  /** Whether a server sends the result. Otherwise a caller in the same process gets it. */
  get isServed(): boolean {
    return this.#source.isServed;
  }

  /**
   * Returns the token if it satisfies `plan`, or `null` for an anonymous caller under an optional
   * plan. The result is synchronous if nothing is pending. Throws or rejects with a refusal.
   */
  check(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    let token: MaybePromise<JWT | null>;
    try {
      token = this.#tokens.find(plan);
    } catch (error) {
      throw this.refusals().tell(error, null);
    }
    if (token === null) return null;
    return isPromise(token) ? this.#checkLater(token, plan, args, parent) : this.#judge(plan, token, args, parent);
  }

  // A separate function, because V8 allocates the context of a closure on entry to the function
  // around it.
  #checkLater(token: Promise<JWT | null>, plan: Plan, args: unknown, parent: unknown): Promise<JWT | null> {
    return token.then(
      (found) => found && this.#judge(plan, found, args, parent),
      (error: unknown) => {
        throw this.refusals().tell(error, null);
      },
    );
  }

  /** `check` without the microtask cache: a resolver may call it long after the guard. */
  checkAnew(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    this.#tokens.endMoment();
    return this.check(plan, args, parent);
  }

  /**
   * Starts the verification of the token that the plan needs. Returns `undefined` if nothing is
   * pending. Never throws and never rejects: `check` rejects an invalid token later.
   */
  prepare(plan: Plan): Promise<unknown> | undefined {
    try {
      const token = this.#tokens.find(plan);
      return isPromise(token) ? token.catch(() => undefined) : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The gate of one operation. On a connection, each operation looks up the rights again, but does
   * not verify the signature again.
   */
  operation(): RequestGate {
    const tokens = this.#tokens.ofOperation();
    return tokens === this.#tokens ? this : new RequestGate(this.#source, this.#services, tokens);
  }

  /**
   * Remembers that the client sent `value` and every object inside it, so that no rule accepts one
   * of them as the parent object.
   */
  distrust(value: unknown): void {
    const madeByClient = (this.#madeByClient ??= new WeakSet());
    for (const waiting = [value]; waiting.length > 0; ) {
      const one = waiting.pop();
      if (typeof one !== "object" || one === null || madeByClient.has(one)) continue;
      madeByClient.add(one);
      for (const inner of Object.values(one) as unknown[]) waiting.push(inner);
    }
  }

  /** Whether the client sent this object. */
  isMadeByClient(value: unknown): boolean {
    return (
      this.#madeByClient !== undefined && typeof value === "object" && value !== null && this.#madeByClient.has(value)
    );
  }

  /** Returns the token if its claims satisfy the plan. An error in the check rejects the token. */
  #judge(plan: Plan, token: JWT, args: unknown, parent: unknown): JWT {
    let refused: AuthError;
    try {
      const reason = plan.test(claimsOf(token), args, parent);
      if (reason === undefined) return token;
      refused = refusal(reason);
    } catch (cause) {
      refused = refusal("CLAIMS_INSUFFICIENT", cause);
    }
    throw this.refusals().tell(refused, token);
  }
}
