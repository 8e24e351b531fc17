/** Writes the cookies that carry tokens. */
import { parseSetCookie, stringifySetCookie } from "cookie";
import { CookieError, MissingConfigError } from "../errors.ts";
import type { TokenType } from "../tokens/token-type.ts";
import { equalsIgnoringCase, lowerAscii } from "../util/ascii.ts";

/** The parsed option `cookies`. */
export interface Cookies {
  readonly names: CookieNames;
  /** The attributes with which the cookies are set and cleared. */
  readonly attributes: CookieAttributes;
  readonly former: readonly FormerSettings[];
}

/** Earlier settings. `refresh` and `logout` read their cookies until `until`, a time in seconds. */
export interface FormerSettings {
  readonly names: CookieNames;
  readonly attributes: CookieAttributes;
  readonly until: number;
}

/** The full names of the cookies, prefixes included, by the type of their token. */
export interface CookieNames {
  readonly auth?: string | undefined;
  readonly refresh?: string | undefined;
}

/**
 * The attributes of a cookie.
 * @see RFC 6265, section 4.1.2
 */
export interface CookieAttributes {
  /** Scripts of the page cannot read the cookie. */
  readonly httpOnly: true;
  /** Whether the browser sends it only over TLS. */
  readonly secure: boolean;
  /** The requests of other sites with which the browser sends it. */
  readonly sameSite: "lax" | "strict" | "none";
  /** The path below which the browser sends it. */
  readonly path: string;
  /**
   * The domain below which the browser sends it.
   * @default the host alone
   */
  readonly domain?: string;
  /**
   * Whether each site that embeds the page has its own cookie (CHIPS).
   * @default false
   */
  readonly partitioned?: boolean;
}

/** A cookie to set or clear. */
export interface CookieToSet {
  /** The full name, prefix included. */
  readonly name: string;
  /** The token, or an empty text to clear the cookie. */
  readonly value: string;
  /**
   * The attributes of the cookie. `maxAge` is in seconds: 0 clears the cookie, and without it the
   * cookie ends with the browser's session.
   */
  readonly attributes: CookieAttributes & { readonly maxAge?: number };
  /** The whole cookie as the value of a `Set-Cookie` header. */
  readonly header: string;
}

/** The prefix of a cookie that only this host can set (RFC 6265bis, section 4.1.3.2). */
export const HOST_PREFIX = "__Host-";
/** The prefix of a cookie that can be set only over TLS (RFC 6265bis, section 4.1.3.1). */
export const SECURE_PREFIX = "__Secure-";

/** Whether a name begins with a prefix. Browsers ignore its case. */
export function hasPrefix(name: string, prefix: string): boolean {
  return equalsIgnoringCase(name.slice(0, prefix.length), prefix);
}

/**
 * The identity of a cookie in a browser (RFC 6265bis, section 5.7): name, domain, path and
 * partition.
 */
export type CookiePlace = string;

/** The place of a cookie. */
export function placeOf(
  name: string,
  { domain = "", path = "", partitioned = false }: Partial<Pick<CookieAttributes, "domain" | "path" | "partitioned">>,
): CookiePlace {
  return [name, lowerAscii(domain).replace(/^\./, ""), path, partitioned].join(";");
}

/** The place of the cookie in a `Set-Cookie` header, and whether the header clears it. */
export function readSetCookie(header: string): { readonly place: CookiePlace; readonly isCleared: boolean } {
  const { name, domain, path, partitioned, maxAge } = parseSetCookie(header, { decode: (text) => text });
  const attributes = { ...(domain ? { domain } : {}), ...(path ? { path } : {}), partitioned: partitioned === true };
  return { place: placeOf(name, attributes), isCleared: maxAge !== undefined && maxAge <= 0 };
}

// RFC 6265, section 6.1: browsers drop a larger cookie without an error.
const MAX_BYTES = 4096;
// RFC 6265bis, section 5.5: browsers keep no cookie longer.
const MAX_AGE_SECONDS = 400 * 86_400;

/** The cookie that carries a token. `maxAge` is in seconds; without it, it is a session cookie. */
export function cookieFor(
  cookies: Cookies,
  type: TokenType,
  { value, maxAge }: { readonly value: string; readonly maxAge: number | undefined },
): CookieToSet {
  const name = nameIn(cookies, type);
  if (name.length + value.length > MAX_BYTES)
    throw new CookieError(
      `the cookie "${name}" is larger than the ${MAX_BYTES} bytes that browsers keep`,
      'Grant fewer claims, or call it with deliver: "body"',
    );
  return toSet(name, value, {
    ...cookies.attributes,
    ...(maxAge === undefined ? {} : { maxAge: Math.min(maxAge, MAX_AGE_SECONDS) }),
  });
}

/** The cookie that clears the current cookie of a token type. */
export function clearedCookie(cookies: Cookies, type: TokenType): CookieToSet {
  return toSet(nameIn(cookies, type), "", { ...cookies.attributes, maxAge: 0 });
}

/** The cookies that clear the cookies of former settings. */
export function clearedFormer({ former }: Cookies): CookieToSet[] {
  return former.flatMap(({ names, attributes }) =>
    [names.auth, names.refresh].flatMap((name) =>
      name === undefined ? [] : toSet(name, "", { ...attributes, maxAge: 0 }),
    ),
  );
}

function nameIn({ names }: Cookies, type: TokenType): string {
  const name = names[type];
  if (name === undefined) throw new MissingConfigError(`cookies.${type}`);
  return name;
}

function toSet(name: string, value: string, attributes: CookieToSet["attributes"]): CookieToSet {
  return { name, value, attributes, header: stringifySetCookie({ name, value, ...attributes }) };
}
