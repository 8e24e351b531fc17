/** A small `EventSource` on fetch, for `httpSubscriptionLink`. It never reconnects. */

/** The headers of the request. */
export interface EventSourceOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message, as the listeners of an `EventSource` receive it. */
class ServerMessage extends Event {
  readonly data: string;
  readonly lastEventId: string;

  constructor(type: string, data: string, lastEventId: string) {
    super(type);
    this.data = data;
    this.lastEventId = lastEventId;
  }
}

/** The part of the WHATWG interface that the tRPC client uses. */
export class FetchEventSource extends EventTarget {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readyState = 0;
  readonly #stop = new AbortController();

  constructor(url: string, options: EventSourceOptions = {}) {
    super();
    void this.#run(url, options).catch(() => this.#end());
  }

  close(): void {
    this.readyState = this.CLOSED;
    this.#stop.abort();
  }

  async #run(url: string, { headers = {} }: EventSourceOptions): Promise<void> {
    const response = await fetch(url, {
      headers: { accept: "text/event-stream", ...headers },
      signal: this.#stop.signal,
    });
    if (!response.ok || !response.body) return this.#end();
    this.readyState = this.OPEN;
    for await (const message of readMessages(response.body)) {
      if (this.readyState === this.CLOSED) return;
      this.dispatchEvent(message);
    }
    this.#end();
  }

  #end(): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.dispatchEvent(new Event("error"));
  }
}

/** The messages of an event stream, as they arrive. */
export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerMessage> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block
          .split("\n")
          .filter((line) => line.includes(": "))
          .map((line) => line.split(/: (.*)/s, 2) as [string, string]),
      );
      if (fields.has("data") || fields.has("event"))
        yield new ServerMessage(fields.get("event") ?? "message", fields.get("data") ?? "", fields.get("id") ?? "");
    }
  }
}
