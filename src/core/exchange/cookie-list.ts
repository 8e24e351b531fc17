/** The cookies that claimgate sets in one response. */
import { type CookiePlace, type CookieToSet, placeOf, readSetCookie } from "./cookies.ts";

/**
 * The cookies of a response. A cookie replaces an earlier one of the same name, domain, path and
 * partition, and moves to the end.
 */
export class CookieList {
  readonly #byPlace: Map<CookiePlace, CookieToSet> = new Map();
  /** Every header that was ever in the list: `merge` recognizes it without parsing it. */
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

  /** The given headers that no cookie of the list replaces, followed by the list's own headers. */
  merge(headers: readonly string[]): string[] {
    const others = headers.filter(
      (header) => !this.#headers.has(header) && !this.#byPlace.has(readSetCookie(header).place),
    );
    return [...others, ...this.headers];
  }
}

/** Whether one of these `Set-Cookie` headers sets a cookie of this name, rather than clears it. */
export function isSetBy(headers: readonly string[], name: string): boolean {
  return headers.some((header) => header.startsWith(`${name}=`) && !readSetCookie(header).isCleared);
}
