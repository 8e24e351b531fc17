/** Enforces guards where GraphQL resolves: synchronously where the decision is known already. */
import type { GraphQLFieldResolver, GraphQLResolveInfo, GraphQLTypeResolver } from "graphql";
import { defaultFieldResolver, defaultTypeResolver } from "graphql";
import { isAuthError } from "../../core/errors.ts";
import { isTokenAmbient, runWithToken } from "../../core/request/current-token.ts";
import { guardStream } from "../../core/request/guarded-stream.ts";
import { authIn, type RequestAuth } from "../../core/request/request-auth.ts";
import type { RequestGate } from "../../core/request/request-gate.ts";
import type { JWT } from "../../core/tokens/token.ts";
import { andThen, isAsyncIterable, isPromise, type MaybePromise } from "../../core/util/maybe-promise.ts";
import { refusalMark, toGraphQLError } from "../errors.ts";
import { type Guard, markGuards } from "../guard.ts";
import { type GuardSet, isPassed, markPassed } from "./guard-set.ts";
import { reportMisuse } from "./report-misuse.ts";

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type TypeResolver = GraphQLTypeResolver<unknown, unknown>;

type Arguments = Parameters<Resolver>[1];

const NULLED = Symbol("null instead of a refusal");
type Verdict = JWT | null | typeof NULLED;

/** A resolver that runs only where all guards let pass. */
export function guardResolver(original: Resolver = defaultFieldResolver, { guards, pass }: GuardSet): Resolver {
  const guarded: Resolver = (source, args, context, info) => {
    if (pass !== undefined && isPassed(pass, (context as { readonly auth?: unknown } | null | undefined)?.auth))
      return original(source, args, context, info);
    return ask(source, args, context, info);
  };
  const ask: Resolver = (source, args, context, info) => {
    const auth = authOf(context, info);
    const gate = auth["~gate"];
    const parent = gate.isMadeByClient(source) ? undefined : source;
    const verdict = enforce(guards, gate, args, parent, info);
    return isPromise(verdict)
      ? letInLater(verdict, auth, source, args, context, info)
      : letIn(verdict, auth, source, args, context, info);
  };
  const letInLater = (
    verdict: Promise<Verdict>,
    auth: RequestAuth,
    source: unknown,
    args: Arguments,
    context: unknown,
    info: GraphQLResolveInfo,
  ): unknown => verdict.then((token) => letIn(token, auth, source, args, context, info));
  const letIn = (
    token: Verdict,
    auth: RequestAuth,
    source: unknown,
    args: Arguments,
    context: unknown,
    info: GraphQLResolveInfo,
  ): unknown => {
    if (token === NULLED) return null;
    const seen = contextFor(context, auth, guards, token);
    if (isTokenAmbient()) return runWithToken(token, original, source, args, seen, info);
    // What the field sees is what it would see without a guard: then the next need not be asked
    // about.
    if (pass !== undefined && seen === context) markPassed(pass, auth);
    return original(source, args, seen, info);
  };
  return markGuards(guarded, guards, original);
}

/**
 * A `subscribe` that starts its source only where all guards let pass, and asks them again before
 * every event; a 401 ends it.
 */
export function guardSubscriber(original: Resolver = defaultFieldResolver, { guards }: GuardSet): Resolver {
  // There is no stream to give in place of a refused one, so a refusal here is always an error.
  const strict = guards.map((guard) => ({ ...guard, onDeny: "ERROR" as const }));
  return (source, args, context, info) => {
    const auth = authOf(context, info);
    const gate = auth["~gate"];
    const check = (): MaybePromise<Verdict> => enforce(strict, gate, args, source, info);
    return andThen(check(), async (verdict) => {
      const token = verdict as JWT | null;
      const tokens = await Promise.all(strict.map(async (guard) => checkOne(guard, gate, args, source, info)));
      const lifetimes = tokens.filter((one): one is JWT => one !== null && one !== NULLED);
      const seen = contextFor(context, auth, strict, token);
      const stream = await runWithToken(token, () => original(source, args, seen, info));
      if (!isAsyncIterable(stream)) return stream;
      return guardStream(stream, {
        recheck: check,
        recheckInMs: () => gate.tokens().expiresInMs(lifetimes),
        run: (step) => runWithToken(token, step),
        // The field's own guard refuses the event that is given; only a 401 is for good.
        onRefusal: (error) => (isLasting(error) ? "end" : "continue"),
      });
    });
  };
}

/** A `resolveType` that names a type only where the type's guards let pass. */
export function guardTypeResolver(
  original: TypeResolver = defaultTypeResolver,
  byName: ReadonlyMap<string, readonly Guard[]>,
): TypeResolver {
  const guarded: TypeResolver = (value, context, info, abstractType) =>
    andThen<string | undefined, string | undefined>(original(value, context, info, abstractType), (typeName) => {
      const guards = typeName === undefined ? undefined : byName.get(typeName);
      if (!guards || guards.length === 0) return typeName;
      return andThen(enforceOnType(guards, authOf(context, info)["~gate"], info), () => typeName);
    });
  return markGuards(guarded, [...byName.values()].flat());
}

/**
 * What the guards of a field decide before its resolver runs. What they need is handed on one by
 * one, and functions that make closures are apart from those that every call runs through: V8 makes
 * room for what a closure holds on the way in, whether or not it comes to be.
 */
function enforce(
  guards: readonly Guard[],
  gate: RequestGate,
  args: unknown,
  parent: unknown,
  info: GraphQLResolveInfo,
  from = 0,
): MaybePromise<Verdict> {
  let verdict: Verdict = null;
  for (let i = from; i < guards.length; i++) {
    const outcome = checkOne(guards[i] as Guard, gate, args, parent, info);
    if (isPromise(outcome)) return enforceLater(outcome, guards, gate, args, parent, info, i + 1);
    if (outcome === NULLED) return NULLED;
    verdict = outcome;
  }
  return verdict;
}

async function enforceLater(
  outcome: Promise<Verdict>,
  guards: readonly Guard[],
  gate: RequestGate,
  args: unknown,
  parent: unknown,
  info: GraphQLResolveInfo,
  next: number,
): Promise<Verdict> {
  const verdict = await outcome;
  return verdict === NULLED || next === guards.length ? verdict : enforce(guards, gate, args, parent, info, next);
}

function checkOne(
  guard: Guard,
  gate: RequestGate,
  args: unknown,
  parent: unknown,
  info: GraphQLResolveInfo,
): MaybePromise<Verdict> {
  try {
    const outcome = gate.check(guard.plan, args, parent);
    return isPromise(outcome) ? checkLater(outcome, guard, gate, info) : outcome;
  } catch (error) {
    return deny(error, guard, gate, info, info);
  }
}

function checkLater(
  outcome: Promise<Verdict>,
  guard: Guard,
  gate: RequestGate,
  info: GraphQLResolveInfo,
): Promise<Verdict> {
  return outcome.catch((error: unknown) => deny(error, guard, gate, info, info));
}

/**
 * What the guards of a type decide once a value turns out to be of it, when its field has resolved
 * already.
 */
function enforceOnType(
  guards: readonly Guard[],
  gate: RequestGate,
  info: GraphQLResolveInfo,
  from = 0,
): MaybePromise<void> {
  const guard = guards[from];
  if (!guard) return undefined;
  const refuse = (error: unknown): void => void deny(error, guard, gate, info, undefined);
  const next = (): MaybePromise<void> => enforceOnType(guards, gate, info, from + 1);
  try {
    const outcome = gate.check(guard.plan);
    if (isPromise(outcome)) return outcome.then(next, refuse);
  } catch (error) {
    return refuse(error);
  }
  return next();
}

/** `guardedField` is the field's view of the operation, where its resolver has not run. */
function deny(
  error: unknown,
  guard: Guard,
  gate: RequestGate,
  { operation }: GraphQLResolveInfo,
  guardedField: GraphQLResolveInfo | undefined,
): typeof NULLED {
  if (!isAuthError(error)) throw error;
  if (guard.onDeny === "NULL" && (error.status === 401 || error.status === 403)) return NULLED;
  throw toGraphQLError(error, { guardedField, operation }, gate.refusals().scheme);
}

function isLasting(error: unknown): boolean {
  const mark = refusalMark(error);
  return mark === undefined || mark.error.status === 401;
}

function authOf(context: unknown, { schema }: GraphQLResolveInfo): RequestAuth {
  const auth = authIn(context);
  if (!auth) throw reportMisuse(schema, new TypeError(NO_AUTH));
  return auth;
}

const NO_AUTH =
  "The context has no auth of claimgate. In GraphQL Yoga, add useAuth(auth) to plugins; " +
  "on any other server, return createContext({ req, res }) from the context function, " +
  "with createContext = createGraphQLContext(auth)";

// `ctx.auth.token` is the auth token everywhere, or null where the request has none. Behind a guard
// that admitted another token, or none while the request may have an auth token elsewhere, a field
// sees exactly the token that the guard admitted: the last of several.
function contextFor(context: unknown, auth: RequestAuth, guards: readonly Guard[], token: JWT | null): unknown {
  const last = guards.at(-1);
  if (last && auth["~shows"](last.plan, token)) return context;
  // `auth` was found in it, so it is an object.
  return contextSeenWith(context as object, auth, token);
}

function contextSeenWith(context: object, auth: RequestAuth, token: JWT | null): object {
  const seen = auth["~seenWith"](auth["~gate"], token);
  // A frozen context allows no proxy that differs from it, and nothing is written to it.
  if (Object.isFrozen(context)) return Object.create(context, { auth: { value: seen, enumerable: true } }) as object;
  // The context itself but for `auth`: what is read and written goes through to it, private members
  // included.
  return new Proxy(context, {
    get: (target, key) => (key === "auth" ? seen : (Reflect.get(target, key, target) as unknown)),
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
