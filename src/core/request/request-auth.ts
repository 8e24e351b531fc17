/** `RequestAuth`, the `ctx.auth` of a request: its token, its rules and its session. */
import { checkGiven, compileRule, type Plan } from "../rules/compile.ts";
import type { Claims, ExactRule, Rule, RuleFacts } from "../rules/rule.ts";
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
 * The type of the manager, which `manager/manager.ts` adds. `AuthManager` and `RequestAuth` mention
 * each other, but this file must not import that one.
 */
// oxlint-disable-next-line typescript/no-empty-interface, no-unused-vars
export interface LaterTypes<C> {}

/**
 * `ctx.auth` without the member `token`, because no guard has verified a token. `await
 * ctx.auth.authenticate()` returns the token.
 */
export interface UnguardedAuth<C = Claims> extends Omit<RequestAuth<C>, "token"> {}

/**
 * The context of a request. Its `auth` has no member `token`, which only a guard adds. `C` is the
 * type of the manager's claims.
 *
 * @example
 * ```ts
 * const t = initTRPC.context<AuthContext<InferClaims<typeof auth>>>().create();
 * ```
 */
export interface AuthContext<C = Claims> {
  /** The authentication of the request. */
  readonly auth: UnguardedAuth<C>;
}

/** A context with `auth`, for a manager with any claims. */
export interface AnyAuthContext {
  /** The authentication of the request. */
  readonly auth: { readonly manager: unknown; authenticate(): Promise<unknown> };
}

const ANYONE: Plan = /* @__PURE__ */ compileRule({ optional: true });

/**
 * The authentication of one request. Its construction never throws and verifies nothing. The first
 * use verifies the signature, once for the request. Every use checks `exp`, the key and the
 * session.
 *
 * `createTRPCContext`, `createGraphQLContext`, `useAuth` and `auth.forRequest(...)` create it.
 */
export class RequestAuth<C = Claims, T extends JWT<C> | null = JWT<C> | null> {
  readonly #manager: LaterTypes<C>["manager"];
  readonly #gate: RequestGate;
  readonly #seen: JWT | null | undefined;
  #admitted: JWT | undefined;

  /** @internal `seen` is the token that a guard admitted; `undefined` without a guard. */
  constructor(manager: LaterTypes<C>["manager"], gate: RequestGate, seen?: JWT | null) {
    this.#manager = manager;
    this.#gate = gate;
    this.#seen = seen;
  }

  /** The manager, for example to issue tokens. */
  get manager(): LaterTypes<C>["manager"] {
    return this.#manager;
  }

  /**
   * The token that the guard admitted, or `null` for an anonymous caller. Without a guard it is the
   * auth token if that is already verified and still valid, otherwise `null`.
   */
  get token(): T {
    // The types of the guards exclude `null` from T only behind a guard that requires a token.
    return (this.#seen === undefined
      ? (this.#admitted ?? this.#gate.tokens().knownAuthToken)
      : this.#seen) as unknown as T;
  }

  /**
   * Returns the verified auth token, or `null` for a request without a token.
   *
   * @throws `AuthError` for a token that is invalid or cannot be verified, for ambiguous
   *   credentials, and for a cookie in a request from another site. A missing token is accepted.
   * @throws `MissingSignerError` before `init` of the manager.
   * @example
   * ```ts
   * const token = await ctx.auth.authenticate();
   * return token ? `user ${token.sub}` : "anonymous";
   * ```
   */
  async authenticate(): Promise<JWT<C> | null> {
    return this.#ask(ANYONE, {});
  }

  /**
   * Returns the token if it satisfies `rule`. Without a rule, any valid auth token is enough. With
   * `optional: true`, returns `null` for a request without a token. The rule's `args` and `parent`
   * read the values of `facts`.
   *
   * @throws `AuthError` for a missing token, for one that does not satisfy the rule, and as
   *   `authenticate` does.
   * @throws `MissingSignerError` before `init` of the manager.
   * @throws `TypeError` for an invalid rule; the message names the key.
   * @example
   * ```ts
   * await ctx.auth.require({ args: { sub: "owner" } }, { args: { owner: post.authorId } });
   * ```
   */
  require<const R extends Rule<C> = Rule<C>>(
    rule?: ExactRule<R, C>,
    facts?: RuleFacts,
  ): Promise<R extends { readonly optional: true } ? JWT<C> | null : JWT<C>>;
  async require(rule?: unknown, facts: RuleFacts = {}): Promise<JWT<C> | null> {
    checkGiven(arguments);
    return this.#ask(compileRule(rule as Rule | undefined), facts);
  }

  /**
   * Begins a session for `subject`. Check the password, or any other proof, before the call.
   * `deliver: "cookies"` sets both cookies and returns their expiries. `"body"` returns the tokens.
   *
   * @throws `AuthError` `CSRF_REJECTED` if another site asks for cookies.
   * @throws `AuthError` `TOKEN_REVOKED` if `authorize` returns `null`.
   * @throws `AuthError` `CLAIM_INVALID` if the claims do not match `claimsSchema`.
   * @throws `AuthError` `STORE_UNAVAILABLE` if the session store or `authorize` fails.
   * @throws `AuthError` `KEYS_UNAVAILABLE` if the loader of the keys fails.
   * @throws `CookieError` if no cookie can reach the caller, or a token is too large for a cookie.
   * @throws `MissingConfigError` if the manager lacks `sessions`, or lacks `cookies` for
   *   `deliver: "cookies"`.
   * @throws `MissingSignerError` before `init` of the manager, or if it has no signing key.
   * @throws `TypeError` for an invalid subject or option.
   * @example
   * ```ts
   * const login = publicProcedure.input(credentials).mutation(async ({ ctx, input }) => {
   *   const user = await checkPassword(input);
   *   return ctx.auth.login(user.id);
   * });
   * ```
   */
  login<D extends Deliver | undefined = undefined>(
    subject: string | number,
    options: RequestLoginOptions<C, D> = {},
  ): Promise<Delivered<D>> {
    return loginHere(this.#gate, subject, options);
  }

  /**
   * Returns new tokens for the refresh token of the request, or for the option `token`.
   *
   * If a refresh token in a cookie can never be valid again, the response clears the cookies of its
   * session. Such a token is expired, revoked, reused or malformed. Without a refresh token, the
   * response clears an expired auth cookie. Any other refusal clears no cookie.
   *
   * @throws `AuthError` for a missing, invalid or ambiguous refresh token, and as `login` does.
   * @throws `CookieError` as `login` does.
   * @throws `MissingConfigError` as `login` does.
   * @throws `MissingSignerError` as `login` does.
   * @throws `TypeError` for an invalid option.
   * @see RFC 9700, section 4.14.2
   * @example
   * ```ts
   * const refresh = publicProcedure.mutation(({ ctx }) => ctx.auth.refresh());
   * ```
   */
  refresh<D extends Deliver | undefined = undefined>(options: RequestRefreshOptions<D> = {}): Promise<Delivered<D>> {
    return refreshHere(this.#gate, options);
  }

  /**
   * Ends the session of the request's token, even of an expired token. A token in the header leaves
   * the cookies unchanged. Otherwise the response clears the cookies, also without a token.
   *
   * @throws `AuthError` `STORE_UNAVAILABLE` or `KEYS_UNAVAILABLE`, which clear no cookie.
   * @throws `AuthError` `CSRF_REJECTED` for cookies in a request from another site.
   * @throws `AuthError` `CREDENTIALS_AMBIGUOUS` for different headers, or for more than 32 cookies
   *   of one type.
   * @throws `AuthError` for an invalid token in the header, with the reason of the fault.
   * @throws `CookieError` as `login` does.
   * @throws `MissingConfigError` if the manager lacks `cookies` for `deliver: "cookies"`, or lacks
   *   `sessions` and the request has a token.
   * @throws `MissingSignerError` before `init` of the manager.
   * @throws `TypeError` for an invalid option.
   * @example
   * ```ts
   * const logout = publicProcedure.mutation(({ ctx }) => ctx.auth.logout());
   * ```
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

  /** @internal Whether `this.token` is the valid `token`, which a guard of `plan` admitted. */
  "~shows"(plan: Plan, token: JWT | null): boolean {
    if (this.#seen !== undefined) return this.#seen === token;
    return token === null ? isOfAnyAuth(plan) : token.tokenType === "auth";
  }

  /**
   * @internal Whether `this.token` stays the `token` that a guard of `plan` admitted, until the end
   * of a served request. If not, the guard must replace `ctx.auth`. The first auth token is
   * remembered, so that another one cannot take its place.
   */
  "~admit"(gate: RequestGate, plan: Plan, token: JWT | null): boolean {
    if (gate !== this.#gate || !gate.isServed || !this["~shows"](plan, token)) return false;
    if (token === null || this.#seen !== undefined) return this.#admitted === undefined;
    this.#admitted ??= token;
    return this.#admitted === token;
  }

  /** @internal A view of the same request through `gate`, with the token that a guard admitted. */
  "~seenWith"(gate: RequestGate, token?: JWT | null): RequestAuth<C> {
    return new RequestAuth(this.#manager, gate, token);
  }
}
