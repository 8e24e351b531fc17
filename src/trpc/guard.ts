/** The guard of tRPC: enforces plans before the resolver and on each event. */
import type { TRPCError, TRPCMiddlewareFunction } from "@trpc/server";
import { isAuthError } from "../core/errors.ts";
import { authIn } from "../core/request/auth-in.ts";
import { isTokenAmbient, runWithToken } from "../core/request/current-token.ts";
import type { RequestAuth } from "../core/request/request-auth.ts";
import type { RequestGate } from "../core/request/request-gate.ts";
import type { Plan } from "../core/rules/compile.ts";
import type { JWT } from "../core/tokens/token.ts";
import { isPromise, type MaybePromise } from "../core/util/promises/maybe-promise.ts";
import { refusalIn, toTRPCError } from "./errors.ts";
import { isSentLater, watchResult } from "./watch-result.ts";

type MiddlewareOptions = Parameters<TRPCMiddlewareFunction<object, unknown, object, object, unknown>>[0];
type MiddlewareResult = Awaited<ReturnType<TRPCMiddlewareFunction<object, object, object, object, unknown>>>;

const PLANS: unique symbol = Symbol("claimgate.plans") as never;

/**
 * Returns one guard that does the work of both. Returns `undefined` if the second is not a guard,
 * or is a guard of another token.
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
  /** The plans that it enforces, in this order. All of them read the same token. */
  readonly [PLANS]: readonly Plan[];
}

/** Makes the guard that enforces plans of one token, in their order. */
export function makeGuard(plans: readonly Plan[]): GuardMiddleware {
  const checkedKeys = topLevelKeys(plans);
  const only = plans.length === 1 ? plans[0] : undefined;
  const check = (gate: RequestGate, input: unknown): MaybePromise<JWT | null> =>
    only ? gate.check(only, input) : checkAll(gate, plans, input);

  const guard = (opts: MiddlewareOptions): Promise<MiddlewareResult> => {
    const auth = authOf(opts.ctx);
    const gate = auth["~gate"].operation();
    let token: MaybePromise<JWT | null>;
    try {
      token = check(gate, opts.input);
    } catch (error) {
      return refuse(gate, error);
    }
    return isPromise(token) ? admitLater(opts, auth, gate, token) : admit(opts, auth, gate, token);
  };

  const admitLater = (
    opts: MiddlewareOptions,
    auth: RequestAuth,
    gate: RequestGate,
    token: Promise<JWT | null>,
  ): Promise<MiddlewareResult> =>
    token.then(
      (found) => admit(opts, auth, gate, found),
      (error: unknown) => refuse(gate, error),
    );

  const admit = (
    opts: MiddlewareOptions,
    auth: RequestAuth,
    gate: RequestGate,
    token: JWT | null,
  ): Promise<MiddlewareResult> => {
    // tRPC copies the whole context for a middleware that changes it.
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
      recheck: () => check(gate, input),
      recheckInMs: () => gate.tokens().expiresInMs(token ? [token] : []),
      type,
      isServed: gate.isServed,
      signal,
    }),
  });

  return Object.defineProperty(guard, PLANS, { value: plans }) as GuardMiddleware;
}

/** Returns the token that satisfies all plans. Throws or rejects with a refusal. */
function checkAll(gate: RequestGate, plans: readonly Plan[], input: unknown, from = 0): MaybePromise<JWT | null> {
  let token: MaybePromise<JWT | null> = null;
  for (let i = from; i < plans.length; i++) {
    token = gate.check(plans[i] as Plan, input);
    if (isPromise(token) && i < plans.length - 1) return checkLater(token, gate, plans, input, i + 1);
  }
  return token;
}

// A separate function, because V8 allocates the context of a closure on entry to the function
// around it.
function checkLater(
  before: Promise<unknown>,
  gate: RequestGate,
  plans: readonly Plan[],
  input: unknown,
  from: number,
): Promise<JWT | null> {
  return before.then(() => checkAll(gate, plans, input, from));
}

/**
 * A middleware without a rule. It sets the code of the refusals that `ctx.auth.require` throws in a
 * resolver.
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
      "ctx.auth is missing, or claimgate did not create it. Pass createContext: createTRPCContext(auth) to the adapter, " +
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

/** The top-level keys of the input that the plans check; `"all"` if one checks the whole input. */
function topLevelKeys(plans: readonly Plan[]): readonly string[] | "all" | undefined {
  const paths = plans.flatMap((plan) => plan.argPaths);
  if (paths.length === 0) return undefined;
  return paths.some((path) => path.length === 0) ? "all" : paths.map((path) => path[0] as string);
}

function hideKeys(opts: MiddlewareOptions, keys: readonly string[] | "all"): () => Promise<unknown> {
  return async () => withoutKeys(await opts.getRawInput(), keys);
}

// Single keys of an input that is not a plain object, such as FormData, cannot be hidden.
function withoutKeys(raw: unknown, keys: readonly string[] | "all"): unknown {
  const isPlain =
    typeof raw === "object" && raw !== null && [Object.prototype, null].includes(Object.getPrototypeOf(raw));
  if (keys === "all" || !isPlain) return undefined;
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !keys.includes(key)));
}
