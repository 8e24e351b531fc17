/** A tRPC refusal as a client, a caller or the wire shows it. */
import { TRPCClientError } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { isAuthError, type Reason } from "claimgate";
import { refusalOf } from "./refusal-of.ts";
import { type SendOptions, type Sent, send } from "./send.ts";

/** A refusal as a client sees it: code, status and reason. */
export interface Refusal {
  readonly code: string;
  readonly httpStatus: number;
  readonly reason?: Reason;
}

/** A refusal with the response that contains it. */
interface Failure extends Refusal {
  /** `undefined` without an HTTP response for this call. */
  readonly status: number | undefined;
  /** The `WWW-Authenticate` header. */
  readonly challenge: string | undefined;
}

interface ErrorData {
  readonly code: string;
  readonly httpStatus: number;
  readonly auth?: { readonly reason: Reason };
}

/** The 401 for an invalid or missing token. */
export const unauthorized = (reason: Reason): Refusal => ({ code: "UNAUTHORIZED", httpStatus: 401, reason });

/** The 403 for a token without the required rights. */
export const forbidden = (reason: Reason): Refusal => ({ code: "FORBIDDEN", httpStatus: 403, reason });

/** The 400 of two different credentials of one kind. */
export const ambiguous: Refusal = { code: "BAD_REQUEST", httpStatus: 400, reason: "CREDENTIALS_AMBIGUOUS" };

/** The parts of an error's `data` that the contract specifies. */
export function readRefusal(data: ErrorData | null | undefined): Refusal {
  if (!data) throw new TypeError("The error has no data");
  const { code, httpStatus, auth } = data;
  return { code, httpStatus, ...(auth ? { reason: auth.reason } : {}) };
}

/** The failure of a client's call. Throws if the call succeeds. */
export async function failureOf(call: PromiseLike<unknown>): Promise<Failure> {
  const error = await refusalOf(call);
  if (!(error instanceof TRPCClientError)) throw error;
  const response = error.meta?.["response"] as Response | undefined;
  return {
    ...readRefusal(error.data as ErrorData | undefined),
    status: response?.status,
    challenge: response?.headers.get("www-authenticate") ?? undefined,
  };
}

/** The refusal of a client's call, without its response. */
export async function clientRefusalOf(call: PromiseLike<unknown>): Promise<Refusal> {
  const { code, httpStatus, reason } = await failureOf(call);
  return { code, httpStatus, ...(reason === undefined ? {} : { reason }) };
}

/**
 * The failure of a call in the same process: the code of its `TRPCError`, and the reason of its
 * cause.
 */
export async function callerFailureOf(
  call: PromiseLike<unknown>,
): Promise<{ code: string; reason: Reason | undefined }> {
  const error = await refusalOf(call);
  if (!(error instanceof TRPCError)) throw error;
  return { code: error.code, reason: isAuthError(error.cause) ? error.cause.reason : undefined };
}

/** A response as it is on the wire. */
export interface WireResponse extends Pick<Sent, "status" | "headers"> {
  readonly body: {
    readonly result?: { readonly data: unknown };
    readonly error?: { readonly data: ErrorData };
  };
}

/** Calls a procedure with a hand-made request; a POST sends JSON. */
export async function sendCall(url: string, options: SendOptions = {}): Promise<WireResponse> {
  const type: Record<string, string> = options.method === "POST" ? { "content-type": "application/json" } : {};
  const { status, headers, text } = await send(url, { ...options, headers: { ...type, ...options.headers } });
  return { status, headers, body: JSON.parse(text) as WireResponse["body"] };
}

/** The result of a query, or its refusal. */
export function resultOf({ body }: Pick<WireResponse, "body">): unknown {
  return body.error ? readRefusal(body.error.data) : body.result?.data;
}
