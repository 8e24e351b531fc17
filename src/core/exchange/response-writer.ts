/** Writes the challenge, the cookies and `Cache-Control` into the response of any server. */
import { CookieList, isSetBy } from "./cookie-list.ts";
import type { CookieToSet } from "./cookies.ts";

/** Writes into the response of one request. */
export interface ResponseWriter {
  /** Sets a header that the response does not have yet, unless its head has been sent. */
  setHeader(name: string, value: string): void;
  /** Replaces `Cache-Control` by `no-store`, unless the head has been sent. */
  forbidStoring(): void;
  /** The reason why cookies cannot reach the caller; `undefined` if they can. */
  whyNoCookies(): string | undefined;
  /** Sets cookies. Each replaces an earlier one of the same name, domain, path and partition. */
  setCookies(cookies: readonly CookieToSet[]): void;
  /** Whether the response sets a cookie of this name, rather than clears it. */
  setsCookie(name: string): boolean;
}

/** The reason of `whyNoCookies` after the head of the response has been sent. */
export const HAS_BEGUN = "the response has begun already";

/** The headers of a Fetch response. Cookies need `append` and `getSetCookie`. */
export interface ResponseHeadersLike {
  /** Whether the header is set. */
  has(name: string): boolean;
  /** Sets a header, and replaces its earlier values. */
  set(name: string, value: string): void;
  /** Adds a value to a header. */
  append?(name: string, value: string): void;
  /** Removes a header. */
  delete?(name: string): void;
  /** The values of `Set-Cookie`, one for each cookie. */
  getSetCookie?(): string[];
}

/** The members of a Node response that the writer uses. */
interface NodeResponseLike {
  readonly headersSent?: boolean;
  getHeader?(name: string): unknown;
  setHeader(name: string, value: string | string[]): unknown;
  writeHead?(...args: unknown[]): unknown;
}

/** The members of a Fastify reply that the writer uses. */
interface FastifyReplyLike {
  readonly sent?: boolean;
  readonly raw?: NodeResponseLike;
  getHeader?(name: string): unknown;
  removeHeader?(name: string): unknown;
  header(name: string, value: string | string[]): unknown;
}

/** The response writer of a Node response or a Fastify reply; `undefined` for any other value. */
export function responseWriterOf(response: unknown): ResponseWriter | undefined {
  const given = response as Partial<NodeResponseLike & FastifyReplyLike> | null | undefined;
  if (typeof given?.setHeader === "function") return nodeWriter(given as NodeResponseLike);
  return typeof given?.header === "function" ? fastifyWriter(given as FastifyReplyLike) : undefined;
}

/** The response writer of headers that the server sends once the whole response is known. */
export function headersWriter(headers: ResponseHeadersLike): ResponseWriter {
  return new HeadersWriter(headers);
}

// A class, because every request makes one and few requests use it: methods need no closures.
class HeadersWriter implements ResponseWriter {
  readonly #headers: ResponseHeadersLike;
  #ours: CookieList | undefined;

  constructor(headers: ResponseHeadersLike) {
    this.#headers = headers;
  }

  setHeader(name: string, value: string): void {
    if (!this.#headers.has(name)) this.#headers.set(name, value);
  }

  forbidStoring(): void {
    this.#headers.set("Cache-Control", "no-store");
  }

  whyNoCookies(): string | undefined {
    const { append, getSetCookie } = this.#headers as { append?: unknown; getSetCookie?: unknown };
    return append && getSetCookie
      ? undefined
      : "the headers of the response must have append and getSetCookie, as those of Fetch do";
  }

  setCookies(cookies: readonly CookieToSet[]): void {
    const headers = this.#headers;
    const ours = (this.#ours ??= new CookieList());
    ours.add(cookies);
    const all = ours.merge(headers.getSetCookie?.() ?? []);
    headers.delete?.("Set-Cookie");
    for (const header of all) headers.append?.("Set-Cookie", header);
  }

  setsCookie(name: string): boolean {
    return isSetBy(this.#headers.getSetCookie?.() ?? [], name);
  }
}

/** A response writer like `writer` that sets no cookies. `reason` tells the caller why. */
export function withoutCookies(writer: ResponseWriter, reason: string): ResponseWriter {
  return {
    setHeader: (name, value) => writer.setHeader(name, value),
    forbidStoring: () => writer.forbidStoring(),
    whyNoCookies: () => reason,
    setCookies: () => undefined,
    setsCookie: () => false,
  };
}

/** A response writer that passes cookies to `setCookie`, and ignores everything else. */
export function cookieWriter(setCookie: (header: string, cookie: CookieToSet) => void): ResponseWriter {
  const given = new CookieList();
  return {
    setHeader: () => undefined,
    forbidStoring: () => undefined,
    whyNoCookies: () => undefined,
    setCookies(cookies) {
      given.add(cookies);
      for (const cookie of cookies) setCookie(cookie.header, cookie);
    },
    setsCookie: (name) => isSetBy(given.headers, name),
  };
}

function nodeWriter(response: NodeResponseLike): ResponseWriter {
  const ours = new CookieList();
  let mustNotStore = false;
  const write = writeAtLast(response, () => {
    if (mustNotStore) response.setHeader("Cache-Control", "no-store");
    if (ours.cookies.length > 0)
      response.setHeader("Set-Cookie", ours.merge(listOf(response.getHeader?.("Set-Cookie"))));
  });
  return {
    setHeader(name, value) {
      if (!response.headersSent && response.getHeader?.(name) === undefined) response.setHeader(name, value);
    },
    forbidStoring() {
      if (response.headersSent) return;
      mustNotStore = true;
      write();
    },
    whyNoCookies: () => (response.headersSent ? HAS_BEGUN : undefined),
    setCookies(cookies) {
      ours.add(cookies);
      write();
    },
    setsCookie: (name) => isSetBy(listOf(response.getHeader?.("Set-Cookie")), name),
  };
}

function fastifyWriter(reply: FastifyReplyLike): ResponseWriter {
  const { raw } = reply;
  const ours = new CookieList();
  // Fastify reports a streamed reply as sent only at its end.
  const hasBegun = (): boolean => reply.sent === true || raw?.headersSent === true;
  const writeAgain = raw && writeAtLast(raw, () => raw.setHeader("Cache-Control", "no-store"));
  return {
    setHeader(name, value) {
      if (!hasBegun() && reply.getHeader?.(name) === undefined) reply.header(name, value);
    },
    forbidStoring() {
      if (hasBegun()) return;
      reply.header("Cache-Control", "no-store");
      writeAgain?.();
    },
    whyNoCookies: () => (hasBegun() ? HAS_BEGUN : undefined),
    setCookies(cookies) {
      ours.add(cookies);
      const all = ours.merge(listOf(reply.getHeader?.("Set-Cookie")));
      // `reply.header` appends cookies, so the earlier ones are removed first.
      reply.removeHeader?.("Set-Cookie");
      reply.header("Set-Cookie", all);
    },
    setsCookie: (name) => isSetBy(listOf(reply.getHeader?.("Set-Cookie")), name),
  };
}

/**
 * Returns a function that calls `write` at once, and again just before the head is sent. A server
 * may overwrite our headers in between, as tRPC does with the headers of `responseMeta`.
 */
function writeAtLast(response: NodeResponseLike, write: () => void): () => void {
  let isExpected = false;
  return () => {
    write();
    const writeHead = response.writeHead?.bind(response);
    if (isExpected || !writeHead) return;
    isExpected = true;
    response.writeHead = (...args) => {
      write();
      return writeHead(...args);
    };
  };
}

function listOf(header: unknown): string[] {
  return [header].flat().filter((value): value is string => typeof value === "string");
}
