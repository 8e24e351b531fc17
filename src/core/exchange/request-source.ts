/** What claimgate reads of a request, whatever the server: a Fetch `Request`, a Node or Fastify request, or headers given by hand. */

import type { AuthError } from "../errors.ts";
import { equalsIgnoringCase } from "../util/ascii.ts";
import type { ConnectionParams } from "./connection-params.ts";
import type { ResponseWriter } from "./response-writer.ts";

/** A request, reduced to what decides about its credentials. */
export interface RequestSource {
  /**
   * All values of a header that the application still shows, in the order they came; the name is in
   * lower case.
   */
  headerValues(name: string): readonly string[];
  /** In upper case; absent where it is not known. */
  readonly method: string | undefined;
  /** A WebSocket or other upgrade. */
  readonly isUpgrade: boolean;
  /** Whether the request is known to have come over TLS. */
  readonly isSecure: boolean;
  /** The host it was sent to, with the port. */
  readonly host: string | undefined;
  /** The path it was sent to, where that is known. */
  readonly path: string | undefined;
  /** Connection parameters, where they count. */
  readonly connectionParams: ConnectionParams | undefined;
  /** A token given by hand, in place of any header or cookie. */
  readonly token: string | undefined;
  /** One context serves many operations, as on a WebSocket. */
  readonly isConnection: boolean;
  /**
   * A server answers it, and sends all that the answer holds; by hand, a caller gets the very
   * values.
   */
  readonly isServed: boolean;
  /** The response, where it can be written to. */
  readonly response: ResponseWriter | undefined;
  /** Tells the developer how to give the request a `response`, where it has none. */
  readonly responseRemedy: string | undefined;
  /**
   * Says on a refusal that a resolver is about to throw itself what the transport wants to be said
   * of it.
   */
  readonly describe: ((error: AuthError) => void) | undefined;
}

/** A request in any of the shapes servers hand out. */
export interface RequestLike {
  readonly headers?: unknown;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Express and Fastify: the URL before a router or a middleware changed it. */
  readonly originalUrl?: string | undefined;
  /** Fastify and graphql-http: the server's own request. */
  readonly raw?: unknown;
  readonly rawHeaders?: unknown;
  readonly socket?: unknown;
}

/** Headers as a user may give them. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

type Reader = RequestSource["headerValues"];

/** What only the transport knows of a request. */
export type FromTransport = Partial<
  Pick<
    RequestSource,
    "connectionParams" | "token" | "isConnection" | "isServed" | "response" | "responseRemedy" | "describe"
  >
>;

/**
 * A request, read as far as something asks for it: most requests are asked for one header. `extra`
 * adds facts of the transport.
 */
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
  #reader: Reader | undefined;

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
    this.#reader ??= headerReader(this.#request, this.#raw);
    return this.#reader(name);
  }

  get method(): string | undefined {
    const method = this.#raw?.method ?? this.#request?.method;
    return method?.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  }

  // Also where a middleware removed the header: as an upgrade the request is judged more strictly.
  get isUpgrade(): boolean {
    return countOf(sentBy(this.#raw) ?? [], "upgrade") > 0 || this.headerValues("upgrade").length > 0;
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

/** The server's own request, where this is one made from it. */
export function rawRequest(request: RequestLike | undefined): RequestLike | undefined {
  const raw = request?.raw as RequestLike | null | undefined;
  return raw?.headers === undefined ? request : raw;
}

// Only a browser sets these, and it sets them on the request itself. Some servers copy into
// `headers` what a page sent by other means: Mercurius the payload of connection_init.
const SET_BY_BROWSERS: readonly string[] = ["origin", "sec-fetch-site", "host", ":authority", "cookie"];

// Of these Node keeps the first; others it joins by ", ", and cookies by "; " (https://nodejs.org/api/http.html#messageheaders).
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
 * `headers` decides: a middleware may have removed a header, changed it or added one. `rawHeaders`,
 * which has the headers as they were sent, only tells whether there were several of a name.
 */
function headerReader(request: RequestLike | undefined, raw: RequestLike | undefined): Reader {
  const sent = sentBy(raw);
  const isOfNode = sent !== undefined;
  const shown = readHeaders(request?.headers ?? raw?.headers, isOfNode);
  if (!isOfNode) return shown;
  return (name) => {
    // A Fetch request that was made from an HTTP/2 request has no pseudo-headers.
    const values = name.startsWith(":") ? readHeaders(raw?.headers, isOfNode)(name) : shown(name);
    if (values.length === 0) return values;
    const count = countOf(sent, name);
    if (count === 0) return SET_BY_BROWSERS.includes(name) ? [] : values;
    if (count === 1) return values;
    const all = valuesOf(sent, name);
    return isAsSent(name, values, all) ? all : values;
  };
}

/**
 * Names and values in turn, as they were sent. A request put together by hand, as Lambda adapters
 * of Express do, has none.
 */
function sentBy(raw: RequestLike | undefined): readonly string[] | undefined {
  const sent = raw?.rawHeaders;
  return Array.isArray(sent) && sent.length > 0 ? (sent as readonly string[]) : undefined;
}

/** Whether Node has made `values` of `all`, and no middleware has changed them since. */
function isAsSent(name: string, values: readonly string[], all: readonly string[]): boolean {
  if (values.length > 1) return values.length === all.length && values.every((value, i) => value === all[i]);
  const [value] = values;
  if (name === "cookie") return value === all.join("; ");
  return value === all.join(", ") || (FIRST_IS_KEPT.includes(name) && value === all[0]);
}

function readHeaders(headers: unknown, isOfNode: boolean): Reader {
  if (typeof headers !== "object" || headers === null) return () => [];
  if (isFetchHeaders(headers)) {
    return (name) => {
      // Fetch refuses pseudo-headers, and joins repeated ones with commas.
      const value = name.startsWith(":") ? null : headers.get(name);
      return value === null ? [] : [value];
    };
  }
  const byName = headers as Readonly<Record<string, unknown>>;
  // Node's names are in lower case. Other code writes `Authorization`, too. Both are looked up, and
  // not searched for, since a server may have copied any number of names into them: Mercurius those
  // of connection_init.
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

function isFetchHeaders(headers: object): headers is { get(name: string): string | null } {
  return typeof (headers as { get?: unknown }).get === "function";
}

function isAbsolute(url: unknown): url is string {
  return typeof url === "string" && /^https?:/i.test(url) && URL.canParse(url);
}
