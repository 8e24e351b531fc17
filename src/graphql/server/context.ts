/** Builds the GraphQL context's `auth` from what a server hands over, and refuses at start a schema that is not guarded. */
import type { GraphQLSchema } from "graphql";
import { type ConnectionParams, createParamsReader } from "../../core/exchange/connection-params.ts";
import { type LambdaEvent, requestOfEvent } from "../../core/exchange/lambda-event.ts";
import { type RequestLike, rawRequest, readRequest } from "../../core/exchange/request-source.ts";
import { type ResponseWriter, responseWriterOf } from "../../core/exchange/response-writer.ts";
import type { AuthManager } from "../../core/manager/manager.ts";
import type { RequestAuth } from "../../core/request/request-auth.ts";
import type { Claims } from "../../core/rules/rule.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { describeRefusal } from "../errors.ts";
import { createPrepare, type Prepare } from "../execution/prepare.ts";
import { assertGuarded } from "../schema/assert-guarded.ts";
import { DEFAULT_DIRECTIVE } from "../schema/directive.ts";

/** What resolvers find in their context. */
export interface GraphQLAuthContext<C = Claims> {
  readonly auth: RequestAuth<C>;
}

/**
 * What a server hands over: a request itself, or an object that holds one, as Yoga, Apollo Server,
 * Hono and graphql-ws do.
 */
export interface ServerContext extends RequestLike {
  readonly request?: RequestLike | undefined;
  readonly req?: RequestLike | undefined;
  /** A Node response or a Fastify reply, for cookies and `Cache-Control`. */
  readonly res?: unknown;
  /**
   * AWS Lambda: what is there in place of a request. No other server's event is read: give the
   * request that it holds.
   */
  readonly event?: LambdaEvent | object | undefined;
  /** graphql-ws: where the upgrade request is. */
  readonly extra?: unknown;
  /** graphql-ws: what the client sent when it connected. */
  readonly connectionParams?: unknown;
}

/** Options of `createGraphQLContext`. */
export interface GraphQLContextOptions {
  /** Checked at once: every field that the directive covers must be guarded. */
  readonly schema?: GraphQLSchema;
  /** The directive's name, where it was given another. Default `"requireToken"`. */
  readonly directive?: string;
}

/** Makes the context of a request. It verifies nothing. */
export interface GraphQLContextFactory<C = Claims> {
  (server: ServerContext): GraphQLAuthContext<C>;
  /**
   * For the hook that a server calls before it executes: has the token verified there, if the
   * operation asks for one, so that its fields resolve without waiting, each for itself. Nothing is
   * refused by it, and nothing less without it. `useAuth` does this by itself.
   */
  readonly prepare: Prepare;
}

/**
 * A function that makes the context of a request. Throws `TypeError` at once for a schema that is
 * not guarded.
 */
export function createGraphQLContext<C>(
  auth: AuthManager<C>,
  options: GraphQLContextOptions = {},
): GraphQLContextFactory<C> {
  checkOptions("createGraphQLContext", options, ["schema", "directive"]);
  if (options.schema) assertGuarded(options.schema, options.directive ?? DEFAULT_DIRECTIVE);
  const readParams = createParamsReader();
  const create = (server: ServerContext): GraphQLAuthContext<C> =>
    openGraphQLContext(auth, server, readParams(connectionParamsOf(server)), responseWriterOf(server.res));
  return Object.assign(create, { prepare: createPrepare() });
}

/**
 * The context of a request, with the connection parameters that count, and whose response is
 * `response`.
 */
export function openGraphQLContext<C>(
  auth: AuthManager<C>,
  server: ServerContext,
  connectionParams: ConnectionParams | undefined,
  response: ResponseWriter | undefined,
): GraphQLAuthContext<C> {
  const source = readRequest(requestOf(server), {
    connectionParams,
    describe: describeRefusal,
    response,
    responseRemedy: server.event ? undefined : RESPONSE_REMEDY,
  });
  return { auth: auth["~open"](source) };
}

const RESPONSE_REMEDY =
  "Pass res beside the request, as in context: async ({ req, res }) => createContext({ req, res }), " +
  'or call it with deliver: "body"';

function requestOf(server: ServerContext): RequestLike | undefined {
  const upgrade = (server.extra as { request?: RequestLike } | undefined)?.request;
  const held = [server.req, server.request, upgrade].find((one) => rawRequest(one)?.headers !== undefined);
  const { request } = server;
  // A Fetch request made from Node's shows what a plugin changed of it; Node's own still has every
  // repeated header.
  if (held && held === server.req && isFetchRequest(request))
    return { headers: request.headers, raw: rawRequest(held) };
  if (held) return held;
  if (server.event) return requestOfEvent(server.event);
  // Only what holds no request is one itself: a context may have `headers` of its own.
  return server.headers === undefined ? undefined : server;
}

function isFetchRequest(request: RequestLike | undefined): request is RequestLike {
  return typeof (request?.headers as Partial<Headers> | undefined)?.get === "function";
}

/** The connection parameters, where they count: on WebSockets, where there is no Fetch request. */
export function connectionParamsOf(server: ServerContext): unknown {
  return server.request === undefined ? server.connectionParams : undefined;
}
