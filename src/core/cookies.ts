/** The cookies tokens travel in: what they are called, where they are valid, and how they are written. */
import { stringifySetCookie } from "cookie";
import { CookieError, InvalidConfigError, MissingConfigError } from "./errors.ts";
import type { TokenType } from "./token.ts";

/** The option `cookies`. */
export interface CookieConfig {
  /** The cookie of the auth token. */
  readonly auth?: string;
  /** The cookie of the refresh token. */
  readonly refresh?: string;
  /** Default: none, and only the host that set a cookie gets it back. */
  readonly domain?: string;
  /** Default `"/"`. */
  readonly path?: string;
  /** Default `"lax"`. */
  readonly sameSite?: "lax" | "strict" | "none";
  /** Default `true`. `false` is for development over plain HTTP: then the names have no prefix. */
  readonly secure?: boolean;
}

/** The option, read. */
export interface Cookies {
  /** As they stand in requests. */
  readonly names: { readonly auth?: string | undefined; readonly refresh?: string | undefined };
  /** Where they are valid, which is where they are cleared too. */
  readonly attributes: CookieAttributes;
}

/** The attributes of a cookie. `maxAge` is in seconds; 0 clears the cookie. */
export interface CookieAttributes {
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: "lax" | "strict" | "none";
  readonly path: string;
  readonly domain?: string;
}

/** A cookie to be set. */
export interface CookieToSet {
  readonly name: string;
  readonly value: string;
  /** `maxAge` is in seconds; 0 clears the cookie. */
  readonly attributes: CookieAttributes & { readonly maxAge: number };
  /** The whole of it, as the value of a `Set-Cookie` header. */
  readonly header: string;
}

const HOST = "__Host-";
const SECURE = "__Secure-";
const MAX_BYTES = 4096;

/**
 * Reads the option. Where sessions write the cookies (`areWritten`) their names get the prefix that keeps others from setting them
 * (RFC 6265bis, section 4.1.3), unless they have it already. Throws `InvalidConfigError` for what contradicts itself, `MissingConfigError`.
 */
export function resolveCookies(config: CookieConfig | undefined, areWritten: boolean): Cookies {
  const { auth, refresh, domain, path = "/", sameSite = "lax", secure = true } = config ?? {};
  const attributes = { httpOnly: true, secure, sameSite, path, ...(domain === undefined ? {} : { domain }) } as const;
  if (!config) return { names: {}, attributes };
  const written = (["domain", "path", "sameSite", "secure"] as const).find((option) => config[option] !== undefined);
  if (written !== undefined && !areWritten) throw new MissingConfigError("sessions");
  if (sameSite === "none" && !secure)
    throw new InvalidConfigError("cookies.sameSite", 'is "none", which browsers take from secure cookies only');
  const names = {
    auth: nameOf("auth", auth, attributes, areWritten),
    refresh: nameOf("refresh", refresh, attributes, areWritten),
  };
  if (names.auth === names.refresh) throw new InvalidConfigError("cookies", "names one cookie for both types");
  return { names, attributes };
}

/** The cookie that brings a token, for as many seconds as it lives; without one, the cookie that clears it. */
export function cookieFor(cookies: Cookies, type: TokenType, token?: { value: string; maxAge: number }): CookieToSet {
  const name = cookies.names[type];
  if (name === undefined) throw new MissingConfigError(`cookies.${type}`);
  const { value, maxAge } = token ?? { value: "", maxAge: 0 };
  // RFC 6265, section 6.1: browsers drop what is larger, and say nothing.
  if (name.length + value.length > MAX_BYTES)
    throw new CookieError(`with so many claims "${name}" is larger than the ${MAX_BYTES} bytes that browsers take`);
  const attributes = { ...cookies.attributes, maxAge };
  return { name, value, attributes, header: stringifySetCookie({ name, value, ...attributes }) };
}

function nameOf(
  type: TokenType,
  name: string | undefined,
  { secure, path, domain }: CookieAttributes,
  areWritten: boolean,
): string | undefined {
  const option = `cookies.${type}`;
  if (!areWritten) return name;
  if (name === undefined) throw new MissingConfigError(option);
  const isHost = startsWith(name, HOST);
  if ((isHost || startsWith(name, SECURE)) && !secure)
    throw new InvalidConfigError(
      option,
      "has a prefix that browsers take from secure cookies only, and secure is false",
    );
  if (isHost && (domain !== undefined || path !== "/"))
    throw new InvalidConfigError(option, 'begins with "__Host-", which allows no domain and no path but "/"');
  if (isHost || startsWith(name, SECURE) || !secure) return name;
  return `${domain === undefined && path === "/" ? HOST : SECURE}${name}`;
}

// Browsers know the prefixes in any case.
function startsWith(name: string, prefix: string): boolean {
  return name.toLowerCase().startsWith(prefix.toLowerCase());
}
