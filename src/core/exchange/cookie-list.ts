/** The cookies of a response, each in place of an earlier one of the same name, domain, path and partition. */
import { type CookiePlace, type CookieToSet, placeOf, readSetCookie } from "./cookies.ts";

/**
 * Cookies that we set in a response, one for each place, in the order in which they were set last.
 */
export class CookieList {
  readonly #byPlace: Map<CookiePlace, CookieToSet> = new Map();
  /** Every header that was ever among them, so that it is known again without being taken apart. */
  readonly #headers: Set<string> = new Set();

  get cookies(): readonly CookieToSet[] {
    return [...this.#byPlace.values()];
  }

  get headers(): readonly string[] {
    return this.cookies.map(({ header }) => header);
  }

  add(cookies: readonly CookieToSet[]): void {
    for (const cookie of cookies) {
      const place = placeOf(cookie.name, cookie.attributes);
      this.#byPlace.delete(place);
      this.#byPlace.set(place, cookie);
      this.#headers.add(cookie.header);
    }
  }

  /** These headers, but for those whose place one of ours takes, and then ours. */
  merge(headers: readonly string[]): string[] {
    const others = headers.filter(
      (header) => !this.#headers.has(header) && !this.#byPlace.has(readSetCookie(header).place),
    );
    return [...others, ...this.headers];
  }
}

/**
 * Whether one of these `Set-Cookie` headers sets a cookie of this name, and does not only clear it.
 */
export function isSetBy(headers: readonly string[], name: string): boolean {
  return headers.some((header) => header.startsWith(`${name}=`) && !readSetCookie(header).isCleared);
}
