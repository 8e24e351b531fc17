/** `RequestAuth`, the `ctx.auth` of a request: its token, its rules and its session. */
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
 * Types of later folders. `AuthManager` and `RequestAuth` mention each other, but imports go one
 * way: `manager/manager.ts` declares the member.
 */
// oxlint-disable-next-line typescript/no-empty-interface, no-unused-vars
export interface LaterTypes<C> {}

/**
 * `ctx.auth` where no guard has verified a token. `await ctx.auth.authenticate()` returns the
 * token.
 */
export interface UnguardedAuth<C = Claims> extends Omit<RequestAuth<C>, "token"> {}

/**
 * The context of a request: `ctx.auth` without `token`, which only a guard provides. `C` are the
 * claims of the manager.
 *
 * @example
 * ```ts
 * const t = initTRPC.context<AuthContext<InferClaims<typeof auth>>>().create();
 * ```
 */
export interface AuthContext<C = Claims> {
  readonly auth: UnguardedAuth<C>;
}

/** A context with `auth`, for claims of any type. */
export interface AnyAuthContext {
  readonly auth: { readonly manager: unknown; authenticate(): Promise<unknown> };
}

/**
 * The `auth` that a transport put into a context, also that of another copy of this package.
 * Returns `undefined` for any other context.
 */
export function authIn(context: unknown): RequestAuth | undefined {
  const auth = (context as { auth?: RequestAuth } | null | undefined)?.auth;
  return auth?.["~gate"] ? auth : undefined;
}

const ANYONE: Plan = compileRule({ optional: true });

/**
 * The authentication of one request. Its construction never throws and verifies nothing. The first
 * use checks the signature, once for the request. Every use checks the rest, such as `exp`.
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
   * The token that the guard admitted; `null` for an anonymous caller. Without a guard: the auth
   * token if it is verified already and still valid, otherwise `null`.
   */
  get token(): T {
    // The types of the guards ensure that T is `null` only where no guard has admitted a token.
    return (this.#seen === undefined
      ? (this.#admitted ?? this.#gate.tokens().knownAuthToken)
      : this.#seen) as unknown as T;
  }

  /**
   * Returns the verified auth token, or `null` for a request without a token.
   *
   * @throws {AuthError} for an invalid token; a missing token is not an error.
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
   * Returns the token, or `null` for a request without a token.
   *
   * @throws {AuthError} for an invalid token.
   * @throws {TypeError} for an invalid rule; the message names the key.
   */
  require(rule: Rule<C> & { readonly optional: true }, facts?: RuleFacts): Promise<JWT<C> | null>;
  /**
   * Returns the token if it satisfies `rule`; without a rule any valid auth token. The rule
   * compares `args` and `parent` with the values of `facts`.
   *
   * @throws {AuthError} for a missing or invalid token, or one that does not satisfy the rule.
   * @throws {TypeError} for an invalid rule; the message names the key.
   * @example
   * ```ts
   * await ctx.auth.require({ args: { sub: "owner" } }, { args: { owner: post.authorId } });
   * ```
   */
  require(rule?: Rule<C>, facts?: RuleFacts): Promise<JWT<C>>;
  async require(rule?: Rule<C>, facts: RuleFacts = {}): Promise<JWT<C> | null> {
    checkGiven(arguments);
    return this.#ask(compileRule(rule), facts);
  }

  /**
   * Begins a session for `subject`. Check the password, or any other proof, before the call.
   * `deliver: "cookies"` sets both cookies and returns their expiries. `"body"` returns the tokens.
   *
   * @throws {AuthError} `CSRF_REJECTED` for cookies of a request of another site;
   *   `STORE_UNAVAILABLE` where the session store fails.
   * @throws {CookieError} where no cookie can reach the caller, or a token is too large for one.
   * @throws {MissingConfigError} where the manager has no `sessions`, or `"cookies"` has no
   *   `cookies`.
   * @throws {TypeError} for an invalid option.
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
   * Returns new tokens for the refresh token of the request, or for `token` of the options. If the
   * token can never be valid again, the response clears the cookies of its session. That is a token
   * that is expired, revoked, reused or malformed. Any other refusal clears no cookie.
   *
   * @throws {AuthError} for a missing or invalid refresh token, and as `login` does.
   * @throws {CookieError} as `login` does.
   * @throws {MissingConfigError} as `login` does.
   * @throws {TypeError} for an invalid option.
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
   * Ends the session of the request's token, also of an expired one. It clears the cookies if they
   * carried the token. Without a token it only clears the cookies.
   *
   * @throws {AuthError} `STORE_UNAVAILABLE`, which clears no cookie; `CSRF_REJECTED`;
   *   `CREDENTIALS_AMBIGUOUS` for more than 32 tokens; the reason of an invalid token in the
   *   header.
   * @throws {CookieError} as `login` does.
   * @throws {MissingConfigError} as `login` does.
   * @throws {TypeError} for an invalid option.
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

  /** @internal Whether `token` is the token that a guard of `plan` admitted, while it is valid. */
  "~shows"(plan: Plan, token: JWT | null): boolean {
    if (this.#seen !== undefined) return this.#seen === token;
    return token === null ? isOfAnyAuth(plan) : token.tokenType === "auth";
  }

  /**
   * @internal Whether `token` equals the token that a guard of `plan` admitted, for the whole of a
   * served request. Then the guard need not replace `ctx.auth`. It is the only auth token of the
   * request, or `null` where a guard of every location found none.
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
