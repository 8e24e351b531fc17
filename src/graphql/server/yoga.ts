/** `useAuth`: the plugin of GraphQL Yoga. */
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import { createParamsReader } from "../../core/exchange/connection-params.ts";
import type { ResponseHeadersLike } from "../../core/exchange/response-writer.ts";
import { type WaitingWriter, waitingWriter } from "../../core/exchange/waiting-writer.ts";
import { checkManager } from "../../core/manager/check-manager.ts";
import type { AuthManager } from "../../core/manager/manager.ts";
import { authIn } from "../../core/request/auth-in.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { withErrorContext } from "../../core/util/error-context.ts";
import { isAsyncIterable, isPromise, type MaybePromise } from "../../core/util/promises/maybe-promise.ts";
import { translateError } from "../errors.ts";
import { createPrepare } from "../execution/prepare.ts";
import { reportMisuse } from "../execution/report-misuse.ts";
import { assertGuarded } from "../schema/assert-guarded.ts";
import { DEFAULT_DIRECTIVE } from "../schema/directive.ts";
import { connectionParamsOf, type GraphQLAuthContext, openGraphQLContext, type ServerContext } from "./context.ts";
import {
  type AuthHttpResponseOptions,
  authHttpResponse,
  hasErrors,
  type ResultParts,
  translateErrors,
} from "./http-response.ts";

/** Options of `useAuth`. */
export interface UseAuthOptions {
  /**
   * The name of the directive, as in `requireTokenDirective({ name })`.
   * @default "requireToken"
   */
  readonly directive?: string;
}

// Setters take `never`, so that the setters of every hook and release of Yoga fit. Yoga's own types
// would make Yoga a dependency.

/** A result, as Yoga passes it to a hook. */
export interface ResultPayload {
  /** The result, or the stream of results. */
  readonly result: unknown;
  /** Replaces the result. */
  readonly setResult: (result: never) => void;
}

/** A hook for the events of a stream. */
export interface NextHook {
  /** Yoga calls it for each event. */
  onNext(payload: ResultPayload): void;
}

/** A hook for the end of a query or mutation. */
export interface ExecuteHook {
  /** Yoga calls it with the result. */
  onExecuteDone(payload: ResultPayload): NextHook | undefined;
}

/** A hook for the start of a subscription. */
export interface SubscribeHook {
  /** Yoga calls it with the stream, or with the result of a rejected subscription. */
  onSubscribeResult(payload: ResultPayload): NextHook | undefined;
  /** Yoga calls it with the error that the source threw. */
  onSubscribeError(payload: { readonly error: unknown; readonly setError: (error: unknown) => void }): void;
}

/** The plugin that `useAuth` creates: its hooks, which Yoga calls. */
export interface AuthPlugin {
  /** Notes that Yoga has started. */
  onYogaInit(): void;
  /** Throws for a schema in which a field under the directive has no guard. */
  onSchemaChange(payload: { readonly schema: GraphQLSchema }): void;
  /** Adds `auth` to the context. */
  onContextBuilding(payload: { readonly context: unknown; readonly extendContext: (extension: never) => void }): void;
  /** Verifies the token that a query or mutation needs before it executes. */
  onExecute(payload: { readonly args: unknown }): MaybePromise<ExecuteHook>;
  /** Verifies the token that a subscription needs before it starts. */
  onSubscribe(payload: { readonly args: unknown }): MaybePromise<SubscribeHook>;
  /** Gives a rejected operation its status and challenge. */
  onResultProcess(payload: ResultPayload): void;
  /** Writes cookies and `Cache-Control` into the response. */
  onResponse(payload: { readonly request: unknown; readonly response: unknown }): void;
}

interface OpenRequest<C> {
  readonly context: GraphQLAuthContext<C>;
  readonly response: WaitingWriter;
}

/**
 * Creates the plugin of GraphQL Yoga. It adds `auth` to the context, verifies tokens before
 * execution, and gives rejected operations their HTTP status.
 * @throws `TypeError` for a first argument that is not an `AuthManager`, and for an unknown option.
 * @throws `TypeError` in `createYoga`, for a schema in which a field under the directive has no
 *   guard. With a schema function each request fails instead: callers see "Unexpected error.", and
 *   a process warning names the field.
 * @example
 * ```ts
 * const schema = requireToken.apply(
 *   makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }),
 * );
 * createServer(createYoga({ schema, plugins: [useAuth(auth)] })).listen(4000);
 * ```
 */
export function useAuth<C>(auth: AuthManager<C>, options: UseAuthOptions = {}): AuthPlugin {
  checkManager("useAuth", auth);
  checkOptions("useAuth", options, ["directive"]);
  // The operations of a batch share one request. A symbol on it is cheaper than a WeakMap: values
  // that refer back to their key cost the garbage collector much time.
  const OPEN = Symbol("claimgate.useAuth");
  const openOf = (request: object): OpenRequest<C> | undefined => (request as { [OPEN]?: OpenRequest<C> })[OPEN];

  // Envelop reports a schema only once, even if the hook throws. So `before` checks it again.
  const guardedSchemas = new WeakSet<GraphQLSchema>();
  let hasStarted = false;
  const assertOnce = (schema: GraphQLSchema): void => {
    if (guardedSchemas.has(schema)) return;
    withErrorContext(
      () => assertGuarded(schema, options.directive ?? DEFAULT_DIRECTIVE),
      // `createYoga` throws the error to the developer, but Yoga masks the error of a request.
      (error) => (hasStarted && error instanceof TypeError ? reportMisuse(schema, error) : error),
    );
    guardedSchemas.add(schema);
  };

  const prepare = createPrepare();

  const readParams = createParamsReader();
  const contextOf = (server: ServerContext): GraphQLAuthContext<C> => {
    const { request } = server;
    const known = request && openOf(request);
    if (known) return known.context;
    const response = request && waitingWriter();
    const context = openGraphQLContext(auth, server, readParams(connectionParamsOf(server)), response);
    if (request && response) (request as { [OPEN]?: OpenRequest<C> })[OPEN] = { context, response };
    return context;
  };

  const before = <H>(args: ExecutionArgs, hook: H): MaybePromise<H> => {
    assertOnce(args.schema);
    const waiting = prepare(args);
    return isPromise(waiting) ? waiting.then(() => hook) : hook;
  };

  return {
    onYogaInit() {
      hasStarted = true;
    },
    onSchemaChange: ({ schema }) => assertOnce(schema),
    onContextBuilding: ({ context, extendContext }) => extendContext(contextOf(context as ServerContext) as never),
    onExecute: ({ args }) => before(args as ExecutionArgs, executeHook(args as ExecutionArgs)),
    onSubscribe: ({ args }) => before(args as ExecutionArgs, subscribeHook(args as ExecutionArgs)),
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result) || isAsyncIterable(result) || !hasErrors(result as ExecutionResult)) return;
      const { status, headers, body } = authHttpResponse(result as ExecutionResult);
      // Yoga reads the status here, and removes it from the response.
      if (status !== 200)
        setResult({ ...body, extensions: { ...body.extensions, http: { status, headers } } } as never);
    },
    onResponse({ request, response }) {
      openOf(request as object)?.response.flush((response as { readonly headers: ResponseHeadersLike }).headers);
    },
  };
}

function executeHook(args: ExecutionArgs): ExecuteHook {
  return { onExecuteDone: (payload) => translate(args, payload) };
}

function subscribeHook(args: ExecutionArgs): SubscribeHook {
  return {
    onSubscribeResult: (payload) => translate(args, payload),
    // A source throws a refusal if its generator calls `ctx.auth.require`.
    onSubscribeError({ error, setError }) {
      if (error instanceof GraphQLError) setError(translateError(error, responseOptions(args)));
    },
  };
}

/** Translates the refusals that resolvers threw, in a result and in every event of a stream. */
function translate(args: ExecutionArgs, payload: ResultPayload): NextHook | undefined {
  const onNext = ({ result, setResult }: ResultPayload): void => {
    if (!hasErrors(result as ResultParts)) return;
    const translated = translateErrors(result as ExecutionResult, responseOptions(args));
    if (translated !== result) setResult(translated as never);
  };
  if (isAsyncIterable(payload.result)) {
    authIn(args.contextValue)?.["~gate"].refusals().expectStream();
    return { onNext };
  }
  onNext(payload);
  return undefined;
}

function responseOptions({ document, operationName, contextValue }: ExecutionArgs): AuthHttpResponseOptions {
  const operation = getOperationAST(document, operationName);
  // Another plugin may have replaced `auth`. Then guards fail, and other errors do not change.
  const scheme = authIn(contextValue)?.["~gate"].refusals().scheme;
  return { ...(scheme ? { scheme } : {}), ...(operation ? { operation } : {}) };
}
