/** Reads the requests of every server: Fetch, Node, Fastify, and headers given by hand. */

import type { AuthError } from "../errors.ts";
import { equalsIgnoringCase } from "../util/ascii.ts";
import type { ConnectionParams } from "./connection-params.ts";
import type { ResponseWriter } from "./response-writer.ts";

/** The members of a request that decide about its credentials. */
export interface RequestSource {
  /**
   * All values of a header, in the order of the request, unless a middleware has removed it. `name`
   * is in lower case.
   */
  headerValues(name: string): readonly string[];
  /** The method, in upper case; `undefined` if it is unknown. */
  readonly method: string | undefined;
  /** Whether the request asks for an upgrade, as a WebSocket does. */
  readonly isUpgrade: boolean;
  /** Whether the request is known to use TLS. */
  readonly isSecure: boolean;
  /** The host of the request, with the port. */
  readonly host: string | undefined;
  /** The path of the request; `undefined` if it is unknown. */
  readonly path: string | undefined;
  /** The connection parameters, if the transport accepts credentials in them. */
  readonly connectionParams: ConnectionParams | undefined;
  /** A token given by hand. With it, headers and cookies do not count. */
  readonly token: string | undefined;
  /** Whether one context serves many operations, as on a WebSocket. */
  readonly isConnection: boolean;
  /** Whether a server sends the result. If not, a caller in the same process gets the values. */
  readonly isServed: boolean;
  /** The response writer, if there is a response. */
  readonly response: ResponseWriter | undefined;
  /** Tells the developer how to give the request a `response`, if it has none. */
  readonly responseRemedy: string | undefined;
  /** Adds the members of the transport to a refusal that a resolver throws. */
  readonly describe: ((error: AuthError) => void) | undefined;
}

/** A request in the shape of any server: Fetch, Node, Express, Fastify or HTTP/2. */
export interface RequestLike {
  /** A `Headers` object, or an object of values by name. */
  readonly headers?: unknown;
  /** The method, in any case. */
  readonly method?: string | undefined;
  /** An absolute URL, or the path with the query. */
  readonly url?: string | undefined;
  /** Express and Fastify: the URL before a router or a middleware changed it. */
  readonly originalUrl?: string | undefined;
  /** Fastify and graphql-http: the server's request, which they wrap. */
  readonly raw?: unknown;
  /** Node: names and values in turn, exactly as the client sent them. */
  readonly rawHeaders?: unknown;
  /** Node: the socket. Its member `encrypted` tells whether the request uses TLS. */
  readonly socket?: unknown;
}

/** Headers as a `Headers` object, or as an object of values by name in any case. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

type Reader = RequestSource["headerValues"];

interface FetchHeaders {
  get(name: string): string | null;
}

/** The members of a request that only the transport knows. */
export type FromTransport = Partial<
  Pick<
    RequestSource,
    "connectionParams" | "token" | "isConnection" | "isServed" | "response" | "responseRemedy" | "describe"
  >
>;

/** Wraps a request, and reads it lazily, because most calls need only one header. */
export function readRequest(request: RequestLike | undefined, extra: FromTransport = {}): RequestSource {
  return new ReadRequest(request, extra);
}

class ReadRequest implements RequestSource {
  readonly connectionParams: RequestSource["connectionParams"];
  readonly token: RequestSource["token"];
  readonly isConnection: boolean;
  readonly isServed: boolean;
  readonly response: RequestSource["response"];
  readonly responseRemedy: RequestSource["responseRemedy"];
  readonly describe: RequestSource["describe"];
  readonly #request: RequestLike | undefined;
  readonly #raw: RequestLike | undefined;
  /** The headers of a Fetch request, which need no reader. */
  #fetched: FetchHeaders | undefined;
  #reader: Reader | undefined;
  #isUpgrade: boolean | undefined;

  constructor(request: RequestLike | undefined, extra: FromTransport) {
    this.#request = request;
    this.#raw = rawRequest(request);
    this.connectionParams = extra.connectionParams;
    this.token = extra.token;
    this.isConnection = extra.isConnection ?? false;
    this.isServed = extra.isServed ?? false;
    this.response = extra.response;
    this.responseRemedy = extra.responseRemedy;
    this.describe = extra.describe;
  }

  headerValues(name: string): readonly string[] {
    if (this.#reader) return this.#reader(name);
    this.#fetched ??= fetchHeaders(this.#request, this.#raw);
    if (this.#fetched) return fetchedValues(this.#fetched, name);
    this.#reader = headerReader(this.#request, this.#raw);
    return this.#reader(name);
  }

  get method(): string | undefined {
    const method = this.#raw?.method ?? this.#request?.method;
    return method?.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  }

  // True even if a middleware has removed the header: the rules for an upgrade are stricter.
  get isUpgrade(): boolean {
    return (this.#isUpgrade ??=
      countOf(sentBy(this.#raw) ?? [], "upgrade") > 0 || this.headerValues("upgrade").length > 0);
  }

  get isSecure(): boolean {
    return (
      this.#url?.protocol === "https:" || (this.#raw?.socket as { encrypted?: boolean } | undefined)?.encrypted === true
    );
  }

  get host(): string | undefined {
    return this.headerValues("host")[0] ?? this.headerValues(":authority")[0] ?? this.#url?.host;
  }

  get path(): string | undefined {
    const { url, originalUrl = url } = this.#raw ?? {};
    return typeof originalUrl === "string" && URL.canParse(originalUrl, "http://localhost")
      ? new URL(originalUrl, "http://localhost").pathname
      : undefined;
  }

  get #url(): URL | undefined {
    const url = this.#raw?.url;
    return isAbsolute(url) ? new URL(url) : undefined;
  }
}

/** The server's request, if a framework has wrapped it; else the request itself. */
export function rawRequest(request: RequestLike | undefined): RequestLike | undefined {
  const raw = request?.raw as RequestLike | null | undefined;
  return raw?.headers === undefined ? request : raw;
}

// These count only if the client's request had them. Mercurius copies the payload of
// connection_init into `headers`, so a page could forge them there.
const SET_BY_BROWSERS: readonly string[] = ["origin", "sec-fetch-site", "host", ":authority", "cookie"];

// Node keeps the first value of these, joins others by ", " and cookies by "; ": https://nodejs.org/api/http.html#messageheaders
const FIRST_IS_KEPT: readonly string[] = [
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "server",
  "user-agent",
];

/**
 * A reader of headers. The values come from `headers`, which a middleware may have changed.
 * `rawHeaders` tells whether the client sent a header, and whether several times.
 */
function headerReader(request: RequestLike | undefined, raw: RequestLike | undefined): Reader {
  const sent = sentBy(raw);
  const isOfNode = sent !== undefined;
  const shown = readHeaders(request?.headers ?? raw?.headers, isOfNode);
  if (!isOfNode) return shown;
  return (name) => {
    // A Fetch request that wraps an HTTP/2 request has no pseudo-headers.
    const values = name.startsWith(":") ? readHeaders(raw?.headers, isOfNode)(name) : shown(name);
    if (values.length === 0) return values;
    const count = countOf(sent, name);
    if (count === 0) return SET_BY_BROWSERS.includes(name) ? [] : values;
    if (count === 1) return values;
    const all = valuesOf(sent, name);
    return isAsSent(name, values, all) ? all : values;
  };
}

/** The headers of a Fetch request, unless it wraps a request of Node. */
function fetchHeaders(request: RequestLike | undefined, raw: RequestLike | undefined): FetchHeaders | undefined {
  const headers = request?.headers ?? raw?.headers;
  return isFetchHeaders(headers) && sentBy(raw) === undefined ? headers : undefined;
}

// Fetch throws for pseudo-headers, and joins repeated headers by commas.
function fetchedValues(headers: FetchHeaders, name: string): readonly string[] {
  const value = name.startsWith(":") ? null : headers.get(name);
  return value === null ? [] : [value];
}

/**
 * The names and values in turn, as the client sent them. `undefined` for a request that was built
 * by hand, for example by a Lambda adapter of Express.
 */
function sentBy(raw: RequestLike | undefined): readonly string[] | undefined {
  const sent = raw?.rawHeaders;
  return Array.isArray(sent) && sent.length > 0 ? (sent as readonly string[]) : undefined;
}

/** Whether `values` are what Node makes of `all`. If so, no middleware has changed them. */
function isAsSent(name: string, values: readonly string[], all: readonly string[]): boolean {
  if (values.length > 1) return values.length === all.length && values.every((value, i) => value === all[i]);
  const [value] = values;
  if (name === "cookie") return value === all.join("; ");
  return value === all.join(", ") || (FIRST_IS_KEPT.includes(name) && value === all[0]);
}

function readHeaders(headers: unknown, isOfNode: boolean): Reader {
  if (typeof headers !== "object" || headers === null) return () => [];
  if (isFetchHeaders(headers)) return (name) => fetchedValues(headers, name);
  const byName = headers as Readonly<Record<string, unknown>>;
  // Node writes names in lower case; other code writes `Authorization`. Two look-ups cost the same
  // for any number of headers. A client of Mercurius chooses this number.
  if (isOfNode) {
    return (name) => {
      const value = Object.hasOwn(byName, name) ? byName[name] : undefined;
      return textsIn(value ?? byName[capitalize(name)]);
    };
  }
  return (name) =>
    Object.keys(byName)
      .filter((key) => equalsIgnoringCase(key, name))
      .flatMap((key) => textsIn(byName[key]));
}

function capitalize(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function countOf(sent: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i + 1 < sent.length; i += 2) if (equalsIgnoringCase(sent[i] as string, name)) count++;
  return count;
}

function valuesOf(sent: readonly string[], name: string): string[] {
  return sent.filter((_, i) => i % 2 === 1 && equalsIgnoringCase(sent[i - 1] as string, name));
}

function isFetchHeaders(headers: unknown): headers is FetchHeaders {
  return typeof headers === "object" && headers !== null && typeof (headers as { get?: unknown }).get === "function";
}

function isAbsolute(url: unknown): url is string {
  return typeof url === "string" && /^https?:/i.test(url) && URL.canParse(url);
}
