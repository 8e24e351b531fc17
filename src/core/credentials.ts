/** Finds the one credential a request carries: header before cookie, and a cookie only where it cannot have been sent by another site. */
import type { ResolvedConfig } from "./config.ts";
import { refusal } from "./errors.ts";
import type { RequestSource } from "./request-source.ts";
import type { TokenType } from "./token.ts";

/** A token, and where it came from. */
export interface Credential {
  readonly token: string;
  readonly location: "header" | "cookies";
}

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** What a rule says of the credential it looks for. */
export interface Wanted {
  readonly type: TokenType;
  readonly location: Credential["location"] | undefined;
}

/** The credential that a rule looks for, or `undefined` where there is none. Throws a refusal: `CREDENTIALS_AMBIGUOUS`, `CSRF_REJECTED`. */
export function readCredential(source: RequestSource, config: ResolvedConfig, wanted: Wanted): Credential | undefined {
  if (source.token !== undefined) return { token: source.token, location: "header" };
  const fromHeader = onlyOne(headerTokens(source, config));
  if (fromHeader !== undefined) return { token: fromHeader, location: "header" };
  // A rule that asks for a header does not look at cookies, and so is not refused because of one.
  const cookieName = wanted.location === "header" ? undefined : config.cookies[wanted.type];
  const fromCookie = cookieName === undefined ? undefined : onlyOne(cookieTokens(source, cookieName));
  if (fromCookie === undefined) return undefined;
  if (!isOwnRequest(source, config)) throw refusal("CSRF_REJECTED");
  return { token: fromCookie, location: "cookies" };
}

function onlyOne(tokens: readonly string[]): string | undefined {
  if (tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");
  return tokens[0];
}

function headerTokens(source: RequestSource, config: ResolvedConfig): string[] {
  const params = source.connectionParams ?? {};
  // Connection parameters stand in for the header a browser cannot set on a WebSocket.
  const names = ["authorization", config.header.name];
  const fromParams = Object.keys(params).filter((key) => names.includes(key.toLowerCase()));
  const values = [...source.headerValues(config.header.name), ...fromParams.map((key) => params[key])];
  return values.flatMap((value) => (typeof value === "string" ? tokensOf(value, config) : []));
}

// Repeated headers arrive joined by commas. A part that does not start a credential of its own belongs to the one before.
function tokensOf(value: string, { header: { scheme }, maxTokenLength }: ResolvedConfig): string[] {
  // Too long for two tokens: not taken apart, and refused as too long.
  if (value.length > 2 * (maxTokenLength + scheme.length + 2)) {
    const word = value.slice(0, scheme.length + 1).trimEnd();
    return scheme === "" || word.toLowerCase() === scheme.toLowerCase() ? [value] : [];
  }
  if (value.trim() === "") return [];
  const credentials: string[] = [];
  for (const part of value.split(",").map((text) => text.trim())) {
    const last = credentials.length - 1;
    if (scheme === "" || last < 0 || /^[^\s=",]+ +\S/.test(part)) credentials.push(part);
    else credentials[last] = `${credentials[last]},${part}`;
  }
  if (scheme === "") return credentials;
  const prefix = scheme.toLowerCase();
  return credentials.flatMap((credential) => {
    const [word = ""] = credential.split(/\s/, 1);
    return word.toLowerCase() === prefix ? [credential.slice(word.length).trim()] : [];
  });
}

// Cookie names are matched exactly; a cookie that was cleared is none.
function cookieTokens(source: RequestSource, name: string): string[] {
  return source
    .headerValues("cookie")
    .flatMap((header) => header.split(";"))
    .flatMap((pair) => {
      const at = pair.indexOf("=");
      if (at < 0 || pair.slice(0, at).trim() !== name) return [];
      const value = pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1");
      return value === "" ? [] : [value];
    });
}

// OWASP's CSRF cheat sheet: Fetch metadata first, then the origin; without either only what changes nothing.
function isOwnRequest(source: RequestSource, config: ResolvedConfig): boolean {
  const site = source.headerValues("sec-fetch-site");
  const origin = source.headerValues("origin");
  if (site.length > 1 || origin.length > 1) return false;
  if (site[0] === "same-origin" || site[0] === "none") return true;
  if (origin[0] !== undefined && (config.origins.includes(origin[0]) || isThisHost(origin[0], source))) return true;
  const isUnmarked = site.length === 0 && origin.length === 0;
  return isUnmarked && !source.isUpgrade && source.method !== undefined && SAFE_METHODS.includes(source.method);
}

function isThisHost(origin: string, source: RequestSource): boolean {
  if (source.host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (protocol !== "https:" && protocol !== "http:") return false;
  // A page fetched in the clear must not speak for a host that is served over TLS.
  if (source.isSecure && protocol === "http:") return false;
  const own = `${protocol}//${source.host}`;
  return URL.canParse(own) && new URL(own).host === host;
}
