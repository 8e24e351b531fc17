/** Resolvers that enforce guards, synchronously if nothing is pending. */
import type { GraphQLFieldResolver, GraphQLResolveInfo, GraphQLTypeResolver } from "graphql";
import { defaultFieldResolver, defaultTypeResolver } from "graphql";
import { isAuthError } from "../../core/errors.ts";
import { authIn } from "../../core/request/auth-in.ts";
import { isTokenAmbient, runWithToken } from "../../core/request/current-token.ts";
import { guardStream } from "../../core/request/guarded-stream.ts";
import type { RequestAuth } from "../../core/request/request-auth.ts";
import type { RequestGate } from "../../core/request/request-gate.ts";
import type { JWT } from "../../core/tokens/token.ts";
import { andThen, isAsyncIterable, isPromise, type MaybePromise } from "../../core/util/promises/maybe-promise.ts";
import { refusalMark, toGraphQLError } from "../errors.ts";
import { type Guard, markGuards } from "../guard.ts";
import { type GuardSet, isPassed, markPassed } from "./guard-set.ts";
import { reportMisuse } from "./report-misuse.ts";

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type TypeResolver = GraphQLTypeResolver<unknown, unknown>;

type Arguments = Parameters<Resolver>[1];

const NULLED = Symbol("null instead of a refusal");
type Verdict = JWT | null | typeof NULLED;

/** Returns a resolver that runs `original` only if all guards accept the caller. */
export function guardResolver(original: Resolver = defaultFieldResolver, { guards, pass }: GuardSet): Resolver {
  const guarded: Resolver = (source, args, context, info) => {
    if (pass !== undefined && isPassed(pass, (context as { readonly auth?: unknown } | null | undefined)?.auth))
      return original(source, args, context, info);
    return enforceFirst(source, args, context, info);
  };
  const last = guards.at(-1);
  const only = guards.length === 1 ? last : undefined;

  const enforceFirst: Resolver = (source, args, context, info) => {
    const auth = authOf(context, info);
    const gate = auth["~gate"];
    const parent = pass !== undefined || gate.isMadeByClient(source) ? undefined : source;
    const verdict = only ? checkOne(only, gate, args, parent, info) : enforce(guards, gate, args, parent, info);
    return isPromise(verdict)
      ? acceptLater(verdict, auth, source, args, context, info)
      : accept(verdict, auth, source, args, context, info);
  };
  const acceptLater = (
    verdict: Promise<Verdict>,
    auth: RequestAuth,
    source: unknown,
    args: Arguments,
    context: unknown,
    info: GraphQLResolveInfo,
  ): unknown => verdict.then((token) => accept(token, auth, source, args, context, info));
  const accept = (
    token: Verdict,
    auth: RequestAuth,
    source: unknown,
    args: Arguments,
    context: unknown,
    info: GraphQLResolveInfo,
  ): unknown => {
    if (token === NULLED) return null;
    const seen = contextFor(context, auth, last, token);
    if (isTokenAmbient()) return runWithToken(token, original, source, args, seen, info);
    // With a cached decision, the next field gets `context` itself, so that must be unchanged.
    if (pass !== undefined && seen === context) markPassed(pass, auth, token);
    return original(source, args, seen, info);
  };
  return markGuards(guarded, guards, original);
}

/**
 * Returns a `subscribe` that starts its source only if all guards accept the caller. The guards
 * check the caller again before every event, and a 401 ends the stream.
 */
export function guardSubscriber(original: Resolver = defaultFieldResolver, { guards }: GuardSet): Resolver {
  // Null cannot replace a stream, so a rejected subscription is always an error.
  const strict = guards.map((guard) => ({ ...guard, onDeny: "ERROR" as const }));
  return (source, args, context, info) => {
    const auth = authOf(context, info);
    const gate = auth["~gate"];
    const check = (): MaybePromise<Verdict> => enforce(strict, gate, args, source, info);
    return andThen(check(), async (verdict) => {
      const token = verdict as JWT | null;
      const tokens = await Promise.all(strict.map(async (guard) => checkOne(guard, gate, args, source, info)));
      const lifetimes = tokens.filter((one): one is JWT => one !== null && one !== NULLED);
      const seen = contextFor(context, auth, strict.at(-1), token);
      const stream = await runWithToken(token, () => original(source, args, seen, info));
      if (!isAsyncIterable(stream)) return stream;
      return guardStream(stream, {
        recheck: check,
        recheckInMs: () => gate.tokens().expiresInMs(lifetimes),
        run: (step) => runWithToken(token, step),
        // The field's guarded resolver rejects this event as well. Only a 401 ends the stream.
        onRefusal: (error) => (isLasting(error) ? "end" : "continue"),
      });
    });
  };
}

/** Returns a `resolveType` that names a type only if the guards of the type accept the caller. */
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
 * Decides about a field before its resolver runs. Arguments are positional, and closures are in
 * separate functions: V8 allocates the variables of a closure on entry, even if nothing uses them.
 * The `graphql` bench measures it.
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

/** Decides about the type of a value of an interface or union, whose field has resolved. */
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

/** Turns a refusal into null or a `GraphQLError`. `guardedField` is set before a resolver runs. */
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

// A field sees the token that its last guard admitted, or null. If that is not the `token` of
// `ctx.auth`, the field gets a view of the context.
function contextFor(context: unknown, auth: RequestAuth, last: Guard | undefined, token: JWT | null): unknown {
  if (last && auth["~shows"](last.plan, token)) return context;
  // The context has `auth`, so it is an object.
  return contextSeenWith(context as object, auth, token);
}

function contextSeenWith(context: object, auth: RequestAuth, token: JWT | null): object {
  const seen = auth["~seenWith"](auth["~gate"], token);
  // A proxy of a frozen context cannot show another `auth`.
  if (Object.isFrozen(context)) return Object.create(context, { auth: { value: seen, enumerable: true } }) as object;
  // Every read and write except that of `auth` reaches the context itself, even private members.
  return new Proxy(context, {
    get: (target, key) => (key === "auth" ? seen : (Reflect.get(target, key, target) as unknown)),
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
