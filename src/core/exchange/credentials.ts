/** Finds the credential of a request: the header first, then a cookie of this site. */

import { isAuthError, refusal } from "../errors.ts";
import type { Plan } from "../rules/compile.ts";
import { equalsIgnoringCase, isOptionalWhitespace, trimOptionalWhitespace } from "../util/ascii.ts";
import { type Outcome, settle } from "../util/promises/outcome.ts";
import { MAX_CONNECTION_PARAMS } from "./connection-params.ts";
import type { CookieNames } from "./cookies.ts";
import { type Csrf, type CsrfFault, cookieRejection, csrfFaultOf, markFaultOf, setCookieRejection } from "./csrf.ts";
import type { RequestSource } from "./request-source.ts";

/** The options that decide where credentials are read, and whether cookies count. */
export interface CredentialOptions {
  readonly header: { readonly name: string; readonly scheme: string };
  readonly cookies: { readonly names: CookieNames };
  readonly csrf: Csrf;
}

/** A token and its location. */
export interface Credential {
  readonly token: string;
  readonly location: "header" | "cookies";
}

interface Verdict {
  readonly fault: CsrfFault | undefined;
}

/**
 * The credentials of a request, or of a connection and all its operations. Each credential is read
 * once for all calls, because a caller can send long headers together with many calls.
 */
export class Credentials {
  readonly source: RequestSource;
  /** The credential in the header; `null` without one. */
  #header: Credential | null | undefined;
  #headerFault: { readonly error: unknown } | undefined;
  /** The credential in a cookie, by the slot of the plan. */
  #inCookies: Map<number, Outcome<Credential | undefined>> | undefined;
  /** The cookie values by name. The configuration bounds the number of names. */
  #cookies: Map<string, readonly string[]> | undefined;
  #csrf: Verdict | undefined;
  #marks: Verdict | undefined;

  constructor(source: RequestSource) {
    this.source = source;
  }

  /**
   * The credential for a plan; `undefined` if the request has none.
   * @throws `AuthError`: `CREDENTIALS_AMBIGUOUS` or `CSRF_REJECTED`.
   */
  find(plan: Plan, options: CredentialOptions): Credential | undefined {
    const inHeader = this.#findInHeader(options);
    if (inHeader) return inHeader;
    // A rule for the header ignores cookies, so a cookie cannot cause its rejection.
    return plan.location === "header" ? undefined : this.#findInCookies(plan, options);
  }

  /**
   * The token given by hand, in the header or in the connection parameters.
   * @throws `AuthError`: `CREDENTIALS_AMBIGUOUS`.
   */
  headerToken(options: CredentialOptions): string | undefined {
    return this.#findInHeader(options)?.token;
  }

  /**
   * The values of all cookies with exactly this name (RFC 6265bis, section 5.6). A cookie with
   * an empty value does not count: it has been cleared.
   */
  cookieTokens(name: string | undefined): readonly string[] {
    if (name === undefined) return [];
    const known = this.#cookies?.get(name);
    if (known) return known;
    const values = cookiesNamed(name, this.source.headerValues("cookie"));
    (this.#cookies ??= new Map()).set(name, values);
    return values;
  }

  /** Throws `AuthError` (`CSRF_REJECTED`) if cookies do not count for the request. */
  assertCookiesCount({ csrf }: CredentialOptions): void {
    const { fault } = (this.#csrf ??= { fault: csrfFaultOf(this.source, csrf) });
    if (fault !== undefined) throw cookieRejection(fault);
  }

  /** Throws `AuthError` (`CSRF_REJECTED`) if the response may not set cookies. */
  assertMayGetCookies({ csrf }: CredentialOptions): void {
    const { fault } = (this.#marks ??= { fault: markFaultOf(this.source, csrf) });
    if (fault !== undefined) throw setCookieRejection(fault);
  }

  #findInHeader(options: CredentialOptions): Credential | null {
    if (this.#header !== undefined) return this.#header;
    if (this.#headerFault) throw this.#headerFault.error;
    try {
      const token = this.source.token ?? readHeader(this.source, options);
      return (this.#header = token === undefined ? null : { token, location: "header" });
    } catch (error) {
      this.#headerFault = { error };
      throw error;
    }
  }

  #findInCookies({ slot, type }: Plan, options: CredentialOptions): Credential | undefined {
    const found = (this.#inCookies ??= new Map());
    const known = found.get(slot);
    if (known) return settle(known);
    try {
      const value = this.#readCookie(options.cookies.names[type], options);
      found.set(slot, { value });
      return value;
    } catch (error) {
      // An error of `csrf.allow` is not a verdict about the request.
      if (isAuthError(error)) found.set(slot, { error });
      throw error;
    }
  }

  #readCookie(name: string | undefined, options: CredentialOptions): Credential | undefined {
    const token = onlyOne(this.cookieTokens(name));
    if (token === undefined) return undefined;
    this.assertCookiesCount(options);
    return { token, location: "cookies" };
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

function readHeader(source: RequestSource, options: CredentialOptions): string | undefined {
  const sent = source.headerValues(options.header.name);
  const { connectionParams } = source;
  const [value] = sent;
  if (value === undefined || sent.length > 1 || connectionParams)
    return onlyOne(allTokens(sent, connectionParams, options));
  return plainToken(value, options.header.scheme) ?? onlyOne(tokensOf(value, options));
}

/** The common case: the configured scheme, one space, and a token without spaces and commas. */
function plainToken(value: string, scheme: string): string | undefined {
  const at = scheme.length + 1;
  const isPlain =
    scheme !== "" &&
    value.length > at &&
    value.startsWith(scheme) &&
    value[at - 1] === " " &&
    !value.includes(" ", at) &&
    !value.includes(",") &&
    !value.includes("\t");
  return isPlain ? value.slice(at) : undefined;
}

// A separate function: V8 allocates the variables of a closure on entry to its enclosing function.
function allTokens(
  sent: readonly string[],
  connectionParams: RequestSource["connectionParams"],
  options: CredentialOptions,
): readonly string[] {
  const read = (value: unknown): readonly string[] => tokensOf(value, options);
  if (!connectionParams) return sent.flatMap(read);
  // The unread parameters may hold another token than the header.
  if (connectionParams.areTooMany)
    throw refusal(
      "CREDENTIALS_AMBIGUOUS",
      new Error(`There are more than ${MAX_CONNECTION_PARAMS} connection parameters: send fewer`),
    );
  // Browsers cannot set the header of a WebSocket, so connection parameters replace it.
  const names = [...new Set(["authorization", options.header.name])];
  return [...sent.flatMap(read), ...connectionParams.tokens(names, read)];
}

function tokensOf(value: unknown, { header: { scheme } }: CredentialOptions): readonly string[] {
  if (typeof value !== "string") return [];
  if (value.includes(",")) return partsOf(value, scheme).flatMap((part) => tokensIn(part, scheme));
  return tokensIn(trimOptionalWhitespace(value), scheme);
}

// Real headers have a handful of credentials. The limit bounds the work of one request.
const MAX_PARTS = 100;

// Servers join repeated headers by commas. A part that starts no credential continues the last one.
function partsOf(value: string, scheme: string): string[] {
  const parts = value.split(",", MAX_PARTS + 1);
  if (parts.length > MAX_PARTS)
    throw refusal(
      "CREDENTIALS_AMBIGUOUS",
      new Error(`A header has ${MAX_PARTS} commas or more between its credentials: send one credential`),
    );
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
 * The token after the scheme. The scheme matches in any ASCII case. The list is empty for another
 * scheme, and for a scheme without a token.
 */
function tokensIn(credential: string, scheme: string): readonly string[] {
  if (scheme === "") return tokenIn(credential);
  if (!equalsIgnoringCase(credential.slice(0, scheme.length), scheme)) return [];
  if (!isOptionalWhitespace(credential, scheme.length)) return [];
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
