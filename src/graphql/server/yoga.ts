/** `useAuth`: the GraphQL Yoga plugin that fills `context.auth`, checks the schema at start and gives refusals their HTTP status. */
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import { createParamsReader } from "../../core/exchange/connection-params.ts";
import type { ResponseHeadersLike } from "../../core/exchange/response-writer.ts";
import { type WaitingWriter, waitingWriter } from "../../core/exchange/waiting-writer.ts";
import type { AuthManager } from "../../core/manager/manager.ts";
import { authIn } from "../../core/request/request-auth.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { withErrorContext } from "../../core/util/error-context.ts";
import { isAsyncIterable, isPromise, type MaybePromise } from "../../core/util/maybe-promise.ts";
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
  /** The directive's name, where it was given another. Default `"requireToken"`. */
  readonly directive?: string;
}

// What is set is typed `never` in these hooks, and cast to it where it is given: only so do Yoga's
// own setters fit, whose types differ by hook and release, and naming them would make Yoga a
// dependency.

/** A result, as Yoga hands it to a hook. */
export interface ResultPayload {
  readonly result: unknown;
  readonly setResult: (result: never) => void;
}

/** Called for each event of a stream. */
export interface NextHook {
  onNext(payload: ResultPayload): void;
}

/** Called when an operation has been executed. */
export interface ExecuteHook {
  onExecuteDone(payload: ResultPayload): NextHook | undefined;
}

/** Called when a subscription has begun, or has failed to. */
export interface SubscribeHook {
  onSubscribeResult(payload: ResultPayload): NextHook | undefined;
  onSubscribeError(payload: { readonly error: unknown; readonly setError: (error: unknown) => void }): void;
}

/** The hooks of Yoga that the plugin uses. */
export interface AuthPlugin {
  onYogaInit(): void;
  onSchemaChange(payload: { readonly schema: GraphQLSchema }): void;
  onContextBuilding(payload: { readonly context: unknown; readonly extendContext: (extension: never) => void }): void;
  onExecute(payload: { readonly args: unknown }): MaybePromise<ExecuteHook>;
  onSubscribe(payload: { readonly args: unknown }): MaybePromise<SubscribeHook>;
  onResultProcess(payload: ResultPayload): void;
  onResponse(payload: { readonly request: unknown; readonly response: unknown }): void;
}

interface OpenRequest<C> {
  readonly context: GraphQLAuthContext<C>;
  readonly response: WaitingWriter;
}

/**
 * The plugin. Yoga does not start with a schema in which a field that the directive covers is not
 * guarded.
 */
export function useAuth<C>(auth: AuthManager<C>, options: UseAuthOptions = {}): AuthPlugin {
  checkOptions("useAuth", options, ["directive"]);
  // The operations of one batch are one request, whose token is verified once, and one response. It
  // hangs on the request itself: in a WeakMap what refers back to its key costs the garbage
  // collector more than all of the rest.
  const OPEN = Symbol("claimgate.useAuth");
  const openOf = (request: object): OpenRequest<C> | undefined => (request as { [OPEN]?: OpenRequest<C> })[OPEN];

  // Envelop reports a schema once, and goes on with it where that throws: so it is looked at again
  // before it is executed.
  const guardedSchemas = new WeakSet<GraphQLSchema>();
  let hasStarted = false;
  const assertOnce = (schema: GraphQLSchema): void => {
    if (guardedSchemas.has(schema)) return;
    withErrorContext(
      () => assertGuarded(schema, options.directive ?? DEFAULT_DIRECTIVE),
      // From `createYoga` the error reaches the developer; that of a request is masked.
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
      // Yoga reads the status from here and takes it out again before it answers.
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
    // What the source itself throws, as its generator's own `ctx.auth.require` does.
    onSubscribeError({ error, setError }) {
      if (error instanceof GraphQLError) setError(translateError(error, responseOptions(args)));
    },
  };
}

/**
 * Gives refusals that resolvers threw themselves the shape of all others, in a result and in every
 * event of a stream.
 */
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
  // Another plugin may have put something else there; the guards refuse then, and other errors stay
  // as they are.
  const scheme = authIn(contextValue)?.["~gate"].refusals().scheme;
  return { ...(scheme ? { scheme } : {}), ...(operation ? { operation } : {}) };
}
