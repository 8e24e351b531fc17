/** Makes the cookies that carry tokens, and those that clear them. */
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

/** Earlier settings. `refresh` and `logout` read cookies of these settings until `until`. */
export interface FormerSettings {
  readonly names: CookieNames;
  readonly attributes: CookieAttributes;
  /** In seconds since 1970. */
  readonly until: number;
}

/** The full names of the cookies, with prefixes, by token type. */
export interface CookieNames {
  readonly auth?: string | undefined;
  readonly refresh?: string | undefined;
}

/**
 * The attributes of a cookie.
 * @see RFC 6265, section 4.1.2
 */
export interface CookieAttributes {
  /** Always `true`: scripts of the page cannot read the cookie. */
  readonly httpOnly: true;
  /** Whether the browser sends the cookie only over TLS. */
  readonly secure: boolean;
  /** The requests from other sites with which the browser sends the cookie. */
  readonly sameSite: "lax" | "strict" | "none";
  /** The browser sends the cookie to this path and to the paths below it. */
  readonly path: string;
  /**
   * The browser sends the cookie to this domain and to its subdomains.
   * @default none (only the host that sets the cookie)
   */
  readonly domain?: string;
  /**
   * Whether the browser keeps a separate cookie for each site that embeds the page (CHIPS).
   * @default false
   */
  readonly partitioned?: boolean;
}

/** A cookie to set or clear. */
export interface CookieToSet {
  /** The full name, with its prefix. */
  readonly name: string;
  /** The token; an empty text clears the cookie. */
  readonly value: string;
  /**
   * The attributes of the cookie. `maxAge` is in seconds; 0 clears the cookie. Without `maxAge`,
   * the cookie ends with the browser's session.
   */
  readonly attributes: CookieAttributes & { readonly maxAge?: number };
  /** The value of the `Set-Cookie` header for this cookie. */
  readonly header: string;
}

/** The prefix of a cookie that only this host can set (RFC 6265bis, section 4.1.3.2). */
export const HOST_PREFIX = "__Host-";
/** The prefix of a cookie that can be set only over TLS (RFC 6265bis, section 4.1.3.1). */
export const SECURE_PREFIX = "__Secure-";

/** Whether `name` begins with `prefix`, in any case: browsers ignore the case of prefixes. */
export function hasPrefix(name: string, prefix: string): boolean {
  return equalsIgnoringCase(name.slice(0, prefix.length), prefix);
}

/**
 * The identity of a cookie in a browser (RFC 6265bis, section 5.7): name, domain, path and
 * partition.
 */
export type CookiePlace = string;

/** The identity of a cookie with these attributes. */
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

// RFC 6265bis, section 5.6: browsers ignore a cookie whose name and value together are longer.
const MAX_BYTES = 4096;
// RFC 6265bis, section 5.5: browsers keep a cookie for at most 400 days.
const MAX_AGE_SECONDS = 400 * 86_400;

/**
 * The cookie that carries a token. `maxAge` is in seconds; without it, the cookie ends with the
 * browser's session. Throws `CookieError` for a token that is too long.
 */
export function cookieFor(
  cookies: Cookies,
  type: TokenType,
  { value, maxAge }: { readonly value: string; readonly maxAge: number | undefined },
): CookieToSet {
  const name = nameIn(cookies, type);
  if (name.length + value.length > MAX_BYTES)
    throw new CookieError(
      `the cookie "${name}" is larger than the ${MAX_BYTES} bytes that browsers keep`,
      'Grant fewer claims, or make the call with deliver: "body"',
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
