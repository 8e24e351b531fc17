/** `requireToken`: the middleware that enforces a rule, before the resolver and while what it returned still streams. */
import type { TRPCError, TRPCMiddlewareFunction } from "@trpc/server";
import { runWithToken } from "../core/current-token.ts";
import { isAuthError } from "../core/errors.ts";
import type { AuthManager } from "../core/manager.ts";
import { type AnyAuthContext, authIn, type RequestAuth } from "../core/request-auth.ts";
import type { RequestGate } from "../core/request-gate.ts";
import { argPaths, checkGiven, compileRule, type Plan } from "../core/rules/compile.ts";
import type { NoOtherKeys, Rule, RuleBranch } from "../core/rules/rule.ts";
import type { JWT } from "../core/token.ts";
import type { CheckedInput } from "./checked-input.ts";
import { refusalIn, toTRPCError } from "./errors.ts";
import { watchResult } from "./watch-result.ts";

/** A branch of a rule in tRPC, where there is no parent object. */
export type TRPCRuleBranch = Omit<RuleBranch, "parent">;

/** A rule in tRPC, where there is no parent object. */
export type TRPCRule = Omit<Rule, "parent" | "anyOf"> & { readonly anyOf?: readonly TRPCRuleBranch[] };

/** The claims that a context's manager describes. */
export type ClaimsOf<TContext> = TContext extends { auth: { readonly manager: AuthManager<infer C> } }
  ? C
  : Record<string, unknown>;

/** What a guard puts in place of the context's `auth`. */
export interface Guarded<C, R> {
  auth: RequestAuth<C, R extends { readonly optional: true } ? JWT<C> | null : JWT<C>>;
}

/** A middleware for `.use()`, whose rule's `args` paths are checked against the input parsed before it. */
export type RequireTokenMiddleware<R, TContext extends AnyAuthContext = AnyAuthContext> = <TInput>(opts: {
  readonly ctx: TContext;
  readonly input: TInput & CheckedInput<TInput, R>;
}) => ReturnType<TRPCMiddlewareFunction<object, object, object, Guarded<ClaimsOf<TContext>, R>, unknown>>;

type MiddlewareOptions = Parameters<TRPCMiddlewareFunction<object, unknown, object, object, unknown>>[0];
type MiddlewareResult = Awaited<ReturnType<TRPCMiddlewareFunction<object, object, object, object, unknown>>>;

/**
 * A middleware that lets pass only who satisfies `rule`; without one, who has a valid auth token. What `args` checked stays as it was:
 * later `.input()` parsers no longer see those top-level keys. Throws `TypeError` that names the key, when the router is built.
 */
export function requireToken<const R extends TRPCRule = object, TContext extends AnyAuthContext = AnyAuthContext>(
  rule?: R & NoOtherKeys<R, TRPCRule>,
): RequireTokenMiddleware<R, TContext> {
  checkGiven(arguments);
  const plan = compileRule(rule, { refuse: { parent: "tRPC has no parent object" } });
  const checkedKeys = topLevelKeys(plan);
  const guard = async (opts: MiddlewareOptions): Promise<MiddlewareResult> => {
    const auth = authOf(opts.ctx);
    const gate = auth["~gate"].operation();
    const check = (): unknown => gate.check(plan, { args: opts.input });
    const token = await refusing(gate, check);
    const result = await runWithToken(token as JWT | null, () =>
      (opts.next as (next: object) => Promise<MiddlewareResult>)({
        ctx: { auth: auth["~seenWith"](gate, token as JWT | null) },
        ...(checkedKeys === undefined
          ? {}
          : { getRawInput: async () => withoutKeys(await opts.getRawInput(), checkedKeys) }),
      }),
    );
    if (!result.ok) return translateResult(result, gate);
    const data = watchResult(result.data, {
      token: token as JWT | null,
      recheck: check,
      recheckInMs: () => gate.expiresInMs(token ? [token as JWT] : []),
      type: opts.type,
      isServed: gate.isServed,
      signal: opts.signal,
    });
    return data === result.data ? result : { ...result, data };
  };
  // Only here do the rule's types meet the middleware's, which tRPC infers from what it is used on.
  return guard as unknown as RequireTokenMiddleware<R, TContext>;
}

/** A middleware that guards nothing, and gives the refusals of a resolver's own `ctx.auth.require` their code. */
export async function translateRefusals(opts: MiddlewareOptions): Promise<MiddlewareResult> {
  const auth = authOf(opts.ctx);
  const gate = auth["~gate"].operation();
  const isOwnOperation = gate === auth["~gate"];
  const result = isOwnOperation ? await opts.next() : await opts.next({ ctx: { auth: auth["~seenWith"](gate) } });
  return translateResult(result, gate);
}

function authOf(ctx: unknown): RequestAuth {
  const auth = authIn(ctx);
  if (!auth)
    throw new TypeError(
      "The context has no auth: build it with createTRPCContext, or give auth.forRequest(...) to the caller",
    );
  return auth;
}

async function refusing(gate: RequestGate, check: () => unknown): Promise<unknown> {
  try {
    return await check();
  } catch (error) {
    if (isAuthError(error)) gate.challenge(error);
    throw toTRPCError(error);
  }
}

function translateResult(result: MiddlewareResult, gate: RequestGate): MiddlewareResult {
  if (result.ok) return result;
  const refused = refusalIn(result.error);
  if (!refused) return result;
  gate.challenge(refused);
  return { ...result, error: toTRPCError(refused) as TRPCError };
}

/** The input's keys that a plan checks; `"all"` where it checks the whole of it. */
function topLevelKeys(plan: Plan): readonly string[] | "all" | undefined {
  const paths = argPaths(plan);
  if (paths.length === 0) return undefined;
  return paths.some((path) => path.length === 0) ? "all" : paths.map((path) => path[0] as string);
}

// What is no plain object, such as FormData, is hidden altogether: it cannot be shown in part.
function withoutKeys(raw: unknown, keys: readonly string[] | "all"): unknown {
  const isPlain =
    typeof raw === "object" && raw !== null && [Object.prototype, null].includes(Object.getPrototypeOf(raw));
  if (keys === "all" || !isPlain) return undefined;
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !keys.includes(key)));
}
