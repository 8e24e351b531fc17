/** A JWKS server on loopback that can be told to misbehave. It counts what it is asked, and the bytes it got rid of. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { JWK } from "jose";
import { onTestFinished } from "vitest";

/** What a server does with a request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** A request as it came in. */
export interface SeenRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** A key server whose behaviour can be exchanged between two requests. */
export interface JwksServer {
  readonly origin: string;
  /** Where its key set is. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Bytes written to all its connections so far, those that wait for a slow reader included. */
  readonly bytesWritten: number;
  answer: Behaviour;
  /** Refuses connections from now on. */
  stop(): Promise<void>;
  /** Listens again, where it did before. */
  start(): Promise<void>;
}

/** Starts a server on a free port; it is closed when the test ends. */
export async function startJwksServer(answer: Behaviour = failing(500)): Promise<JwksServer> {
  const requests: SeenRequest[] = [];
  const sockets: Socket[] = [];
  const server = createServer((request, response) => {
    const { url: path = "", method = "", headers } = request;
    requests.push({ path, method, headers });
    response.on("error", () => undefined);
    jwks.answer(response, request);
  });
  server.on("connection", (socket) => sockets.push(socket));
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", () => resolve());
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const jwks: JwksServer = {
    origin,
    url: `${origin}/jwks.json`,
    requests,
    get bytesWritten() {
      return sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);
    },
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    start: () => listen(port),
  };
  onTestFinished(() => jwks.stop());
  return jwks;
}

/** A key set of these keys. */
export function serving(...keys: readonly JWK[]): Behaviour {
  return sending(JSON.stringify({ keys }));
}

/** A body of any kind. */
export function sending(body: string | Uint8Array, headers: Record<string, string> = {}): Behaviour {
  return (response) => void response.writeHead(200, { "content-type": "application/json", ...headers }).end(body);
}

/** `then`, after `ms` milliseconds. */
export function slowly(ms: number, then: Behaviour): Behaviour {
  return (response, request) => {
    const timer = setTimeout(() => then(response, request), ms);
    response.on("close", () => clearTimeout(timer));
  };
}

/** A status without a key set. */
export function failing(status: number): Behaviour {
  return (response) => void response.writeHead(status, { "content-type": "text/plain" }).end("no keys here");
}

/** A page such as a captive portal or a misconfigured proxy shows. */
export const showingHtml: Behaviour = sending("<!doctype html><title>Welcome</title>", { "content-type": "text/html" });

/** No answer at all. */
export const hanging: Behaviour = () => undefined;

/** The beginning of a key set, and nothing more. */
export const hangingInTheBody: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).write('{"keys":[');
};

/** A key set that grows by a blank every few milliseconds and never ends. */
export const dripping: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).write('{"keys":[');
  const timer = setInterval(() => response.write(" "), 5);
  response.on("close", () => clearInterval(timer));
};

/** The connection is cut in the middle of the body. */
export const cuttingOff: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"keys":[', () => response.destroy());
};

/**
 * An empty set within `bytes` bytes of blanks; without an end where `bytes` is infinite. `chunk` is
 * the size of each write.
 */
export function padding(
  bytes: number,
  { chunk = 65_536, status = 200 }: { readonly chunk?: number; readonly status?: number } = {},
): Behaviour {
  return (response) => {
    const length: Record<string, string> = Number.isFinite(bytes) ? { "content-length": String(bytes) } : {};
    response.writeHead(status, { "content-type": "application/json", ...length });
    const body = Readable.from(blanks(bytes, chunk), { objectMode: false, highWaterMark: chunk });
    response.on("close", () => body.destroy());
    body.pipe(response);
  };
}

/** The same, compressed to a thousandth of its size. */
export function compressing(bytes: number): Behaviour {
  const body = gzipSync(Buffer.concat([Buffer.from('{"keys":[]}'), Buffer.alloc(bytes, " ")]));
  return sending(body, { "content-encoding": "gzip" });
}

/** Points elsewhere. */
export function redirecting(to: string, status = 302): Behaviour {
  return (response) => void response.writeHead(status, { location: to }).end();
}

function* blanks(bytes: number, chunk: number): Generator<Buffer> {
  yield Buffer.from('{"keys":[]}');
  const blank = Buffer.alloc(chunk, " ");
  for (let left = bytes - 11; left > 0; left -= chunk) yield left < chunk ? blank.subarray(0, left) : blank;
}
