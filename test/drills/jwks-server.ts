/** A JWKS server on loopback with faults on demand; it counts requests and sent bytes. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { JWK } from "jose";
import { onTestFinished } from "vitest";

/** The response of a server to a request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** A request as it arrived. */
export interface SeenRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** A key server whose behaviour can change between two requests. */
export interface JwksServer {
  readonly origin: string;
  /** The URL of its key set. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Bytes written to all its connections so far, including those that wait for a slow reader. */
  readonly bytesWritten: number;
  answer: Behaviour;
  /** Closes the port, so that connections fail. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

/** Starts a server on a free port and closes it when the test ends. */
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

/** Responds with a set of these keys. */
export function serving(...keys: readonly JWK[]): Behaviour {
  return sending(JSON.stringify({ keys }));
}

/** Responds with any body. */
export function sending(body: string | Uint8Array, headers: Record<string, string> = {}): Behaviour {
  return (response) => void response.writeHead(200, { "content-type": "application/json", ...headers }).end(body);
}

/** Runs `then` after `ms` milliseconds. */
export function slowly(ms: number, then: Behaviour): Behaviour {
  return (response, request) => {
    const timer = setTimeout(() => then(response, request), ms);
    response.on("close", () => clearTimeout(timer));
  };
}

/** Responds with a status and without a key set. */
export function failing(status: number): Behaviour {
  return (response) => void response.writeHead(status, { "content-type": "text/plain" }).end("no keys here");
}

/** Responds with a page, as a captive portal or a misconfigured proxy does. */
export const showingHtml: Behaviour = sending("<!doctype html><title>Welcome</title>", { "content-type": "text/html" });

/** Never responds. */
export const hanging: Behaviour = () => undefined;

/** Sends the beginning of a key set, and nothing more. */
export const hangingInTheBody: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).write('{"keys":[');
};

/** Sends a key set that grows by a space every few milliseconds and never ends. */
export const dripping: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).write('{"keys":[');
  const timer = setInterval(() => response.write(" "), 5);
  response.on("close", () => clearInterval(timer));
};

/** Cuts the connection in the middle of the body. */
export const cuttingOff: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"keys":[', () => response.destroy());
};

/**
 * Sends an empty set after `bytes` spaces, or an endless body for infinite `bytes`. `chunk` is the
 * size of each write.
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

/** Sends the same, compressed to a thousandth of its size. */
export function compressing(bytes: number): Behaviour {
  const body = gzipSync(Buffer.concat([Buffer.from('{"keys":[]}'), Buffer.alloc(bytes, " ")]));
  return sending(body, { "content-encoding": "gzip" });
}

/** Redirects to another URL. */
export function redirecting(to: string, status = 302): Behaviour {
  return (response) => void response.writeHead(status, { location: to }).end();
}

function* blanks(bytes: number, chunk: number): Generator<Buffer> {
  yield Buffer.from('{"keys":[]}');
  const blank = Buffer.alloc(chunk, " ");
  for (let left = bytes - 11; left > 0; left -= chunk) yield left < chunk ? blank.subarray(0, left) : blank;
}
