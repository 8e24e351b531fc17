/** What claimgate writes into a response, whatever the server: a challenge, cookies, and that nobody may store it. */
import { CookieList, isSetBy } from "./cookie-list.ts";
import type { CookieToSet } from "./cookies.ts";

/** The response to a request. */
export interface ResponseWriter {
  /** Sets a header that is not there yet, where it still reaches the caller. */
  setHeader(name: string, value: string): void;
  /**
   * Says `Cache-Control: no-store`, whatever was said before, where it still reaches the caller.
   */
  forbidStoring(): void;
  /**
   * Why a cookie would not reach the caller any more, or never could; `undefined` where it does.
   */
  whyNoCookies(): string | undefined;
  /**
   * Sets cookies, each in place of one of the same name, domain, path and partition that was set
   * before.
   */
  setCookies(cookies: readonly CookieToSet[]): void;
  /** Whether the response already sets a cookie of this name, and does not only clear some. */
  setsCookie(name: string): boolean;
}

/** Why no cookie reaches the caller any more. */
export const HAS_BEGUN = "the response has begun already";

/** The headers of a Fetch response, which are sent when all is resolved. */
export interface ResponseHeadersLike {
  has(name: string): boolean;
  set(name: string, value: string): void;
  append?(name: string, value: string): void;
  delete?(name: string): void;
  getSetCookie?(): string[];
}

/** What is used of a Node response, and of those made of one. */
interface NodeResponseLike {
  readonly headersSent?: boolean;
  getHeader?(name: string): unknown;
  setHeader(name: string, value: string | string[]): unknown;
  writeHead?(...args: unknown[]): unknown;
}

/** What is used of a Fastify reply. */
interface FastifyReplyLike {
  readonly sent?: boolean;
  readonly raw?: NodeResponseLike;
  getHeader?(name: string): unknown;
  removeHeader?(name: string): unknown;
  header(name: string, value: string | string[]): unknown;
}

/** The writer of a Node response or a Fastify reply; `undefined` for any other value. */
export function responseWriterOf(response: unknown): ResponseWriter | undefined {
  const given = response as Partial<NodeResponseLike & FastifyReplyLike> | null | undefined;
  if (typeof given?.setHeader === "function") return nodeWriter(given as NodeResponseLike);
  return typeof given?.header === "function" ? fastifyWriter(given as FastifyReplyLike) : undefined;
}

/** The writer of headers that go out when all of the response is known. */
export function headersWriter(headers: ResponseHeadersLike): ResponseWriter {
  return new HeadersWriter(headers);
}

// A class, as every request has one and hardly any uses it: an object of closures costs a closure
// for each.
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
    return append && getSetCookie ? undefined : "the response's headers take no cookies";
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

/** A writer like `writer` that takes no cookies, for the reason given. */
export function withoutCookies(writer: ResponseWriter, reason: string): ResponseWriter {
  return {
    setHeader: (name, value) => writer.setHeader(name, value),
    forbidStoring: () => writer.forbidStoring(),
    whyNoCookies: () => reason,
    setCookies: () => undefined,
    setsCookie: () => false,
  };
}

/** A writer that does nothing but hand cookies over. */
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
  // A reply that is a stream counts as sent only at its end.
  const hasBegun = (): boolean => reply.sent === true || raw?.headersSent === true;
  const sayAgain = raw && writeAtLast(raw, () => raw.setHeader("Cache-Control", "no-store"));
  return {
    setHeader(name, value) {
      if (!hasBegun() && reply.getHeader?.(name) === undefined) reply.header(name, value);
    },
    forbidStoring() {
      if (hasBegun()) return;
      reply.header("Cache-Control", "no-store");
      sayAgain?.();
    },
    whyNoCookies: () => (hasBegun() ? HAS_BEGUN : undefined),
    setCookies(cookies) {
      ours.add(cookies);
      const all = ours.merge(listOf(reply.getHeader?.("Set-Cookie")));
      // Fastify adds a cookie to those that are there.
      reply.removeHeader?.("Set-Cookie");
      reply.header("Set-Cookie", all);
    },
    setsCookie: (name) => isSetBy(listOf(reply.getHeader?.("Set-Cookie")), name),
  };
}

/**
 * `write`, which is then done once more as the head goes out: whoever writes the response may set
 * headers over ours, as tRPC does with those of `responseMeta`.
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
