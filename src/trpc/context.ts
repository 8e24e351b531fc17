/** Builds the tRPC context from the request: one function for the fetch, Node, express, fastify, AWS Lambda and WebSocket adapters. */

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
import type { AuthManager } from "../core/manager/manager.ts";
import type { AuthContext } from "../core/request/request-auth.ts";
import { isPromise } from "../core/util/maybe-promise.ts";

/**
 * What an adapter gives to `createContext`: the request, or the event that AWS Lambda has in its
 * place.
 */
export type TRPCContextOptions = TRPCResponseOptions &
  (
    | { readonly req: RequestLike; readonly event?: undefined }
    | { readonly event: LambdaEvent; readonly req?: undefined }
  );

/** The members that an adapter gives beside the request. */
export interface TRPCResponseOptions {
  /** The response of a Node server, or the WebSocket. */
  readonly res?: unknown;
  /** The fetch adapter's response headers. */
  readonly resHeaders?: ResponseHeadersLike | undefined;
  /** tRPC's description of the call. */
  readonly info?:
    | {
        readonly accept?: string | null;
        readonly type?: string | undefined;
        readonly connectionParams?: Readonly<Record<string, unknown>> | null;
      }
    | undefined;
}

/**
 * A `createContext` that adds `auth` to what `createUserContext` gives. It verifies nothing and
 * never throws by itself. `createUserContext` may not provide `auth`: ours stands.
 */
export function createTRPCContext<
  C,
  TOptions extends TRPCContextOptions = TRPCContextOptions,
  TUser extends object = object,
>(
  auth: AuthManager<C>,
  createUserContext?: (opts: TOptions) => TUser | Promise<TUser>,
): (opts: TOptions) => Promise<NoInfer<TUser> & Pick<AuthContext<C>, "auth">> {
  return async (opts) => {
    const isConnection = isWebSocket(opts.res);
    // Over HTTP connection parameters stand in the URL, so they count only where nothing else can
    // carry a token.
    const isSubscription = opts.info?.type === "subscription";
    const params = isConnection || isSubscription ? opts.info?.connectionParams : undefined;
    const source = readRequest(opts.event ? requestOfEvent(opts.event) : opts.req, {
      isConnection,
      isServed: true,
      connectionParams: params ? new ConnectionParams(params) : undefined,
      // AWS Lambda has no response yet: there `authResponseMeta` tells it.
      response: opts.event ? undefined : writerFor(opts),
      responseRemedy: opts.event ? undefined : RESPONSE_REMEDY,
    });
    const opened = auth["~open"](source);
    if (isStreamed(opts)) opened["~gate"].refusals().expectStream();
    const given = createUserContext?.(opts);
    const user = (isPromise(given) ? await given : given) as TUser;
    return { ...user, auth: opened };
  };
}

const RESPONSE_REMEDY =
  "Give the context function all options of the adapter, res or resHeaders included, " +
  'or call it with deliver: "body"';

function writerFor(opts: TRPCResponseOptions): ResponseWriter | undefined {
  const writer = opts.resHeaders ? headersWriter(opts.resHeaders) : responseWriterOf(opts.res);
  return writer && isStreamed(opts) ? withoutCookies(writer, "the response is streamed") : writer;
}

// Batches of httpBatchStreamLink and SSE: their headers are sent before the first procedure has
// run.
function isStreamed({ info }: TRPCResponseOptions): boolean {
  return info?.accept === "application/jsonl" || info?.type === "subscription";
}

function isWebSocket(res: unknown): boolean {
  const socket = res as { readyState?: unknown; send?: unknown; headersSent?: unknown } | undefined;
  return (
    typeof socket?.readyState === "number" && typeof socket.send === "function" && socket.headersSent === undefined
  );
}
