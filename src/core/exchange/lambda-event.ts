/** An AWS Lambda event of HTTP (API Gateway's payload formats 1.0 and 2.0, function URLs, load balancers), read as a request. */
import { lowerAscii } from "../util/ascii.ts";
import type { RequestLike } from "./request-source.ts";

/** What is read of an event. */
export interface LambdaEvent {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined;
  /** Format 1.0: every value of repeated headers, where `headers` has the last one only. */
  readonly multiValueHeaders?: Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined;
  /** Format 2.0: the cookies, which are not among the headers there. */
  readonly cookies?: readonly string[] | null | undefined;
  readonly httpMethod?: string | undefined;
  /** Holds `http.method` in format 2.0, and `elb` where a load balancer sent the event. */
  readonly requestContext?: object | undefined;
}

/** The request that an event tells of. */
export function requestOfEvent(event: LambdaEvent): RequestLike {
  const { httpMethod } = event;
  const cookies = event.cookies ?? [];
  const context: { http?: { method?: string }; elb?: unknown } = event.requestContext ?? {};
  const repeated = event.multiValueHeaders ?? {};
  const headers: Record<string, string | readonly string[] | undefined> = { ...repeated };
  const isKnown = new Set(Object.keys(repeated).map(lowerAscii));
  for (const [name, value] of Object.entries(event.headers ?? {}))
    if (!isKnown.has(lowerAscii(name))) headers[name] = value;
  if (cookies.length > 0) headers["cookie"] = [headers["cookie"] ?? [], cookies.join("; ")].flat();
  return {
    headers,
    method: httpMethod ?? context.http?.method,
    // Everything but a load balancer is reached over TLS only.
    socket: { encrypted: event.requestContext !== undefined && context.elb === undefined },
  };
}
