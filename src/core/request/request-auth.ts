/** `RequestAuth`, the `ctx.auth` of a request: who is calling, and whether they may. */
import { checkGiven, compileRule, type Plan } from "../rules/compile.ts";
import type { RuleFacts } from "../rules/decide.ts";
import type { Claims, Rule } from "../rules/rule.ts";
import type { JWT } from "../tokens/token.ts";
import type { RequestGate } from "./request-gate.ts";
import {
  type Deliver,
  type Delivered,
  loginHere,
  logoutHere,
  type RequestLoginOptions,
  type RequestLogoutOptions,
  type RequestRefreshOptions,
  refreshHere,
} from "./request-sessions.ts";
import { isOfAnyAuth } from "./request-tokens.ts";

/**
 * Types of later folders. `AuthManager` and `RequestAuth` mention each other, and imports lead one
 * way: `manager/manager.ts` declares the member.
 */
// oxlint-disable-next-line typescript/no-empty-interface, no-unused-vars
export interface LaterTypes<C> {}

/**
 * `ctx.auth` where no guard has verified a token: `await ctx.auth.authenticate()` gives the token.
 */
export interface UnguardedAuth<C = Claims> extends Omit<RequestAuth<C>, "token"> {}

/** The context of a request: `ctx.auth`, without the `token` that only a guard verifies. */
export interface AuthContext<C = Claims> {
  readonly auth: UnguardedAuth<C>;
}

/** Any context that holds `auth`, whatever its claims. */
export interface AnyAuthContext {
  readonly auth: { readonly manager: unknown; authenticate(): Promise<unknown> };
}

/**
 * The `auth` that a transport put into a context, also where it is of another copy of this package;
 * `undefined` where there is none.
 */
export function authIn(context: unknown): RequestAuth | undefined {
  const auth = (context as { auth?: RequestAuth } | null | undefined)?.auth;
  return auth?.["~gate"] ? auth : undefined;
}

const ANYONE: Plan = compileRule({ optional: true });

/**
 * The authentication of one request. Building it never throws and verifies nothing; the signature
 * is checked at most once, when something first asks, and what changes while a request lives (such
 * as `exp`) at every use.
 */
export class RequestAuth<C = Claims, T extends JWT<C> | null = JWT<C> | null> {
  readonly #manager: LaterTypes<C>["manager"];
  readonly #gate: RequestGate;
  readonly #seen: JWT | null | undefined;
  #admitted: JWT | undefined;

  /** @internal `seen` is the token a guard vouched for; undefined where none did. */
  constructor(manager: LaterTypes<C>["manager"], gate: RequestGate, seen?: JWT | null) {
    this.#manager = manager;
    this.#gate = gate;
    this.#seen = seen;
  }

  /** The manager, to issue tokens with. */
  get manager(): LaterTypes<C>["manager"] {
    return this.#manager;
  }

  /**
   * Behind a guard the token it let in. Elsewhere the auth token, if something verified it already
   * and it is still good, or `null`.
   */
  get token(): T {
    // T is null only where no guard has let anybody in: the guards' types see to that.
    return (this.#seen === undefined
      ? (this.#admitted ?? this.#gate.tokens().knownAuthToken)
      : this.#seen) as unknown as T;
  }

  /**
   * The verified auth token, or `null` where there is no token at all. Rejects with an `AuthError`
   * for a bad one.
   */
  async authenticate(): Promise<JWT<C> | null> {
    return this.#ask(ANYONE, {});
  }

  /**
   * The token, if it satisfies `rule` (without one: any valid auth token); `null` only under an
   * `optional` rule without a token. `facts` is what `args` and `parent` are held against. Rejects
   * with an `AuthError`, or a `TypeError` for a rule that means nothing.
   */
  require(rule: Rule<C> & { readonly optional: true }, facts?: RuleFacts): Promise<JWT<C> | null>;
  require(rule?: Rule<C>, facts?: RuleFacts): Promise<JWT<C>>;
  async require(rule?: Rule<C>, facts: RuleFacts = {}): Promise<JWT<C> | null> {
    checkGiven(arguments);
    return this.#ask(compileRule(rule), facts);
  }

  /**
   * Begins a session for the caller, after your own check of who that is. `deliver: "cookies"`
   * (default where the manager has `cookies`) sets both cookies and gives their expiries; `"body"`
   * gives the tokens. Rejects with an `AuthError` (also `CSRF_REJECTED`: cookies are set for this
   * site's own pages only), with `CookieError` where no cookie can reach the caller, and as the
   * manager's `login` does.
   */
  login<D extends Deliver | undefined = undefined>(
    subject: string | number,
    options: RequestLoginOptions<C, D> = {},
  ): Promise<Delivered<D>> {
    return loginHere(this.#gate, subject, options);
  }

  /**
   * New tokens for the request's refresh token, or for one that came in the input. Rejects as
   * `login` does. Where the token can never be valid again (expired, revoked, reused or malformed)
   * the cookies of its session are cleared; any other refusal clears none.
   */
  refresh<D extends Deliver | undefined = undefined>(options: RequestRefreshOptions<D> = {}): Promise<Delivered<D>> {
    return refreshHere(this.#gate, options);
  }

  /**
   * Ends the session of the request's token, expired or not, and clears the cookies, if they
   * brought it. Without a token it only clears them. Rejects with an `AuthError`:
   * `STORE_UNAVAILABLE` (nothing is cleared), `CSRF_REJECTED`, or a bad token in the header.
   */
  logout(options: RequestLogoutOptions = {}): Promise<void> {
    return logoutHere(this.#gate, options);
  }

  async #ask(plan: Plan, facts: RuleFacts): Promise<JWT<C> | null> {
    try {
      return (await this.#gate.checkAnew(plan, facts.args, facts.parent)) as JWT<C> | null;
    } catch (error) {
      throw this.#gate.refusals().describe(error);
    }
  }

  /** @internal For the transports. */
  get "~gate"(): RequestGate {
    return this.#gate;
  }

  /**
   * @internal Whether this shows exactly the token that a guard of `plan` admitted, as long as that
   * is valid.
   */
  "~shows"(plan: Plan, token: JWT | null): boolean {
    if (this.#seen !== undefined) return this.#seen === token;
    return token === null ? isOfAnyAuth(plan) : token.tokenType === "auth";
  }

  /**
   * @internal Whether this shows exactly the token that a guard of `plan` admitted, for as long as
   * a served request lives, so that nothing need be put in its place: the one auth token of the
   * request; or `null`, where a guard that looks everywhere found no auth token in the request.
   */
  "~admit"(gate: RequestGate, plan: Plan, token: JWT | null): boolean {
    if (gate !== this.#gate || !gate.isServed || !this["~shows"](plan, token)) return false;
    if (token === null || this.#seen !== undefined) return this.#admitted === undefined;
    this.#admitted ??= token;
    return this.#admitted === token;
  }

  /**
   * @internal The same caller, seen through `gate`, with the token that a guard vouches for, if one
   * does.
   */
  "~seenWith"(gate: RequestGate, token?: JWT | null): RequestAuth<C> {
    return new RequestAuth(this.#manager, gate, token);
  }
}
