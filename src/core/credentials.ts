/** Finds the one credential a request carries: header before cookie, and a cookie only where it cannot have been sent by another site. */
import type { ResolvedConfig } from "./config.ts";
import { isOwnRequest } from "./csrf.ts";
import { refusal } from "./errors.ts";
import type { RequestSource } from "./request-source.ts";
import type { TokenType } from "./token.ts";

/** A token, and where it came from. */
export interface Credential {
  readonly token: string;
  readonly location: "header" | "cookies";
}

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
  const cookieName = wanted.location === "header" ? undefined : config.cookies.names[wanted.type];
  const fromCookie = cookieName === undefined ? undefined : onlyOne(cookieTokens(source, cookieName));
  if (fromCookie === undefined) return undefined;
  if (!isOwnRequest(source, config.origins)) throw refusal("CSRF_REJECTED");
  return { token: fromCookie, location: "cookies" };
}

function onlyOne(tokens: readonly string[]): string | undefined {
  if (tokens.length > 1 && tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");
  return tokens[0];
}

function headerTokens(source: RequestSource, config: ResolvedConfig): readonly string[] {
  const sent = source.headerValues(config.header.name);
  const { connectionParams } = source;
  if (!connectionParams) return sent.length === 1 ? tokensOf(sent[0], config) : allTokensOf(sent, config);
  // Connection parameters stand in for the header a browser cannot set on a WebSocket.
  const names = ["authorization", config.header.name];
  const fromParams = Object.keys(connectionParams).filter((key) => names.includes(key.toLowerCase()));
  return allTokensOf([...sent, ...fromParams.map((key) => connectionParams[key])], config);
}

function allTokensOf(values: readonly unknown[], config: ResolvedConfig): readonly string[] {
  return values.flatMap((value) => tokensOf(value, config));
}

function tokensOf(value: unknown, { header: { scheme }, maxTokenLength }: ResolvedConfig): readonly string[] {
  if (typeof value !== "string") return [];
  // Too long for two tokens: not taken apart, and refused as too long.
  if (value.length > 2 * (maxTokenLength + scheme.length + 2)) {
    const word = value.slice(0, scheme.length + 1).trimEnd();
    return scheme === "" || word.toLowerCase() === scheme.toLowerCase() ? [value] : [];
  }
  // As nearly always: the scheme as it is configured, a space, and a token, which has neither spaces nor commas.
  const at = scheme.length + 1;
  if (
    scheme !== "" &&
    value.startsWith(scheme) &&
    value[at - 1] === " " &&
    !value.includes(" ", at) &&
    !value.includes(",")
  )
    return [value.slice(at).trim()];
  if (value.includes(",")) return partsOf(value, scheme).flatMap((part) => tokenOf(part, scheme) ?? []);
  const credential = value.trim();
  const token = credential === "" ? undefined : tokenOf(credential, scheme);
  return token === undefined ? [] : [token];
}

// Repeated headers arrive joined by commas. A part that does not start a credential of its own belongs to the one before.
function partsOf(value: string, scheme: string): string[] {
  const credentials: string[] = [];
  for (const part of value.split(",").map((text) => text.trim())) {
    const last = credentials.length - 1;
    if (scheme === "" || last < 0 || /^[^\s=",]+ +\S/.test(part)) credentials.push(part);
    else credentials[last] = `${credentials[last]},${part}`;
  }
  return credentials;
}

/** What stands behind the scheme, in any case; `undefined` where it is another. */
function tokenOf(credential: string, scheme: string): string | undefined {
  if (scheme === "") return credential;
  const isOfScheme = credential.slice(0, scheme.length).toLowerCase() === scheme.toLowerCase();
  const rest = credential.slice(scheme.length);
  return isOfScheme && (rest === "" || /^\s/.test(rest)) ? rest.trim() : undefined;
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
