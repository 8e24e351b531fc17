/** Operations over both transports, by real clients, and assertions about their answers. */
import { request } from "node:http";
import { type Client, createClient } from "graphql-ws";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { openSocketEvents } from "../../graphql/server/ws-support.ts";
import { refusedWith } from "../../support/graphql.ts";
import type { Served, Transport } from "./host.ts";

/** The parts of a request beyond its query. */
export interface AskOptions {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  /** Only over HTTP. */
  readonly operationName?: string;
  /** Only over HTTP. Default POST. */
  readonly method?: "GET" | "POST";
  /** Only over WebSockets. */
  readonly connectionParams?: Record<string, unknown>;
}

/** An answer as a client sees it. */
export interface Answer {
  /** Only over HTTP, like the challenge. */
  readonly status?: number;
  readonly challenge?: string | null;
  readonly body: Record<string, unknown>;
}

/** Sends one operation. */
export function ask(
  served: Pick<Served, "url" | "wsUrl">,
  transport: Transport,
  query: string,
  options: AskOptions = {},
): Promise<Answer> {
  return transport === "http" ? askHttp(served.url, query, options) : askSocket(served.wsUrl, query, options);
}

/** Sends one operation over HTTP and returns the response as it is. */
export async function fetchHttp(url: string, query: string, options: AskOptions = {}): Promise<Response> {
  const { method = "POST", operationName } = options;
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    ...bearer(options.token),
    ...options.headers,
  };
  if (method === "POST") return fetch(url, { method, headers, body: JSON.stringify({ query, operationName }) });
  return fetch(`${url}?query=${encodeURIComponent(query)}`, { headers });
}

/** Connects. The upgrade request has `headers`. */
export function connect(wsUrl: string, options: Pick<AskOptions, "token" | "headers" | "connectionParams">): Client {
  const headers = { ...bearer(options.token), ...options.headers };
  class HeaderSocket extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, { headers });
    }
  }
  const { connectionParams } = options;
  return createClient({
    url: wsUrl,
    webSocketImpl: HeaderSocket,
    retryAttempts: 0,
    ...(connectionParams ? { connectionParams } : {}),
  });
}

/** Posts `{ me { id } }` with each `Authorization` header on its own line. */
export function postTwice(url: string, authorization: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const sent = request(url, { method: "POST", headers }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      const { statusCode: status = 0, headers } = response;
      const body = JSON.parse(text) as Answer["body"];
      resolve({ status, challenge: headers["www-authenticate"] ?? null, body });
    });
    sent.setHeader("authorization", [...authorization]);
    sent.on("error", reject);
    sent.end(JSON.stringify({ query: "{ me { id } }" }));
  });
}

/**
 * Expects a refusal of the whole operation: its status, its challenge and its exact body. Without a
 * status, the body also has `data`: the result of the execution.
 */
export function expectRefused(answer: Answer, reason: Reason, field = "me", data: unknown = { [field]: null }): void {
  // The message of a CSRF refusal names the fault of the request, its challenge does not.
  const message: unknown =
    reason === "CSRF_REJECTED" ? expect.stringMatching(/^The cookie is not accepted: /) : MESSAGES[reason];
  const { status, code } = refusedWith(reason);
  const error = {
    message,
    path: [field],
    locations: [{ line: 1, column: expect.any(Number) as number }],
    extensions: { code, auth: { reason } },
  };
  if (answer.status === undefined) expect(answer.body).toEqual({ data, errors: [error] });
  else expect(answer).toEqual({ status, challenge: challengeOf(reason, status), body: { errors: [error] } });
}

/** Expects data without errors. */
export function expectData(answer: Answer, data: unknown): void {
  expect(answer.body).toEqual({ data });
  if (answer.status !== undefined) expect(answer).toMatchObject({ status: 200, challenge: null });
}

/** The refusals of the suite; the table below has their messages. */
export type Reason = keyof typeof MESSAGES;

const MESSAGES = {
  TOKEN_MISSING: "A token is required",
  TOKEN_MALFORMED: "The token cannot be read",
  TOKEN_EXPIRED: "The token has expired",
  SIGNATURE_INVALID: "The signature of the token is invalid",
  TOKEN_TYPE_INVALID: "The token is of the wrong type",
  SCOPE_INSUFFICIENT: "The scope of the token does not allow this",
  CLAIMS_INSUFFICIENT: "The claims of the token do not allow this",
  CSRF_REJECTED: "The request is not known to come from an allowed origin",
  CREDENTIALS_AMBIGUOUS: "The request has different credentials of one kind, or too many credentials",
  STORE_UNAVAILABLE: "The session or the rights of the token cannot be looked up now",
} as const;

/** The challenge of RFC 6750, section 3. */
function challengeOf(reason: Reason, status: number): string | null {
  if (status !== 401 && status !== 403) return null;
  if (reason === "TOKEN_MISSING") return "Bearer";
  const codes = { 401: "invalid_token", 403: "insufficient_scope" } as const;
  const code = reason === "CSRF_REJECTED" ? "invalid_request" : codes[status];
  return `Bearer error="${code}", error_description="${MESSAGES[reason]}"`;
}

async function askHttp(url: string, query: string, options: AskOptions): Promise<Answer> {
  const response = await fetchHttp(url, query, options);
  const body = (await response.json()) as Answer["body"];
  return { status: response.status, challenge: response.headers.get("www-authenticate"), body };
}

async function askSocket(wsUrl: string, query: string, options: AskOptions): Promise<Answer> {
  const client = connect(wsUrl, options);
  try {
    const event = await openSocketEvents(client, query)();
    return { body: { ...event } };
  } finally {
    await client.dispose();
  }
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
