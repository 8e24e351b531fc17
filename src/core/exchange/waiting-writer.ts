/** The response writer for servers that make their response after all resolvers, such as Yoga. */
import { CookieList, isSetBy } from "./cookie-list.ts";
import type { CookieToSet } from "./cookies.ts";
import { HAS_BEGUN, headersWriter, type ResponseHeadersLike, type ResponseWriter } from "./response-writer.ts";

/** A response writer that keeps headers and cookies until the server has made its response. */
export interface WaitingWriter extends ResponseWriter {
  /** Writes everything into the headers of the response. Cookies set later reach no caller. */
  flush(headers: ResponseHeadersLike): void;
}

/** A writer for servers that make their response after all resolvers. */
export function waitingWriter(): WaitingWriter {
  return new Waiting();
}

class Waiting implements WaitingWriter {
  #cookies: CookieList | undefined;
  #mustNotStore = false;
  #isFlushed = false;

  setHeader(): void {
    // The only such header is the challenge, and the server takes it from the result.
  }

  forbidStoring(): void {
    this.#mustNotStore = true;
  }

  whyNoCookies(): string | undefined {
    return this.#isFlushed ? HAS_BEGUN : undefined;
  }

  setCookies(cookies: readonly CookieToSet[]): void {
    (this.#cookies ??= new CookieList()).add(cookies);
  }

  setsCookie(name: string): boolean {
    return this.#cookies !== undefined && isSetBy(this.#cookies.headers, name);
  }

  flush(headers: ResponseHeadersLike): void {
    this.#isFlushed = true;
    if (!this.#mustNotStore && !this.#cookies) return;
    const writer = headersWriter(headers);
    if (this.#mustNotStore) writer.forbidStoring();
    if (this.#cookies) writer.setCookies(this.#cookies.cookies);
    this.#cookies = undefined;
  }
}
