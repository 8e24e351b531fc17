/** `requireToken`: the middleware that enforces a rule, and its types. */
import type { TRPCMiddlewareFunction } from "@trpc/server";
import type { AuthManager } from "../core/manager/manager.ts";
import type { AnyAuthContext, AuthContext, RequestAuth } from "../core/request/request-auth.ts";
import { checkGiven, compileRule } from "../core/rules/compile.ts";
import type { JWT } from "../core/tokens/token.ts";
import type { CheckedInput, UnknownInput } from "./checked-input.ts";
import type { CheckedRule, SuggestedClaims, TRPCRule } from "./checked-rule.ts";
import { makeGuard } from "./guard.ts";

/** The type of the claims of the manager in a context. */
export type ClaimsOf<TContext> = TContext extends { auth: { readonly manager: AuthManager<infer C> } }
  ? C
  : Record<string, unknown>;

/**
 * The part of the context that a guard replaces: `auth`, with the token that the guard admitted.
 */
export interface Guarded<C, R> {
  /** The authentication of the request; under an optional rule `token` may be `null`. */
  auth: RequestAuth<C, TokenUnder<R, C>>;
}

// A rule whose `optional` is not known is like an optional one. Distributes over alternative rules.
type TokenUnder<R, C> = R extends unknown ? (true extends R[keyof R & "optional"] ? JWT<C> | null : JWT<C>) : never;

/**
 * A middleware of `requireToken` that any procedure can use, for example one in a constant. The
 * input of the procedure must have the paths of the rule's `args`.
 */
export type RequireTokenMiddleware<R, TContext extends AnyAuthContext = AnyAuthContext> = <TInput>(opts: {
  readonly ctx: TContext;
  readonly input: TInput & CheckedInput<TInput, R>;
}) => GuardResult<TContext, R>;

/** A middleware of a `requireToken` inside `.use()`, which has checked the paths of `args`. */
export type BoundMiddleware<R, TContext extends AnyAuthContext, TInput> = (opts: {
  readonly ctx: TContext;
  readonly input: TInput;
}) => GuardResult<TContext, R>;

/** The middleware for the procedure in whose `.use()` the call is; elsewhere for any procedure. */
export type MiddlewareFor<R, TContext extends AnyAuthContext, TInput> = [TInput] extends [UnknownInput]
  ? RequireTokenMiddleware<R, TContext>
  : BoundMiddleware<R, TContext, TInput>;

/** The result of a middleware that enforces rule `R`. */
export type GuardResult<TContext, R> = ReturnType<
  TRPCMiddlewareFunction<object, object, object, Guarded<ClaimsOf<TContext>, R>, unknown>
>;

/**
 * `requireToken`, typed by the claims `C` of a context. A rule does not compile if it names another
 * claim, or requires a value that the schema does not allow.
 *
 * @throws `TypeError` for an invalid rule, when the router is built; the message names the key.
 * @throws `TRPCError` in a call that the middleware rejects; its `cause` is an `AuthError`.
 * @see {@link requireToken}
 */
export interface RequireToken<C> {
  /**
   * Creates a middleware for `.use()` that requires a valid auth token.
   *
   * @throws `TypeError` for the argument `undefined`, such as a misspelt property that should hold
   *   the rule.
   * @throws `TRPCError` in a call that the middleware rejects; its `cause` is an `AuthError`.
   * @throws `TRPCError` `INTERNAL_SERVER_ERROR` in a call whose context has no `auth`.
   * @example
   * ```ts
   * const me = t.procedure.use(requireToken()).query(({ ctx }) => ctx.auth.token.sub);
   * ```
   */
  (): RequireTokenMiddleware<object, AuthContext<C>>;
  /**
   * Creates a middleware for `.use()` that enforces `rule`. Call `.input()` before it, if the rule
   * has `args`.
   *
   * @throws `TypeError` for an invalid rule, when the router is built; the message names the key.
   * @throws `TRPCError` in a call that the middleware rejects; its `cause` is an `AuthError`.
   * @throws `TRPCError` `INTERNAL_SERVER_ERROR` in a call whose context has no `auth`.
   * @example
   * ```ts
   * const { protectedProcedure, requireToken } = authProcedures(t.procedure);
   * const stats = protectedProcedure
   *   .use(requireToken({ claims: { plan: "pro" } }))
   *   .query(() => 42);
   * ```
   */
  <const R extends TRPCRule, TInput = UnknownInput>(
    rule: CheckedRule<R, C, TInput>,
  ): MiddlewareFor<R, AuthContext<C>, TInput>;
}

/**
 * Creates a middleware for `.use()` that requires a valid auth token. Behind it `ctx.auth.token` is
 * the verified token.
 *
 * @throws `TypeError` for the argument `undefined`, such as a misspelt property that
 *   should hold the rule.
 * @throws `TRPCError` in a call that the middleware rejects; its `cause` is an `AuthError`.
 * @throws `TRPCError` `INTERNAL_SERVER_ERROR` in a call whose context has no `auth`.
 * @example
 * ```ts
 * const me = t.procedure.use(requireToken()).query(({ ctx }) => ctx.auth.token.sub);
 * ```
 */
export function requireToken<TContext extends AnyAuthContext = AnyAuthContext>(): RequireTokenMiddleware<
  object,
  TContext
>;
/**
 * Creates a middleware for `.use()` that enforces `rule`. Behind it `ctx.auth.token` is the
 * verified token.
 *
 * `args` compare claims with the parsed input, so call `.input()` first. Later `.input()` parsers
 * no longer see the top-level keys that `args` have checked.
 *
 * `authProcedures` returns a `requireToken` with which the compiler also checks claims.
 *
 * @throws `TypeError` for an invalid rule, when the router is built; the message names the key.
 * @throws `TRPCError` in a call that the middleware rejects; its `cause` is an `AuthError`.
 * @throws `TRPCError` `INTERNAL_SERVER_ERROR` in a call whose context has no `auth`.
 * @see RFC 6749, section 3.3, for `scope`
 * @example
 * ```ts
 * const user = protectedProcedure
 *   .input(z.object({ id: z.string() }))
 *   .use(requireToken({ args: { sub: "id" }, override: { admin: true } }))
 *   .query(({ input }) => findUser(input.id));
 * ```
 */
export function requireToken<
  const R extends TRPCRule,
  TContext extends AnyAuthContext = AnyAuthContext,
  TInput = UnknownInput,
>(rule: CheckedRule<R, SuggestedClaims<ClaimsOf<TContext>>, TInput>): MiddlewareFor<R, TContext, TInput>;
export function requireToken(rule?: unknown): unknown {
  checkGiven(arguments);
  const plan = compileRule(rule as TRPCRule | undefined, {
    refuse: { parent: "cannot be used in tRPC, which has no parent object: use args" },
  });
  return makeGuard([plan]);
}
