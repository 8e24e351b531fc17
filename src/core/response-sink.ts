/** What claimgate writes into a response, whatever the server: a challenge, cookies, and that nobody may store it. */
import type { CookieToSet } from "./cookies.ts";

/** The response to a request. */
export interface ResponseSink {
  /** Sets a header that is not there yet, where it still reaches the caller. */
  setHeader(name: string, value: string): void;
  /** Says `Cache-Control: no-store`, whatever was said before, where it still reaches the caller. */
  forbidStoring(): void;
  /** Why a cookie would not reach the caller any more, or never could; `undefined` where it does. */
  whyNoCookies(): string | undefined;
  /** Sets a cookie, in place of one of the same name that was set before. */
  setCookie(cookie: CookieToSet): void;
}

const HAS_BEGUN = "the response has begun already";

/** Fetch headers that are sent when all is resolved. */
export interface HeadersLike {
  has(name: string): boolean;
  set(name: string, value: string): void;
  append?(name: string, value: string): void;
  delete?(name: string): void;
  getSetCookie?(): string[];
}

/** What is used of a Node response, and of those made of one. */
export interface NodeResponseLike {
  readonly headersSent?: boolean;
  getHeader?(name: string): unknown;
  setHeader(name: string, value: string | string[]): unknown;
  writeHead?(...args: unknown[]): unknown;
}

/** What is used of a Fastify reply. */
export interface FastifyReplyLike {
  readonly sent?: boolean;
  readonly raw?: NodeResponseLike;
  getHeader?(name: string): unknown;
  removeHeader?(name: string): unknown;
  header(name: string, value: string | string[]): unknown;
}

/** The sink of a response that can be written to, or `undefined` for what is none. */
export function sinkOf(response: unknown): ResponseSink | undefined {
  const given = response as Partial<NodeResponseLike & FastifyReplyLike> | null | undefined;
  if (typeof given?.setHeader === "function") return nodeSink(given as NodeResponseLike);
  return typeof given?.header === "function" ? fastifySink(given as FastifyReplyLike) : undefined;
}

/** The sink of headers that go out when all of the response is known. */
export function headersSink(headers: HeadersLike): ResponseSink {
  return new HeadersSink(headers);
}

// A class, as every request has one and hardly any uses it: an object of closures costs a closure for each.
class HeadersSink implements ResponseSink {
  readonly #headers: HeadersLike;

  constructor(headers: HeadersLike) {
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

  setCookie(cookie: CookieToSet): void {
    const headers = this.#headers;
    const others = (headers.getSetCookie?.() ?? []).filter((header) => !isOf(header, cookie));
    headers.delete?.("Set-Cookie");
    for (const header of [...others, cookie.header]) headers.append?.("Set-Cookie", header);
  }
}

/** A sink like `sink` that takes no cookies, for the reason given. */
export function withoutCookies(sink: ResponseSink, reason: string): ResponseSink {
  return {
    setHeader: (name, value) => sink.setHeader(name, value),
    forbidStoring: () => sink.forbidStoring(),
    whyNoCookies: () => reason,
    setCookie: () => undefined,
  };
}

/** A sink that does nothing but hand cookies over. */
export function cookieSink(setCookie: (header: string, cookie: CookieToSet) => void): ResponseSink {
  return {
    setHeader: () => undefined,
    forbidStoring: () => undefined,
    whyNoCookies: () => undefined,
    setCookie: (cookie) => setCookie(cookie.header, cookie),
  };
}

/** A sink that keeps what is written until the server has made its response. */
export interface WaitingSink extends ResponseSink {
  /** Writes it all into the response's headers. From then on no cookie reaches the caller. */
  flush(headers: HeadersLike): void;
}

/** A sink for servers that make their response only when all is resolved. */
export function waitingSink(): WaitingSink {
  return new Waiting();
}

class Waiting implements WaitingSink {
  #cookies: Map<string, CookieToSet> | undefined;
  #mustNotStore = false;
  #isFlushed = false;

  setHeader(): void {
    // The result says its own headers there.
  }

  forbidStoring(): void {
    this.#mustNotStore = true;
  }

  whyNoCookies(): string | undefined {
    return this.#isFlushed ? HAS_BEGUN : undefined;
  }

  setCookie(cookie: CookieToSet): void {
    (this.#cookies ??= new Map()).set(cookie.name, cookie);
  }

  flush(headers: HeadersLike): void {
    this.#isFlushed = true;
    if (!this.#mustNotStore && !this.#cookies) return;
    const sink = headersSink(headers);
    if (this.#mustNotStore) sink.forbidStoring();
    for (const cookie of this.#cookies?.values() ?? []) sink.setCookie(cookie);
    this.#cookies = undefined;
  }
}

function nodeSink(response: NodeResponseLike): ResponseSink {
  const cookies = new Map<string, CookieToSet>();
  let mustNotStore = false;
  const write = writeAtLast(response, () => {
    if (mustNotStore) response.setHeader("Cache-Control", "no-store");
    if (cookies.size === 0) return;
    const ours = [...cookies.values()];
    const others = listOf(response.getHeader?.("Set-Cookie")).filter(
      (header) => !ours.some((one) => isOf(header, one)),
    );
    response.setHeader("Set-Cookie", [...others, ...ours.map(({ header }) => header)]);
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
    setCookie(cookie) {
      cookies.set(cookie.name, cookie);
      write();
    },
  };
}

function fastifySink(reply: FastifyReplyLike): ResponseSink {
  const { raw } = reply;
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
    setCookie(cookie) {
      const others = listOf(reply.getHeader?.("Set-Cookie")).filter((header) => !isOf(header, cookie));
      // Fastify adds a cookie to those that are there.
      reply.removeHeader?.("Set-Cookie");
      reply.header("Set-Cookie", [...others, cookie.header]);
    },
  };
}

/** `write`, which is then done once more as the head goes out: whoever writes the response may set headers over ours, as tRPC does with those of `responseMeta`. */
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

function isOf(header: string, cookie: CookieToSet): boolean {
  return header.startsWith(`${cookie.name}=`);
}
