/** The real clients of the suites, and their view of a response. */
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

/** The header of a token; empty without one. */
export const bearer = (token?: string): Sent => (token === undefined ? {} : { authorization: `Bearer ${token}` });

/** Sends every call as its own request. */
export const connect = ({ url }: Site, headers: Sent = {}): Client =>
  createTRPCClient<AppRouter>({ links: [httpLink({ url, headers })] });

/** Sends the calls of one tick in one request. */
export const connectBatch = ({ url }: Site, headers: Sent = {}): Client =>
  createTRPCClient<AppRouter>({ links: [httpBatchLink({ url, headers })] });

/** The same, with a streamed response. `raw` collects the text of the responses. */
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

/** Watches the example's subscription. */
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
