/** Finds the one credential a request carries: header before cookie, and a cookie only where it cannot have been sent by another site. */

import { isAuthError, refusal } from "../errors.ts";
import type { Plan } from "../rules/compile.ts";
import { equalsIgnoringCase, isOptionalWhitespace, trimOptionalWhitespace } from "../util/ascii.ts";
import { type Outcome, settle } from "../util/outcome.ts";
import type { CookieNames } from "./cookies.ts";
import { type Csrf, type CsrfFault, cookieRejection, csrfFaultOf, markFaultOf, setCookieRejection } from "./csrf.ts";
import type { RequestSource } from "./request-source.ts";

/** The options that say where credentials are. */
export interface CredentialOptions {
  readonly header: { readonly name: string; readonly scheme: string };
  readonly cookies: { readonly names: CookieNames };
  readonly csrf: Csrf;
}

/** A token, and where it came from. */
export interface Credential {
  readonly token: string;
  readonly location: "header" | "cookies";
}

interface Verdict {
  readonly fault: CsrfFault | undefined;
}

/**
 * The credentials of a request, or of a connection with all of its operations. Each is read once,
 * however many calls ask: the headers may be as long as the calls are many.
 */
export class Credentials {
  readonly source: RequestSource;
  /** By slot. */
  readonly #found: Outcome<Credential | undefined>[] = [];
  #header: Outcome<string | undefined> | undefined;
  /** By name; the configuration names a few. */
  #cookies: Map<string, readonly string[]> | undefined;
  #csrf: Verdict | undefined;
  #marks: Verdict | undefined;

  constructor(source: RequestSource) {
    this.source = source;
  }

  /**
   * The credential that a rule looks for, or `undefined`. Throws a refusal:
   * `CREDENTIALS_AMBIGUOUS`, `CSRF_REJECTED`.
   */
  find(plan: Plan, options: CredentialOptions): Credential | undefined {
    const known = this.#found[plan.slot];
    if (known) return settle(known);
    try {
      const value = this.#read(plan, options);
      this.#found[plan.slot] = { value };
      return value;
    } catch (error) {
      // An error that `csrf.allow` throws says nothing about the request.
      if (isAuthError(error)) this.#found[plan.slot] = { error };
      throw error;
    }
  }

  /**
   * The token given by hand, or in the header or the connection parameters. Throws a refusal:
   * `CREDENTIALS_AMBIGUOUS`.
   */
  headerToken(options: CredentialOptions): string | undefined {
    if (this.#header) return settle(this.#header);
    try {
      const value = this.source.token ?? onlyOne(headerTokens(this.source, options));
      this.#header = { value };
      return value;
    } catch (error) {
      this.#header = { error };
      throw error;
    }
  }

  /**
   * The values of all cookies of a name, which is matched exactly (RFC 6265bis, section 5.6). A
   * cookie that was cleared is no cookie.
   */
  cookieTokens(name: string | undefined): readonly string[] {
    if (name === undefined) return [];
    const known = this.#cookies?.get(name);
    if (known) return known;
    const values = cookiesNamed(name, this.source.headerValues("cookie"));
    (this.#cookies ??= new Map()).set(name, values);
    return values;
  }

  /** Throws `CSRF_REJECTED` where cookies do not count for the request: see `csrfFaultOf`. */
  assertCookiesCount({ csrf }: CredentialOptions): void {
    const { fault } = (this.#csrf ??= { fault: csrfFaultOf(this.source, csrf) });
    if (fault !== undefined) throw cookieRejection(fault);
  }

  /** Throws `CSRF_REJECTED` where the request may not be given cookies: see `markFaultOf`. */
  assertMayGetCookies({ csrf }: CredentialOptions): void {
    const { fault } = (this.#marks ??= { fault: markFaultOf(this.source, csrf) });
    if (fault !== undefined) throw setCookieRejection(fault);
  }

  #read({ type, location }: Plan, options: CredentialOptions): Credential | undefined {
    const fromHeader = this.headerToken(options);
    if (fromHeader !== undefined) return { token: fromHeader, location: "header" };
    // A rule that asks for a header does not look at cookies, and so is not refused because of one.
    const fromCookie = location === "header" ? undefined : onlyOne(this.cookieTokens(options.cookies.names[type]));
    if (fromCookie === undefined) return undefined;
    this.assertCookiesCount(options);
    return { token: fromCookie, location: "cookies" };
  }
}

function onlyOne(tokens: readonly string[]): string | undefined {
  if (tokens.length > 1 && tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");
  return tokens[0];
}

function cookiesNamed(name: string, headers: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (const header of headers) {
    for (const pair of header.split(";")) {
      const at = pair.indexOf("=");
      if (at < name.length || trimOptionalWhitespace(pair.slice(0, at)) !== name) continue;
      const value = unquote(trimOptionalWhitespace(pair.slice(at + 1)));
      if (value !== "") values.push(value);
    }
  }
  return values;
}

function headerTokens(source: RequestSource, options: CredentialOptions): readonly string[] {
  const sent = source.headerValues(options.header.name);
  const { connectionParams } = source;
  if (sent.length === 1 && !connectionParams) return tokensOf(sent[0], options);
  return allTokens(sent, connectionParams, options);
}

// A function of its own: V8 makes room for what a closure holds on the way into the function around
// it.
function allTokens(
  sent: readonly string[],
  connectionParams: RequestSource["connectionParams"],
  options: CredentialOptions,
): readonly string[] {
  const read = (value: unknown): readonly string[] => tokensOf(value, options);
  if (!connectionParams) return sent.flatMap(read);
  // A token may be among them, of another caller than a token elsewhere.
  if (connectionParams.areTooMany)
    throw refusal("CREDENTIALS_AMBIGUOUS", new Error("There are too many connection parameters"));
  // Connection parameters stand in for the header a browser cannot set on a WebSocket.
  const names = [...new Set(["authorization", options.header.name])];
  return [...sent.flatMap(read), ...connectionParams.tokens(names, read)];
}

function tokensOf(value: unknown, { header: { scheme } }: CredentialOptions): readonly string[] {
  if (typeof value !== "string") return [];
  // As nearly always: the scheme as it is configured, a space, and a token, which has neither
  // spaces nor commas.
  const at = scheme.length + 1;
  const isPlain =
    scheme !== "" &&
    value.length > at &&
    value.startsWith(scheme) &&
    value[at - 1] === " " &&
    !value.includes(" ", at) &&
    !value.includes(",");
  if (isPlain) return tokenIn(value.slice(at));
  if (value.includes(",")) return partsOf(value, scheme).flatMap((part) => tokensIn(part, scheme));
  return tokensIn(trimOptionalWhitespace(value), scheme);
}

// A header of credentials has a handful; whether one of so many is a token cannot be told for less
// than a call of the operation costs.
const MAX_PARTS = 100;

// Repeated headers arrive joined by commas. A part that does not start a credential of its own
// belongs to the one before.
function partsOf(value: string, scheme: string): string[] {
  const parts = value.split(",", MAX_PARTS + 1);
  if (parts.length > MAX_PARTS)
    throw refusal("CREDENTIALS_AMBIGUOUS", new Error("A header has too many commas to tell its credentials"));
  const credentials: string[] = [];
  for (const part of parts.map(trimOptionalWhitespace)) {
    const last = credentials.length - 1;
    const starts = /^[^ \t=",]+[ \t]+[^ \t]/.test(part) || equalsIgnoringCase(part, scheme);
    if (scheme === "" || last < 0 || starts) credentials.push(part);
    else credentials[last] = `${credentials[last]},${part}`;
  }
  return credentials;
}

/**
 * The token behind the scheme, whose letters may have any case; none behind another scheme, and
 * none behind a scheme alone.
 */
function tokensIn(credential: string, scheme: string): readonly string[] {
  if (scheme === "") return tokenIn(credential);
  if (!equalsIgnoringCase(credential.slice(0, scheme.length), scheme)) return [];
  if (credential.length > scheme.length && !isOptionalWhitespace(credential, scheme.length)) return [];
  return tokenIn(credential.slice(scheme.length));
}

function tokenIn(text: string): readonly string[] {
  const token = trimOptionalWhitespace(text);
  return token === "" ? [] : [token];
}

function unquote(value: string): string {
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}
