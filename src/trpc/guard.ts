/** `requireToken`: the middleware that enforces a rule, before the resolver and while what it returned still streams. */
import type { TRPCError, TRPCMiddlewareFunction } from "@trpc/server";
import { isAuthError } from "../core/errors.ts";
import type { AuthManager } from "../core/manager/manager.ts";
import { isTokenAmbient, runWithToken } from "../core/request/current-token.ts";
import { type AnyAuthContext, type AuthContext, authIn, type RequestAuth } from "../core/request/request-auth.ts";
import type { RequestGate } from "../core/request/request-gate.ts";
import { argPaths, checkGiven, compileRule, type Plan } from "../core/rules/compile.ts";
import type { JWT } from "../core/tokens/token.ts";
import { isPromise, type MaybePromise } from "../core/util/maybe-promise.ts";
import type { CheckedInput, UnknownInput } from "./checked-input.ts";
import type { CheckedRule, SuggestedClaims, TRPCRule } from "./checked-rule.ts";
import { refusalIn, toTRPCError } from "./errors.ts";
import { isSentLater, watchResult } from "./watch-result.ts";

/** The claims that a context's manager describes. */
export type ClaimsOf<TContext> = TContext extends { auth: { readonly manager: AuthManager<infer C> } }
  ? C
  : Record<string, unknown>;

/** What a guard puts in place of the context's `auth`. */
export interface Guarded<C, R> {
  auth: RequestAuth<C, R extends { readonly optional: true } ? JWT<C> | null : JWT<C>>;
}

/**
 * A middleware for `.use()`, also one that is kept in a constant. The input of the procedure that
 * uses it must have the paths of the rule's `args`.
 */
export type RequireTokenMiddleware<R, TContext extends AnyAuthContext = AnyAuthContext> = <TInput>(opts: {
  readonly ctx: TContext;
  readonly input: TInput & CheckedInput<TInput, R>;
}) => GuardResult<TContext, R>;

/** A middleware made in the `.use()` of a procedure, whose input has checked the rule already. */
export type BoundMiddleware<R, TContext extends AnyAuthContext, TInput> = (opts: {
  readonly ctx: TContext;
  readonly input: TInput;
}) => GuardResult<TContext, R>;

/** The result of a middleware that guards with rule `R`. */
export type GuardResult<TContext, R> = ReturnType<
  TRPCMiddlewareFunction<object, object, object, Guarded<ClaimsOf<TContext>, R>, unknown>
>;

/** `requireToken`, whose rules may only name the claims `C`, with values that these can have. */
export interface RequireToken<C> {
  (): RequireTokenMiddleware<object, AuthContext<C>>;
  <const R extends TRPCRule, TInput = UnknownInput>(
    rule: CheckedRule<R, C, TInput>,
  ): [TInput] extends [UnknownInput]
    ? RequireTokenMiddleware<R, AuthContext<C>>
    : BoundMiddleware<R, AuthContext<C>, TInput>;
}

type MiddlewareOptions = Parameters<TRPCMiddlewareFunction<object, unknown, object, object, unknown>>[0];
type MiddlewareResult = Awaited<ReturnType<TRPCMiddlewareFunction<object, object, object, object, unknown>>>;

/**
 * A middleware that lets pass only who satisfies `rule`; without one, who has a valid auth token.
 * What `args` checked stays as it was: later `.input()` parsers no longer see those top-level keys.
 * Throws `TypeError` that names the key, when the router is built.
 */
export function requireToken<TContext extends AnyAuthContext = AnyAuthContext>(): RequireTokenMiddleware<
  object,
  TContext
>;
export function requireToken<
  const R extends TRPCRule,
  TContext extends AnyAuthContext = AnyAuthContext,
  TInput = UnknownInput,
>(
  rule: CheckedRule<R, SuggestedClaims<ClaimsOf<TContext>>, TInput>,
): [TInput] extends [UnknownInput] ? RequireTokenMiddleware<R, TContext> : BoundMiddleware<R, TContext, TInput>;
export function requireToken(rule?: TRPCRule): unknown {
  checkGiven(arguments);
  const plan = compileRule(rule, { refuse: { parent: "tRPC has no parent object" } });
  return makeGuard([plan]);
}

const PLANS: unique symbol = Symbol("claimgate.plans") as never;

/**
 * One middleware in place of the two guards, or `undefined` where they do not ask about the same
 * token, or the second is no guard of ours.
 */
export function mergeGuards(first: GuardMiddleware, second: unknown): GuardMiddleware | undefined {
  const before = first[PLANS];
  const after = (second as Partial<GuardMiddleware> | null | undefined)?.[PLANS];
  if (!after || [...before, ...after].some(({ slot }) => slot !== before[0]?.slot)) return undefined;
  return makeGuard([...before, ...after]);
}

/** A guard, as tRPC calls it. */
export interface GuardMiddleware {
  (opts: MiddlewareOptions): Promise<MiddlewareResult>;
  /** What it enforces, in this order: all of them ask about one token. */
  readonly [PLANS]: readonly Plan[];
}

function makeGuard(plans: readonly Plan[]): GuardMiddleware {
  const checkedKeys = topLevelKeys(plans);
  const guard = (opts: MiddlewareOptions): Promise<MiddlewareResult> => {
    const auth = authOf(opts.ctx);
    const gate = auth["~gate"].operation();
    let token: MaybePromise<JWT | null>;
    try {
      token = checkAll(gate, plans, opts.input);
    } catch (error) {
      return refuse(gate, error);
    }
    return isPromise(token) ? letInLater(opts, auth, gate, token) : letIn(opts, auth, gate, token);
  };

  const letInLater = (
    opts: MiddlewareOptions,
    auth: RequestAuth,
    gate: RequestGate,
    token: Promise<JWT | null>,
  ): Promise<MiddlewareResult> =>
    token.then(
      (found) => letIn(opts, auth, gate, found),
      (error: unknown) => refuse(gate, error),
    );

  const letIn = (
    opts: MiddlewareOptions,
    auth: RequestAuth,
    gate: RequestGate,
    token: JWT | null,
  ): Promise<MiddlewareResult> => {
    // tRPC copies the whole context for whoever changes it.
    const changed = auth["~admit"](gate, plans[0] as Plan, token)
      ? undefined
      : { ctx: { auth: auth["~seenWith"](gate, token) } };
    const given = checkedKeys === undefined ? changed : { ...changed, getRawInput: hideKeys(opts, checkedKeys) };
    const next = opts.next as (given: object | undefined) => Promise<MiddlewareResult>;
    const answered = isTokenAmbient() ? runWithToken(token, next, given) : next(given);
    return answered.then((result) => {
      if (!result.ok) return translateResult(result, gate);
      return isSentLater(result.data) ? watch(result, opts, gate, token) : result;
    });
  };

  const watch = (
    result: MiddlewareResult & { readonly ok: true },
    { input, type, signal }: MiddlewareOptions,
    gate: RequestGate,
    token: JWT | null,
  ): MiddlewareResult => ({
    ...result,
    data: watchResult(result.data, {
      token,
      recheck: () => checkAll(gate, plans, input),
      recheckInMs: () => gate.tokens().expiresInMs(token ? [token] : []),
      type,
      isServed: gate.isServed,
      signal,
    }),
  });

  return Object.defineProperty(guard, PLANS, { value: plans }) as GuardMiddleware;
}

/** The token that satisfies all plans. Throws or rejects with a refusal. */
function checkAll(gate: RequestGate, plans: readonly Plan[], input: unknown, from = 0): MaybePromise<JWT | null> {
  let token: MaybePromise<JWT | null> = null;
  for (let i = from; i < plans.length; i++) {
    token = gate.check(plans[i] as Plan, input);
    if (isPromise(token) && i < plans.length - 1) return token.then(() => checkAll(gate, plans, input, i + 1));
  }
  return token;
}

/**
 * A middleware that guards nothing, and gives the refusals of a resolver's own `ctx.auth.require`
 * their code.
 */
export function translateRefusals(opts: MiddlewareOptions): Promise<MiddlewareResult> {
  const auth = authOf(opts.ctx);
  const gate = auth["~gate"].operation();
  const isOwnOperation = gate === auth["~gate"];
  const result = isOwnOperation ? opts.next() : opts.next({ ctx: { auth: auth["~seenWith"](gate) } });
  return result.then((settled) => translateResult(settled, gate));
}

function authOf(ctx: unknown): RequestAuth {
  const auth = authIn(ctx);
  if (!auth)
    throw new TypeError(
      "ctx.auth is missing, or is not of claimgate. Pass createContext: createTRPCContext(auth) to the adapter, " +
        "or { auth: auth.forRequest(...) } to createCaller",
    );
  return auth;
}

function refuse(gate: RequestGate, error: unknown): never {
  if (isAuthError(error)) gate.refusals().challenge(error);
  throw toTRPCError(error);
}

function translateResult(result: MiddlewareResult, gate: RequestGate): MiddlewareResult {
  if (result.ok) return result;
  const refused = refusalIn(result.error);
  if (!refused) return result;
  gate.refusals().challenge(refused);
  return { ...result, error: toTRPCError(refused) as TRPCError };
}

/** The input's keys that the plans check; `"all"` where it checks the whole of it. */
function topLevelKeys(plans: readonly Plan[]): readonly string[] | "all" | undefined {
  const paths = plans.flatMap(argPaths);
  if (paths.length === 0) return undefined;
  return paths.some((path) => path.length === 0) ? "all" : paths.map((path) => path[0] as string);
}

function hideKeys(opts: MiddlewareOptions, keys: readonly string[] | "all"): () => Promise<unknown> {
  return async () => withoutKeys(await opts.getRawInput(), keys);
}

// What is no plain object, such as FormData, is hidden altogether: it cannot be shown in part.
function withoutKeys(raw: unknown, keys: readonly string[] | "all"): unknown {
  const isPlain =
    typeof raw === "object" && raw !== null && [Object.prototype, null].includes(Object.getPrototypeOf(raw));
  if (keys === "all" || !isPlain) return undefined;
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !keys.includes(key)));
}
