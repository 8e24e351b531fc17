/** Enforces guards where GraphQL resolves: synchronously where the decision is known already. */
import type { GraphQLFieldResolver, GraphQLResolveInfo, GraphQLTypeResolver } from "graphql";
import { defaultFieldResolver, defaultTypeResolver } from "graphql";
import { isTokenAmbient, runWithToken } from "../core/current-token.ts";
import { isAuthError } from "../core/errors.ts";
import { guardStream } from "../core/guard-stream.ts";
import { andThen, isAsyncIterable, isPromise, type MaybePromise } from "../core/jwt/maybe-promise.ts";
import { authIn, type RequestAuth } from "../core/request-auth.ts";
import type { RequestGate } from "../core/request-gate.ts";
import type { JWT } from "../core/token.ts";
import type { GraphQLAuthContext } from "./context.ts";
import { refusalMark, toGraphQLError } from "./errors.ts";
import { type GuardSet, isPassed, markPassed } from "./guard-set.ts";
import type { Guard } from "./read-guards.ts";

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type TypeResolver = GraphQLTypeResolver<unknown, unknown>;

const NULLED = Symbol("null instead of a refusal");
type Verdict = JWT | null | typeof NULLED;

/** Where guards are asked, and what `args` and `parent` of their rules are held against. */
interface Place {
  readonly args: unknown;
  readonly parent: unknown;
  readonly info: GraphQLResolveInfo;
  /** Whether the field's resolver has run already. */
  readonly hasResolved: boolean;
}

const GUARDS: unique symbol = Symbol.for("claimgate.guards") as never;
const BY_DEFAULT: unique symbol = Symbol.for("claimgate.resolvesByDefault") as never;

/** A resolver that runs only where all guards let pass. */
export function guardResolver(original: Resolver = defaultFieldResolver, { guards, pass }: GuardSet): Resolver {
  const guarded: Resolver = (source, args, context, info) => {
    if (pass !== undefined && isPassed(pass, (context as GraphQLAuthContext | undefined)?.auth))
      return original(source, args, context, info);
    return ask(source, args, context, info);
  };
  const ask: Resolver = (source, args, context, info) => {
    const auth = authOf(context);
    const gate = auth["~gate"];
    const parent = gate.isMadeByClient(source) ? undefined : source;
    const verdict = enforce(guards, gate, { args, parent, info, hasResolved: false });
    return andThen<Verdict, unknown>(verdict, (token) => {
      if (token === NULLED) return null;
      const seen = contextFor(context, auth, token);
      if (isTokenAmbient()) return runWithToken(token, original, source, args, seen, info);
      // What the field sees is what it would see without a guard: then the next need not be asked about.
      if (pass !== undefined && seen === context) markPassed(pass, auth);
      return original(source, args, seen, info);
    });
  };
  return Object.defineProperties(guarded, {
    [BY_DEFAULT]: { value: resolvesByDefault(original) },
    // Also those of an inner guard, of another directive.
    [GUARDS]: { value: [...guards, ...guardsOf(original)] },
  });
}

/** The guards that a resolver or `resolveType` asks. */
export function guardsOf(resolver: object | null | undefined): readonly Guard[] {
  return (resolver as { [GUARDS]?: readonly Guard[] } | null | undefined)?.[GUARDS] ?? [];
}

/** Whether a resolver, guarded or not, only reads the parent's property. */
export function resolvesByDefault(resolver: Resolver | undefined): boolean {
  return (
    resolver === undefined ||
    resolver === defaultFieldResolver ||
    (resolver as { [BY_DEFAULT]?: boolean })[BY_DEFAULT] === true
  );
}

/** A `subscribe` that starts its source only where all guards let pass, and asks them again before every event; a 401 ends it. */
export function guardSubscriber(original: Resolver = defaultFieldResolver, { guards }: GuardSet): Resolver {
  // There is no stream to give in place of a refused one, so a refusal here is always an error.
  const strict = guards.map((guard) => ({ ...guard, onDeny: "ERROR" as const }));
  return (source, args, context, info) => {
    const auth = authOf(context);
    const gate = auth["~gate"];
    const place = { args, parent: source, info, hasResolved: false };
    const check = (): MaybePromise<Verdict> => enforce(strict, gate, place);
    return andThen(check(), async (verdict) => {
      const token = verdict as JWT | null;
      const tokens = await Promise.all(strict.map(async (guard) => checkOne(guard, gate, place)));
      const lifetimes = tokens.filter((one): one is JWT => one !== null && one !== NULLED);
      const seen = contextFor(context, auth, token);
      const stream = await runWithToken(token, () => original(source, args, seen, info));
      if (!isAsyncIterable(stream)) return stream;
      return guardStream(stream, {
        recheck: check,
        recheckInMs: () => gate.expiresInMs(lifetimes),
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
      const place = { args: undefined, parent: undefined, info, hasResolved: true };
      return andThen(enforce(guards, authOf(context)["~gate"], place), () => typeName);
    });
  return Object.defineProperty(guarded, GUARDS, { value: [...byName.values()].flat() });
}

function enforce(guards: readonly Guard[], gate: RequestGate, place: Place, from = 0): MaybePromise<Verdict> {
  let verdict: Verdict = null;
  for (let i = from; i < guards.length; i++) {
    const guard = guards[i] as Guard;
    const outcome = checkOne(guard, gate, place);
    if (isPromise(outcome)) {
      const isLast = i === guards.length - 1;
      return outcome.then((settled) => (settled === NULLED || isLast ? settled : enforce(guards, gate, place, i + 1)));
    }
    if (outcome === NULLED) return NULLED;
    verdict = outcome;
  }
  return verdict;
}

function checkOne(guard: Guard, gate: RequestGate, place: Place): MaybePromise<Verdict> {
  try {
    const outcome = gate.check(guard.plan, place.args, place.parent);
    return isPromise(outcome) ? outcome.catch((error: unknown) => deny(error, guard, gate, place)) : outcome;
  } catch (error) {
    return deny(error, guard, gate, place);
  }
}

function deny(error: unknown, guard: Guard, gate: RequestGate, { info, hasResolved }: Place): typeof NULLED {
  if (!isAuthError(error)) throw error;
  if (guard.onDeny === "NULL" && (error.status === 401 || error.status === 403)) return NULLED;
  const guardedField = hasResolved ? undefined : info;
  throw toGraphQLError(error, { guardedField, operation: info.operation }, gate.scheme);
}

function isLasting(error: unknown): boolean {
  const mark = refusalMark(error);
  return mark === undefined || mark.error.status === 401;
}

function authOf(context: unknown): RequestAuth {
  const auth = authIn(context);
  if (!auth)
    throw new TypeError(
      "The GraphQL context has no auth: add the useAuth plugin, or build it with createGraphQLContext",
    );
  return auth;
}

// `ctx.auth.token` is the auth token everywhere; only behind a guard of another type does a field see another.
function contextFor(context: unknown, auth: RequestAuth, token: JWT | null): unknown {
  // `auth` was found in it, so it is an object.
  return token === null || token.tokenType === "auth" ? context : contextSeenWith(context as object, auth, token);
}

function contextSeenWith(context: object, auth: RequestAuth, token: JWT): object {
  const seen = auth["~seenWith"](auth["~gate"], token);
  // A frozen context allows no proxy that differs from it, and nothing is written to it.
  if (Object.isFrozen(context)) return Object.create(context, { auth: { value: seen, enumerable: true } }) as object;
  // The context itself but for `auth`: what is read and written goes through to it, private members included.
  return new Proxy(context, {
    get: (target, key) => (key === "auth" ? seen : (Reflect.get(target, key, target) as unknown)),
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
