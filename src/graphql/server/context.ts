/** `createGraphQLContext`: makes the context of a request on any GraphQL server. */
import type { GraphQLSchema } from "graphql";
import { type ConnectionParams, createParamsReader } from "../../core/exchange/connection-params.ts";
import { type LambdaEvent, requestOfEvent } from "../../core/exchange/lambda-event.ts";
import { type RequestLike, rawRequest, readRequest } from "../../core/exchange/request-source.ts";
import { type ResponseWriter, responseWriterOf } from "../../core/exchange/response-writer.ts";
import { checkManager } from "../../core/manager/check-manager.ts";
import type { AuthManager } from "../../core/manager/manager.ts";
import type { RequestAuth } from "../../core/request/request-auth.ts";
import type { Claims } from "../../core/rules/rule.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { describeRefusal } from "../errors.ts";
import { createPrepare, type Prepare } from "../execution/prepare.ts";
import { createSchemaCheck } from "../schema/schema-check.ts";

/** The context that guards and resolvers need. You may add members of your own. */
export interface GraphQLAuthContext<C = Claims> {
  /** The authentication of the request. Behind a guard, `token` is the token that it admitted. */
  readonly auth: RequestAuth<C>;
}

/**
 * The argument of a server's context function: a request, or an object that contains one. Yoga,
 * Apollo Server, Hono and graphql-ws pass such objects.
 */
export interface ServerContext extends RequestLike {
  /** A Fetch `Request`, as of Yoga. */
  readonly request?: RequestLike | undefined;
  /** A request of Node, Express or Fastify. */
  readonly req?: RequestLike | undefined;
  /**
   * A Node response or a Fastify reply, on which `login`, `refresh` and `logout` set cookies and
   * `Cache-Control`.
   * @default none: with `deliver: "cookies"` they reject with `CookieError`
   */
  readonly res?: unknown;
  /**
   * On AWS Lambda: the event, which replaces the request. For another server, pass its request as
   * `req` or `request`.
   */
  readonly event?: LambdaEvent | object | undefined;
  /** With graphql-ws: the object that contains the upgrade request. */
  readonly extra?: unknown;
  /** With graphql-ws: the connection parameters that the client sent. */
  readonly connectionParams?: unknown;
}

/** Options of `createGraphQLContext`. */
export interface GraphQLContextOptions {
  /**
   * The schema that the server executes. If a field under a directive has no guard,
   * `createGraphQLContext` throws. `prepare` then checks the schemas that it gets, too.
   * @default none: no schema is checked
   */
  readonly schema?: GraphQLSchema;
  /**
   * The name of the directive, as in `requireTokenDirective({ name })`. Directives that the schema
   * declares with their `typeDefs`, or has by `extensions(rule)`, are checked under any name.
   * @default "requireToken"
   */
  readonly directive?: string;
}

/** The function that makes the context of each request, with its `prepare`. */
export interface GraphQLContextFactory<C = Claims> {
  /** Makes the context of a request. It verifies no token and never throws. */
  (server: ServerContext): GraphQLAuthContext<C>;
  /**
   * Verifies the token of an operation before the server executes it, so that no field has to wait
   * for the verification. Call it in the server's hook before execution, with the schema that the
   * server executes. `prepare` never rejects a caller. Skipping it is safe for the schema of the
   * option `schema`, only slower.
   * @throws `TypeError` if there is an option `schema`, and the operation has another schema in
   *   which a field under a directive has no guard.
   * @example
   * ```ts
   * // graphql-http
   * createHandler({
   *   schema,
   *   context: ({ raw }) => ({ ...createContext({ req: raw }) }),
   *   execute: async (args) => {
   *     await createContext.prepare(args);
   *     return execute(args);
   *   },
   * });
   * ```
   */
  readonly prepare: Prepare;
}

/**
 * Creates the function that makes the context of each request. On GraphQL Yoga use `useAuth`.
 * @throws `TypeError` for a first argument that is not an `AuthManager`.
 * @throws `TypeError` for an unknown option, and for a schema in which a field under the directive
 *   has no guard. The message names the field.
 * @example
 * ```ts
 * // Apollo Server
 * const createContext = createGraphQLContext(auth, { schema });
 * await startStandaloneServer(server, {
 *   context: async ({ req, res }) => createContext({ req, res }),
 * });
 * ```
 */
export function createGraphQLContext<C>(
  auth: AuthManager<C>,
  options: GraphQLContextOptions = {},
): GraphQLContextFactory<C> {
  checkManager("createGraphQLContext", auth);
  checkOptions("createGraphQLContext", options, ["schema", "directive"]);
  const check = createSchemaCheck(options.directive);
  if (options.schema) check(options.schema, false);
  const readParams = createParamsReader();
  const create = (server: ServerContext): GraphQLAuthContext<C> =>
    openGraphQLContext(auth, server, readParams(connectionParamsOf(server)), responseWriterOf(server.res));
  const start = createPrepare();
  const prepare: Prepare = (args) => {
    // The server may execute another schema than the one that was checked.
    if (options.schema) check(args.schema, true);
    return start(args);
  };
  return Object.assign(create, { prepare });
}

/** The context of a request with these connection parameters and this response writer. */
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
  'or pass deliver: "body"';

function requestOf(server: ServerContext): RequestLike | undefined {
  const upgrade = (server.extra as { request?: RequestLike } | undefined)?.request;
  const { request } = server;
  const held = withHeaders(server.req) ?? withHeaders(request) ?? withHeaders(upgrade);
  // The Fetch request has the changes of plugins. Node's request has repeated headers one by one.
  if (held && held === server.req && isFetchRequest(request))
    return { headers: request.headers, raw: rawRequest(held) };
  if (held) return held;
  if (server.event) return requestOfEvent(server.event);
  // A context that contains a request may have other `headers`, so these come last.
  return server.headers === undefined ? undefined : server;
}

function withHeaders(request: RequestLike | undefined): RequestLike | undefined {
  return rawRequest(request)?.headers === undefined ? undefined : request;
}

function isFetchRequest(request: RequestLike | undefined): request is RequestLike {
  return typeof (request?.headers as Partial<Headers> | undefined)?.get === "function";
}

/** The connection parameters of a WebSocket, which has no Fetch request. */
export function connectionParamsOf(server: ServerContext): unknown {
  return server.request === undefined ? server.connectionParams : undefined;
}
