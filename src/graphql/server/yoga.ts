/** `useAuth`: the plugin of GraphQL Yoga. */
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import { createParamsReader } from "../../core/exchange/connection-params.ts";
import type { ResponseHeadersLike } from "../../core/exchange/response-writer.ts";
import { type WaitingWriter, waitingWriter } from "../../core/exchange/waiting-writer.ts";
import { checkManager } from "../../core/manager/check-manager.ts";
import type { AuthManager } from "../../core/manager/manager.ts";
import { authIn } from "../../core/request/auth-in.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { andThen, isAsyncIterable, isPromise, type MaybePromise } from "../../core/util/promises/maybe-promise.ts";
import { translateError } from "../errors.ts";
import { createPrepare } from "../execution/prepare.ts";
import { createSchemaCheck } from "../schema/schema-check.ts";
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
   * The name of the directive, as in `requireTokenDirective({ name })`. Directives that the schema
   * declares with their `typeDefs`, or has by `extensions(rule)`, are checked under any name.
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
  /** Checks the schema of a query or mutation, and verifies the token that it needs. */
  onExecute(payload: {
    readonly args: unknown;
    readonly executeFn: (args: never) => unknown;
    readonly setExecuteFn: (executor: never) => void;
  }): MaybePromise<ExecuteHook>;
  /** Checks the schema of a subscription, and verifies the token that it needs. */
  onSubscribe(payload: {
    readonly args: unknown;
    readonly subscribeFn: (args: never) => unknown;
    readonly setSubscribeFn: (executor: never) => void;
  }): MaybePromise<SubscribeHook>;
  /** Gives a rejected operation its status and challenge. */
  onResultProcess(payload: ResultPayload): void;
  /** Writes cookies and `Cache-Control` into the response. */
  onResponse(payload: { readonly request: unknown; readonly response: unknown }): void;
}

type Executor = (args: ExecutionArgs) => unknown;

interface OpenRequest<C> {
  readonly context: GraphQLAuthContext<C>;
  readonly response: WaitingWriter;
}

/**
 * Creates the plugin of GraphQL Yoga. It adds `auth` to the context, verifies tokens before
 * execution, and gives rejected operations their HTTP status. List it before every plugin that
 * replaces the schema or the executor: an operation in an unguarded schema then fails. It cannot
 * see a schema that an executor of another plugin holds itself.
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

  let hasStarted = false;
  const checkSchema = createSchemaCheck(options.directive);
  const check = (schema: GraphQLSchema): void => checkSchema(schema, hasStarted);

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

  const before = (args: ExecutionArgs): MaybePromise<void> => {
    check(args.schema);
    return prepare(args);
  };

  /** Checks and prepares the operation, and each other schema that reaches the executor. */
  const start = <H>(
    args: ExecutionArgs,
    run: Executor,
    setRun: (executor: never) => void,
    hook: H,
  ): MaybePromise<H> => {
    const { schema } = args;
    const ready = before(args);
    // A later plugin may replace the schema, or wrap the executor and pass another schema to it.
    const checking: Executor = (last) => (last.schema === schema ? run(last) : andThen(before(last), () => run(last)));
    setRun(checking as never);
    return isPromise(ready) ? ready.then(() => hook) : hook;
  };

  return {
    onYogaInit() {
      hasStarted = true;
    },
    onSchemaChange: ({ schema }) => check(schema),
    onContextBuilding: ({ context, extendContext }) => extendContext(contextOf(context as ServerContext) as never),
    onExecute: ({ args, executeFn, setExecuteFn }) =>
      start(args as ExecutionArgs, executeFn as Executor, setExecuteFn, executeHook(args as ExecutionArgs, check)),
    onSubscribe: ({ args, subscribeFn, setSubscribeFn }) =>
      start(
        args as ExecutionArgs,
        subscribeFn as Executor,
        setSubscribeFn,
        subscribeHook(args as ExecutionArgs, check),
      ),
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

// A plugin that replaced both the schema and the executor is noticed only by its result.
function executeHook(args: ExecutionArgs, check: (schema: GraphQLSchema) => void): ExecuteHook {
  return {
    onExecuteDone(payload) {
      checkMaker(args, check, payload);
      return translate(args, payload);
    },
  };
}

function subscribeHook(args: ExecutionArgs, check: (schema: GraphQLSchema) => void): SubscribeHook {
  return {
    onSubscribeResult(payload) {
      checkMaker(args, check, payload);
      return translate(args, payload);
    },
    // A source throws a refusal if its generator calls `ctx.auth.require`.
    onSubscribeError({ error, setError }) {
      if (error instanceof GraphQLError) setError(translateError(error, responseOptions(args)));
    },
  };
}

/** Checks the schema that made a result. Throws in its place, and closes its stream. */
function checkMaker(
  { schema }: ExecutionArgs,
  check: (schema: GraphQLSchema) => void,
  { result }: ResultPayload,
): void {
  try {
    check(schema);
  } catch (error) {
    // No one will read the stream, so its source would stay open.
    if (isAsyncIterable(result)) void close(result);
    throw error;
  }
}

async function close(stream: AsyncIterable<unknown>): Promise<void> {
  try {
    await stream[Symbol.asyncIterator]().return?.();
  } catch {
    // The error of the check is the one to report.
  }
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
