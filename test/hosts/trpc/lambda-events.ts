/** API Gateway's events of payload formats 1.0 (REST APIs) and 2.0 (HTTP APIs, function URLs). */
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from "aws-lambda";

/**
 * Format 1.0: original header names, with the last value and all values of each. `path` is the
 * prefix before the procedure's name.
 */
export function toEventV1(req: IncomingMessage, body: Buffer, path: string): APIGatewayProxyEvent {
  const url = new URL(req.url ?? "/", "https://api.test");
  const all: Record<string, string[]> = {};
  for (const [name, value] of headersOf(req)) (all[name] ??= []).push(value);
  const query: Record<string, string[]> = {};
  for (const [name, value] of url.searchParams) (query[name] ??= []).push(value);
  const event: Partial<APIGatewayProxyEvent> = {
    resource: `${path}/{proxy+}`,
    path: url.pathname,
    httpMethod: req.method ?? "GET",
    headers: lastOf(all),
    multiValueHeaders: all,
    queryStringParameters: lastOf(query),
    multiValueQueryStringParameters: query,
    pathParameters: { proxy: url.pathname.slice(path.length + 1) },
    stageVariables: null,
    body: body.length > 0 ? body.toString() : null,
    isBase64Encoded: false,
    requestContext: {
      resourcePath: `${path}/{proxy+}`,
      httpMethod: req.method ?? "GET",
      domainName: req.headers.host ?? "",
      protocol: "HTTP/1.1",
      stage: "prod",
    } as APIGatewayProxyEvent["requestContext"],
  };
  return event as APIGatewayProxyEvent;
}

/**
 * Format 2.0: header names in lower case, values joined by commas, separate cookies, and a base64
 * body. A function URL has no `path`.
 */
export function toEventV2(req: IncomingMessage, body: Buffer, path: string): APIGatewayProxyEventV2 {
  const url = new URL(req.url ?? "/", "https://api.test");
  const headers: Record<string, string> = {};
  for (const [name, value] of headersOf(req)) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]},${value}` : value;
  }
  const { cookie, ...others } = headers;
  const routeKey = path === "" ? "$default" : `ANY ${path}/{proxy+}`;
  return {
    version: "2.0",
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: others,
    ...(cookie === undefined ? {} : { cookies: cookie.split("; ") }),
    ...(path === "" ? {} : { pathParameters: { proxy: url.pathname.slice(path.length + 1) } }),
    ...(body.length > 0 ? { body: body.toString("base64") } : {}),
    isBase64Encoded: body.length > 0,
    requestContext: {
      routeKey,
      domainName: req.headers.host ?? "",
      http: { method: req.method ?? "GET", path: url.pathname, protocol: "HTTP/1.1", sourceIp: "127.0.0.1" },
      stage: "$default",
    } as APIGatewayProxyEventV2["requestContext"],
  };
}

function headersOf(req: IncomingMessage): (readonly [string, string])[] {
  const { rawHeaders } = req;
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] as string] as const] : []));
}

function lastOf(values: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) as string]));
}
