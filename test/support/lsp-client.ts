/** A client of a language server: requests and notifications as JSON-RPC over stdio. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

const HEADER_END = "\r\n\r\n";

/** A running server. A request rejects with the server's error, or when the server ends. */
export class LspClient {
  readonly #server: ChildProcessWithoutNullStreams;
  readonly #pending = new Map<number, Pending>();
  #received: Buffer = Buffer.alloc(0);
  #lastId = 0;

  constructor(command: string, args: readonly string[], cwd: string) {
    this.#server = spawn(command, args, { cwd });
    this.#server.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#server.once("error", (error) => this.#rejectAll(error));
    this.#server.once("close", () => this.#rejectAll(new Error("the language server has ended")));
    // A server that has ended no longer reads.
    this.#server.stdin.on("error", () => undefined);
  }

  request<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: object = {}): void {
    this.#send({ method, params });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once("close", resolve));
    this.#server.kill();
    await ended;
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const headerEnd = this.#received.indexOf(HEADER_END);
      if (headerEnd < 0) return;
      const start = headerEnd + HEADER_END.length;
      const end = start + Number(/Content-Length: (\d+)/i.exec(this.#received.toString("latin1", 0, headerEnd))?.[1]);
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString("utf8", start, end)) as Message;
      this.#received = this.#received.subarray(end);
      this.#handle(message);
    }
  }

  #handle({ id, method, params, result, error }: Message): void {
    if (method === undefined) {
      const pending = this.#pending.get(Number(id));
      this.#pending.delete(Number(id));
      if (error) pending?.reject(new Error(error.message));
      else pending?.resolve(result as never);
    } else if (id !== undefined) {
      // The server asks for settings, one for each item, or registers for their changes.
      const items = (params as { readonly items?: readonly unknown[] } | undefined)?.items;
      this.#send({ id, result: items?.map(() => null) ?? null });
    }
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}${HEADER_END}${body}`);
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
