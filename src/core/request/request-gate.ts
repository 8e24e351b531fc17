/** The inside of a `RequestAuth`: decides plans by the request's token. Both transports call it. */
import { type AuthError, CookieError, refusal } from "../errors.ts";
import type { RequestSource } from "../exchange/request-source.ts";
import type { ResponseWriter } from "../exchange/response-writer.ts";
import type { Plan } from "../rules/compile.ts";
import { decide } from "../rules/decide.ts";
import type { LazyServices, Services } from "../services.ts";
import type { JWT } from "../tokens/token.ts";
import { isPromise, type MaybePromise } from "../util/maybe-promise.ts";
import { Refusals } from "./refusals.ts";
import { RequestTokens } from "./request-tokens.ts";

/**
 * Decides for one request, or for one operation of a connection. Building one verifies nothing and
 * never throws.
 */
export class RequestGate {
  readonly #source: RequestSource;
  readonly #services: LazyServices;
  readonly #tokens: RequestTokens;
  #refusals: Refusals | undefined;
  #madeByClient: WeakSet<object> | undefined;

  /** `tokens` are those of an operation of a connection; default: those of the request itself. */
  constructor(
    source: RequestSource,
    services: LazyServices,
    tokens: RequestTokens = new RequestTokens(source, services),
  ) {
    this.#source = source;
    this.#services = services;
    this.#tokens = tokens;
  }

  /** The manager's parts. Throws `MissingSignerError` where it is not configured. */
  get services(): Services {
    return this.#services.open();
  }

  /** The tokens of the request. A method, since inspectors show the values of getters. */
  tokens(): RequestTokens {
    return this.#tokens;
  }

  /** Writes the request's refusals. */
  refusals(): Refusals {
    return (this.#refusals ??= new Refusals(this.#source, this.#services));
  }

  /** The response, where it can be written to. */
  get response(): ResponseWriter | undefined {
    return this.#source.response;
  }

  /** The error of a call that needs cookies, or `undefined` where cookies reach the caller. */
  cookieError(): CookieError | undefined {
    const { response, responseRemedy = 'Call it with deliver: "body"' } = this.#source;
    const why = response?.whyNoCookies();
    if (response) return why === undefined ? undefined : new CookieError(why);
    return this.#source.isConnection || this.#source.isUpgrade
      ? new CookieError("a WebSocket has no response that could set them", 'Call it over HTTP, or with deliver: "body"')
      : new CookieError("the request has no response that could set them", responseRemedy);
  }

  /** Whether a server sends what the request is answered with, streams of every kind included. */
  get isServed(): boolean {
    return this.#source.isServed;
  }

  /**
   * The token that satisfies `plan`, at once where nothing must be waited for; `null` only where
   * the plan is optional. Throws or rejects with a refusal. `args` and `parent` are what the plan's
   * are held against.
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

  // A function of its own, as all that make closures are: V8 makes room for what a closure holds on
  // the way into the function around it.
  #checkLater(token: Promise<JWT | null>, plan: Plan, args: unknown, parent: unknown): Promise<JWT | null> {
    return token.then(
      (found) => found && this.#judge(plan, found, args, parent),
      (error: unknown) => {
        throw this.refusals().tell(error, null);
      },
    );
  }

  /** `check`, by what is true now, however much time a resolver has taken since a guard asked. */
  checkAnew(plan: Plan, args?: unknown, parent?: unknown): MaybePromise<JWT | null> {
    this.#tokens.endMoment();
    return this.check(plan, args, parent);
  }

  /**
   * Has what a plan will ask for found out; `undefined` where nothing has to be waited for. Never
   * throws, never rejects: who is to be refused is refused when asked for.
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
   * The gate of one operation: on a connection rights are looked up anew for each, while no
   * signature is checked again.
   */
  operation(): RequestGate {
    const tokens = this.#tokens.ofOperation();
    return tokens === this.#tokens ? this : new RequestGate(this.#source, this.#services, tokens);
  }

  /**
   * Remembers that `value`, and every object inside it, is what the client sent: no fact about
   * anything.
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

  /** Whether the client sent this very object. */
  isMadeByClient(value: unknown): boolean {
    return (
      this.#madeByClient !== undefined && typeof value === "object" && value !== null && this.#madeByClient.has(value)
    );
  }

  /** The token, unless its claims do not satisfy the plan. A check that throws denies. */
  #judge(plan: Plan, token: JWT, args: unknown, parent: unknown): JWT {
    let refused: AuthError;
    try {
      const reason = decide(plan, token["~content"]?.claims ?? token.claims, args, parent);
      if (reason === undefined) return token;
      refused = refusal(reason);
    } catch (cause) {
      refused = refusal("CLAIMS_INSUFFICIENT", cause);
    }
    throw this.refusals().tell(refused, token);
  }
}
