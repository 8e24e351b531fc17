/** What the tRPC suites share: a clock, a manager, and a refusal as a client, a caller or the wire shows it. */
import { type IncomingHttpHeaders, request } from "node:http";
import { TRPCClientError } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { AuthManager, type AuthManagerConfig, isAuthError, type Reason } from "claimgate";

/** Where every fake clock starts, in seconds. */
export const START = 1_700_000_000;

/** Enough for HS512. */
export const SECRET = "s".repeat(64);

/** A clock that a test sets by hand. */
export interface Clock {
  seconds: number;
}

/** A manager on a clock of its own. */
export function createAuth(config: Partial<AuthManagerConfig> = {}): { auth: AuthManager; clock: Clock } {
  const clock: Clock = { seconds: START };
  const auth = new AuthManager({
    issuer: "https://api.test",
    // A ring of keys takes the place of the one.
    ...(config.keys ? {} : { algorithm: "HS256", secret: SECRET }),
    now: () => clock.seconds,
    ...config,
  } as AuthManagerConfig);
  return { auth, clock };
}

/** What tells a client that, and why, it was refused. */
export interface Refusal {
  readonly code: string;
  readonly httpStatus: number;
  readonly reason?: Reason;
}

/** A refusal, and the response it came with. */
export interface Failure extends Refusal {
  /** Absent where there is no HTTP response, or none of its own. */
  readonly status: number | undefined;
  /** The `WWW-Authenticate` header. */
  readonly challenge: string | undefined;
}

interface ErrorData {
  readonly code: string;
  readonly httpStatus: number;
  readonly auth?: { readonly reason: Reason };
}

/** The 401 that a bad or missing token leads to. */
export const unauthorized = (reason: Reason): Refusal => ({ code: "UNAUTHORIZED", httpStatus: 401, reason });

/** The 403 of a token that lacks something. */
export const forbidden = (reason: Reason): Refusal => ({ code: "FORBIDDEN", httpStatus: 403, reason });

/** The 400 of two different credentials of one kind. */
export const ambiguous: Refusal = { code: "BAD_REQUEST", httpStatus: 400, reason: "CREDENTIALS_AMBIGUOUS" };

/** An error's `data`, reduced to what the contract promises of it. */
export function readRefusal(data: ErrorData | null | undefined): Refusal {
  if (!data) throw new TypeError("The error has no data");
  const { code, httpStatus, auth } = data;
  return { code, httpStatus, ...(auth ? { reason: auth.reason } : {}) };
}

/** How a client's call failed. Throws where it did not. */
export async function failureOf(call: PromiseLike<unknown>): Promise<Failure> {
  const error = await errorOf(call);
  if (!(error instanceof TRPCClientError)) throw error;
  const response = error.meta?.["response"] as Response | undefined;
  return {
    ...readRefusal(error.data as ErrorData | undefined),
    status: response?.status,
    challenge: response?.headers.get("www-authenticate") ?? undefined,
  };
}

/** Only why a client's call failed, whatever the response. */
export async function refusalOf(call: PromiseLike<unknown>): Promise<Refusal> {
  const { code, httpStatus, reason } = await failureOf(call);
  return { code, httpStatus, ...(reason === undefined ? {} : { reason }) };
}

/** How a call in the same process failed: the code of its `TRPCError`, and the reason of the refusal that is its cause. */
export async function callerFailureOf(
  call: PromiseLike<unknown>,
): Promise<{ code: string; reason: Reason | undefined }> {
  const error = await errorOf(call);
  if (!(error instanceof TRPCError)) throw error;
  return { code: error.code, reason: isAuthError(error.cause) ? error.cause.reason : undefined };
}

/** What a promise rejects with. Throws where it does not. */
export async function errorOf(call: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`The call was let in and gave ${JSON.stringify(value)}`);
}

/** A request exactly as it is given, a POST as JSON; a header with a list of values is sent once for each. */
export interface WireRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

/** A response as it is on the wire. */
export interface WireResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly result?: { readonly data: unknown };
    readonly error?: { readonly data: ErrorData };
  };
}

/** Sends a request without a client that would tidy its headers. */
export function send(url: string, { method = "GET", headers = {}, body }: WireRequest = {}): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const type: Record<string, string> = method === "POST" ? { "content-type": "application/json" } : {};
    const all = { ...type, ...headers } as Record<string, string | string[]>;
    const sent = request(url, { method, headers: all, agent: false });
    sent.on("error", reject).on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) });
      });
    });
    sent.end(body);
  });
}

/** A query's result, or why it was refused. */
export function verdictOf(response: WireResponse): unknown {
  return response.body.error ? readRefusal(response.body.error.data) : response.body.result?.data;
}
