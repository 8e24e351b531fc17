import { ENDPOINT } from "../../support/graphql.ts";
/** A source of events that a test drives by hand, and readers of server-sent events. */

/** A source of events that counts its listeners. */
export interface Source<T> {
  /** Sends the next event to each listener. */
  push(value: T): void;
  /** A resolver's `subscribe`: each call starts a new listener. */
  subscribe(): AsyncGenerator<T>;
  /** The number of listeners that have started. */
  readonly started: number;
  /** Settles when every listener has ended. */
  readonly ended: Promise<void>;
}

/** Creates a source without events. */
export function createSource<T>(): Source<T> {
  const waiting: T[] = [];
  let wake: () => void = () => undefined;
  let started = 0;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  async function* listen(): AsyncGenerator<T> {
    started++;
    try {
      for (;;) {
        while (waiting.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        yield waiting.shift() as T;
      }
    } finally {
      end();
    }
  }
  return {
    push(value) {
      waiting.push(value);
      wake();
    },
    subscribe: listen,
    get started() {
      return started;
    },
    ended,
  };
}

/** One event as a client reads it. */
export interface StreamEvent {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly unknown[];
    readonly extensions?: { readonly code?: string; readonly auth?: { readonly reason: string } };
  }[];
}

/** A subscription by server-sent events: its response, and its events in order. */
export interface EventStream {
  readonly response: Response;
  /** The next event, or `undefined` at the end of the stream. */
  next(): Promise<StreamEvent | undefined>;
  close(): Promise<void>;
}

/** Subscribes through `yoga.fetch`. */
export async function openEvents(
  yoga: { fetch(url: string, init: RequestInit): Promise<Response> | Response },
  query: string,
  options: { readonly token?: string; readonly headers?: Record<string, string> } = {},
): Promise<EventStream> {
  const { token, headers } = options;
  const response = await yoga.fetch(ENDPOINT, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ query }),
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  const next = async (): Promise<StreamEvent | undefined> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const message = text.slice(0, end);
        text = text.slice(end + 2);
        const [, data] = /^event: next\ndata: (.*)$/m.exec(message) ?? [];
        if (data !== undefined) return JSON.parse(data) as StreamEvent;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  };
  return { response, next, close: () => reader.cancel() };
}

/** The reasons of the refusals in an event. */
export function reasonsOf(event: StreamEvent | undefined): unknown[] | undefined {
  return event?.errors?.map((error) => error.extensions?.auth?.reason);
}
