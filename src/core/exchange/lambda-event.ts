/** Reads an HTTP event of AWS Lambda as a request. */
import { lowerAscii } from "../util/ascii.ts";
import type { RequestLike } from "./request-source.ts";

/**
 * The members of an AWS Lambda event that claimgate reads. The event may come from API Gateway, in
 * payload format 1.0 or 2.0, from a function URL, or from a load balancer.
 */
export interface LambdaEvent {
  /** The headers, by name in any case. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined;
  /** Format 1.0 and load balancers: all values of repeated headers, by name in any case. */
  readonly multiValueHeaders?: Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined;
  /** Format 2.0: the cookies, which this format keeps out of `headers`. */
  readonly cookies?: readonly string[] | null | undefined;
  /** Format 1.0 and load balancers: the method of the request. */
  readonly httpMethod?: string | undefined;
  /** Contains `http.method` in format 2.0, and `elb` in events of a load balancer. */
  readonly requestContext?: object | undefined;
}

/** The request that an event describes. */
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
    // API Gateway and function URLs accept only TLS; a load balancer may accept plain HTTP.
    socket: { encrypted: event.requestContext !== undefined && context.elb === undefined },
  };
}
