/** What claimgate reads of a request, whatever the server: a Fetch `Request`, a Node or Fastify request, or headers given by hand. */
import type { AuthError } from "./errors.ts";
import type { ResponseSink } from "./response-sink.ts";

/** A request, reduced to what decides about its credentials. */
export interface RequestSource {
  /** All values of a header, in the order they came; the name is in lower case. */
  headerValues(name: string): readonly string[];
  /** In upper case; absent where it is not known. */
  readonly method: string | undefined;
  /** A WebSocket or other upgrade. */
  readonly isUpgrade: boolean;
  /** Whether the request is known to have come over TLS. */
  readonly isSecure: boolean;
  /** The host it was sent to, with the port. */
  readonly host: string | undefined;
  /** Connection parameters, where they count. */
  readonly connectionParams: Readonly<Record<string, unknown>> | undefined;
  /** A token given by hand, in place of any header or cookie. */
  readonly token: string | undefined;
  /** One context serves many operations, as on a WebSocket. */
  readonly isConnection: boolean;
  /** A server answers it, and sends all that the answer holds; by hand, a caller gets the very values. */
  readonly isServed: boolean;
  /** The response, where it can be written to. */
  readonly response: ResponseSink | undefined;
  /** Says on a refusal that a resolver is about to throw itself what the transport wants to be said of it. */
  readonly describe: ((error: AuthError) => void) | undefined;
}

/** A request in any of the shapes servers hand out. */
export interface RequestLike {
  readonly headers?: unknown;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Fastify and graphql-http: the server's own request. */
  readonly raw?: unknown;
  readonly rawHeaders?: unknown;
  readonly socket?: unknown;
}

/** Headers as a user may give them. */
export type HeadersLike =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

const SAID_BY_BROWSERS: readonly string[] = ["origin", "sec-fetch-site", "host"];

type Reader = RequestSource["headerValues"];

/** What only the transport knows of a request. */
export type FromTransport = Partial<
  Pick<RequestSource, "connectionParams" | "token" | "isConnection" | "isServed" | "response" | "describe">
>;

/** What a request says by itself, read when it is asked for: most requests are asked for one header. `extra` adds what only the transport knows. */
export function readRequest(request: RequestLike | undefined, extra: FromTransport = {}): RequestSource {
  return new ReadRequest(rawRequest(request), extra);
}

class ReadRequest implements RequestSource {
  readonly connectionParams: RequestSource["connectionParams"];
  readonly token: RequestSource["token"];
  readonly isConnection: boolean;
  readonly isServed: boolean;
  readonly response: RequestSource["response"];
  readonly describe: RequestSource["describe"];
  readonly #raw: RequestLike | undefined;
  #reader: Reader | undefined;

  constructor(raw: RequestLike | undefined, extra: FromTransport) {
    this.#raw = raw;
    this.connectionParams = extra.connectionParams;
    this.token = extra.token;
    this.isConnection = extra.isConnection ?? false;
    this.isServed = extra.isServed ?? false;
    this.response = extra.response;
    this.describe = extra.describe;
  }

  headerValues(name: string): readonly string[] {
    this.#reader ??= headerReader(this.#raw);
    return this.#reader(name);
  }

  get method(): string | undefined {
    return this.#raw?.method?.toUpperCase();
  }

  get isUpgrade(): boolean {
    return this.headerValues("upgrade").length > 0;
  }

  get isSecure(): boolean {
    return (
      this.#url?.protocol === "https:" || (this.#raw?.socket as { encrypted?: boolean } | undefined)?.encrypted === true
    );
  }

  get host(): string | undefined {
    return this.headerValues("host")[0] ?? this.headerValues(":authority")[0] ?? this.#url?.host;
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

function headerReader(request: RequestLike | undefined): Reader {
  const headers = request?.headers;
  if (typeof headers !== "object" || headers === null) return () => [];
  if (isFetchHeaders(headers)) {
    return (name) => {
      // Fetch refuses pseudo-headers, and joins repeated ones with commas.
      const value = name.startsWith(":") ? null : headers.get(name);
      return value === null ? [] : [value];
    };
  }
  // Node keeps only the first of some repeated headers; `rawHeaders` has them all, as they were sent: names and values in turn.
  const raw = request?.rawHeaders;
  // A request put together by hand, as Lambda adapters of Express do, has its headers in `headers` only.
  const sent = Array.isArray(raw) && raw.length > 0 ? (raw as readonly string[]) : undefined;
  const byName = headers as Record<string, string | readonly string[] | undefined>;
  return (name) => {
    const values = sent ? valuesOf(sent, name) : [];
    if (values.length > 0) return values;
    // What only a browser may say: some servers write into `headers` what a page sent by other means (Mercurius: connection_init).
    if (sent && SAID_BY_BROWSERS.includes(name)) return [];
    return Object.keys(byName)
      .filter((key) => key.toLowerCase() === name)
      .flatMap((key) => byName[key] ?? []);
  };
}

function valuesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i] as string;
    if (key.length === name.length && key.toLowerCase() === name) values.push(raw[i + 1] as string);
  }
  return values;
}

function isFetchHeaders(headers: object): headers is { get(name: string): string | null } {
  return typeof (headers as { get?: unknown }).get === "function";
}

function isAbsolute(url: unknown): url is string {
  return typeof url === "string" && /^https?:/i.test(url) && URL.canParse(url);
}
