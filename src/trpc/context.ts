/** `createTRPCContext`: the context of a call, from the options that any tRPC adapter passes. */

import { ConnectionParams } from "../core/exchange/connection-params.ts";
import { type LambdaEvent, requestOfEvent } from "../core/exchange/lambda-event.ts";
import { type RequestLike, readRequest } from "../core/exchange/request-source.ts";
import {
  headersWriter,
  type ResponseHeadersLike,
  type ResponseWriter,
  responseWriterOf,
  withoutCookies,
} from "../core/exchange/response-writer.ts";
import { checkManager } from "../core/manager/check-manager.ts";
import type { AuthManager } from "../core/manager/manager.ts";
import type { AuthContext } from "../core/request/request-auth.ts";
import { isPromise } from "../core/util/promises/maybe-promise.ts";

/**
 * The options that an adapter passes to `createContext`: the request, or on AWS Lambda the event.
 */
export type TRPCContextOptions = TRPCResponseOptions &
  (
    | { readonly req: RequestLike; readonly event?: undefined }
    | { readonly event: LambdaEvent; readonly req?: undefined }
  );

/** The options about the response and the call, which an adapter passes to `createContext`. */
export interface TRPCResponseOptions {
  /**
   * The response of a Node server, or the WebSocket.
   *
   * @default none: without `res` and `resHeaders` no cookie can be set
   */
  readonly res?: unknown;
  /**
   * The response headers of the fetch adapter. They take precedence over `res`.
   *
   * @default none
   */
  readonly resHeaders?: ResponseHeadersLike | undefined;
  /**
   * tRPC's description of the call: its type, the accepted media type, the connection parameters.
   *
   * @default none: the call is not streamed and has no connection parameters
   */
  readonly info?:
    | {
        readonly accept?: string | null;
        readonly type?: string | undefined;
        readonly connectionParams?: Readonly<Record<string, unknown>> | null;
      }
    | undefined;
}

/**
 * Creates the `createContext` of an adapter. The context has `auth` and the members that your own
 * `createUserContext` returns; an `auth` among those is overwritten. Creating a context verifies no
 * token: the guards do.
 *
 * Works with the fetch, standalone, express, fastify, AWS Lambda and WebSocket adapters.
 *
 * @throws `TypeError` for a first argument that is not an `AuthManager`, and for a second argument
 * that is not a function.
 * @throws The returned function rejects only with an error of `createUserContext`.
 * @see {@link authProcedures}
 * @example
 * ```ts
 * createHTTPServer({ router, createContext: createTRPCContext(auth, () => ({ db })) });
 * ```
 */
export function createTRPCContext<
  C,
  TOptions extends TRPCContextOptions = TRPCContextOptions,
  TUser extends object = object,
>(
  auth: AuthManager<C>,
  createUserContext?: (opts: TOptions) => TUser | Promise<TUser>,
): (opts: TOptions) => Promise<NoInfer<TUser> & Pick<AuthContext<C>, "auth">> {
  checkManager("createTRPCContext", auth);
  if (createUserContext !== undefined && typeof createUserContext !== "function")
    throw new TypeError("createTRPCContext takes a function as its second argument: pass () => ({ db })");
  return async (opts) => {
    const isConnection = isWebSocket(opts.res);
    // Over HTTP the connection parameters are in the URL. They count only for a subscription,
    // because its EventSource cannot send headers.
    const isSubscription = opts.info?.type === "subscription";
    const params = isConnection || isSubscription ? opts.info?.connectionParams : undefined;
    const source = readRequest(opts.event ? requestOfEvent(opts.event) : opts.req, {
      isConnection,
      isServed: true,
      connectionParams: params ? new ConnectionParams(params) : undefined,
      // AWS Lambda has no response yet. `authResponseMeta` adds the challenge later.
      response: opts.event ? undefined : writerFor(opts),
      responseRemedy: opts.event ? undefined : RESPONSE_REMEDY,
    });
    const opened = auth["~open"](source);
    // A streamed batch has the status 200 before its first call: a challenge would sometimes come
    // too late.
    if (isStreamed(opts)) opened["~gate"].refusals().expectStream({ mayChallenge: !isStreamedBatch(opts) });
    const given = createUserContext?.(opts);
    const user = (isPromise(given) ? await given : given) as TUser;
    return { ...user, auth: opened };
  };
}

const RESPONSE_REMEDY =
  'Give the context function all options of the adapter, res or resHeaders included, or pass deliver: "body"';

function writerFor(opts: TRPCResponseOptions): ResponseWriter | undefined {
  const writer = opts.resHeaders ? headersWriter(opts.resHeaders) : responseWriterOf(opts.res);
  return writer && isStreamed(opts) ? withoutCookies(writer, "the response is streamed") : writer;
}

// httpBatchStreamLink and SSE: the server sends the headers before the first procedure runs.
function isStreamed(opts: TRPCResponseOptions): boolean {
  return isStreamedBatch(opts) || opts.info?.type === "subscription";
}

function isStreamedBatch({ info }: TRPCResponseOptions): boolean {
  return info?.accept === "application/jsonl";
}

function isWebSocket(res: unknown): boolean {
  const socket = res as { readyState?: unknown; send?: unknown; headersSent?: unknown } | undefined;
  return (
    typeof socket?.readyState === "number" && typeof socket.send === "function" && socket.headersSent === undefined
  );
}
