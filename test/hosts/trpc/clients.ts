/** The real clients that the suites call a host with, and what they see of a response. */
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  type TRPCClient,
} from "@trpc/client";
import type { AppRouter } from "../../../examples/hosts/trpc/router.ts";
import { FetchEventSource } from "../../trpc/event-source.ts";
import { type Watched, watch } from "../../trpc/feed.ts";
import type { Site } from "./host.ts";

export type Client = TRPCClient<AppRouter>;
export type Sent = Readonly<Record<string, string>>;

/** The header of a token; none without one. */
export const bearer = (token?: string): Sent => (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** Every call a request of its own. */
export const connect = ({ url }: Site, headers: Sent = {}): Client =>
  createTRPCClient<AppRouter>({ links: [httpLink({ url, headers })] });

/** The calls of one tick in one request. */
export const connectBatch = ({ url }: Site, headers: Sent = {}): Client =>
  createTRPCClient<AppRouter>({ links: [httpBatchLink({ url, headers })] });

/**
 * The same, each answered as soon as it is ready. `raw` gets the text of the responses as it comes.
 */
export const connectStream = ({ url }: Site, headers: Sent = {}, raw: string[] = []): Client =>
  createTRPCClient<AppRouter>({ links: [httpBatchStreamLink({ url, headers, fetch: recordInto(raw) })] });

/** Subscriptions over server-sent events. */
export const connectEvents = ({ url }: Site, headers: Sent = {}, connectionParams?: Record<string, string>): Client =>
  createTRPCClient<AppRouter>({
    links: [
      httpSubscriptionLink({
        url,
        EventSource: FetchEventSource,
        eventSourceOptions: { headers },
        ...(connectionParams ? { connectionParams } : {}),
      }),
    ],
  });

/** What the example's subscription gives a client. */
export const subscribe = (client: Client): Watched<number> =>
  watch<number>((observer) => client.ticks.subscribe(undefined, observer));

function recordInto(raw: string[]) {
  return async (input: RequestInfo | URL, init?: object): Promise<Response> => {
    const response = await fetch(input, init);
    const decoder = new TextDecoder();
    const record = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        raw.push(decoder.decode(chunk, { stream: true }));
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body?.pipeThrough(record) ?? null, response);
  };
}
