/** HTTP requests with exactly the headers of a test. */
import { type IncomingHttpHeaders, request } from "node:http";

/** A header with a list of values is sent once for each value. */
export interface SendOptions {
  /** Default `"GET"`. */
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | undefined;
}

/** A response as it is on the wire. */
export interface Sent {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request directly, because a client would merge its headers. */
export function send(url: string, { method = "GET", headers = {}, body }: SendOptions = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: headers as Record<string, string | string[]>, agent: false });
    sent.on("error", reject).on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.end(body);
  });
}
