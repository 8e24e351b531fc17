/** Decides whether cookies count: only in requests from this site's pages or an allowed origin. */
import { type AuthError, InvalidConfigError, refusal, withWords } from "../errors.ts";
import type { RequestSource } from "./request-source.ts";

/** The parsed option `csrf`. */
export interface Csrf {
  readonly origins: readonly string[];
  readonly allow: ((origin: string) => unknown) | undefined;
}

/** The `Origin` of a page that has no origin, such as a sandboxed frame. */
export const OPAQUE_ORIGIN = "null";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** The fault of a request whose cookies do not count. */
export type CsrfFault = "unmarked" | "repeated" | "malformed" | "opaque" | "crossSite" | "otherOrigin" | "otherHost";

// The caller reads these texts: they name headers and options, but never their values.
const FAULTS: Readonly<Record<CsrfFault, string>> = {
  unmarked:
    "the request has no Origin and no Sec-Fetch-Site. Send an Origin of this host or of csrf.origins. " +
    'A client that is not a browser logs in with deliver: "body" and sends its token in a header',
  repeated: "the request has several values of Origin or Sec-Fetch-Site. Send each header once",
  malformed: "Origin is not a valid origin. Send scheme, host and port only, as browsers do",
  opaque: "Origin is null, as in a sandboxed frame. Send the request from a page that has an origin",
  crossSite:
    "Sec-Fetch-Site names another site or origin, and there is no Origin. " +
    "Send the request from a page of this origin, or with an Origin of csrf.origins",
  otherOrigin:
    "Origin is another site or origin. Send the request from this origin, or allow the other by csrf.origins or csrf.allow",
  otherHost:
    "Origin does not match the host and scheme of the request. Allow the origin by csrf.origins or csrf.allow, or let the proxy forward Host unchanged",
};

/** The refusal `CSRF_REJECTED` of a request whose cookies do not count. */
export function cookieRejection(fault: CsrfFault): AuthError {
  return withWords(refusal("CSRF_REJECTED"), { message: `The cookie is not accepted: ${FAULTS[fault]}` });
}

/** The refusal `CSRF_REJECTED` of a request whose response may not set cookies. */
export function setCookieRejection(fault: CsrfFault): AuthError {
  return withWords(refusal("CSRF_REJECTED"), { message: `Cookies cannot be set or cleared: ${FAULTS[fault]}` });
}

/**
 * The reason why cookies do not count for the request; `undefined` if they do. By OWASP's CSRF
 * cheat sheet, `Sec-Fetch-Site` decides first, then `Origin`. Old browsers send neither of them
 * with a read, so without both, cookies count only with a safe method.
 */
export function csrfFaultOf(source: RequestSource, csrf: Csrf): CsrfFault | undefined {
  const fault = markFaultOf(source, csrf);
  if (fault !== "unmarked") return fault;
  const isSafe = !source.isUpgrade && source.method !== undefined && SAFE_METHODS.includes(source.method);
  return isSafe ? undefined : fault;
}

/**
 * The reason why a response may not set cookies; `undefined` if it may. By `Sec-Fetch-Site` or
 * `Origin`, the browser must mark the request as coming from an allowed origin.
 */
export function markFaultOf(source: RequestSource, csrf: Csrf): CsrfFault | undefined {
  const sites = source.headerValues("sec-fetch-site");
  const origins = source.headerValues("origin");
  if (sites.length > 1 || origins.length > 1) return "repeated";
  const [site] = sites;
  const [origin] = origins;
  // Browsers write neither a path nor credentials into `Origin`, so this request is forged.
  if (origin !== undefined && !isOrigin(origin)) return "malformed";
  if (site === "same-origin" || site === "none") return undefined;
  if (origin === undefined) return site === undefined ? "unmarked" : "crossSite";
  if (origin === OPAQUE_ORIGIN) return "opaque";
  if (csrf.origins.includes(origin)) return undefined;
  // Hosts are compared only without Sec-Fetch-Site: for a browser, a page of this host over plain
  // HTTP is another site.
  if (site === undefined && isThisHost(origin, source)) return undefined;
  if (mayUseCookies(csrf, origin)) return undefined;
  return site === undefined ? "otherHost" : "otherOrigin";
}

/**
 * The host of this site as the browser knows it; `undefined` unless the browser marks the request
 * as same-origin.
 */
export function ownHostOf(source: RequestSource): string | undefined {
  const sites = source.headerValues("sec-fetch-site");
  const [origin, ...more] = source.headerValues("origin");
  if (sites.length !== 1 || sites[0] !== "same-origin" || origin === undefined || more.length > 0) return undefined;
  return isOrigin(origin) && URL.canParse(origin) ? new URL(origin).host : undefined;
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(\[[0-9a-f:.]+\]|[^/?#@\\:[\]]+)(:\d+)?$/i;

/** Whether a value is scheme, host and port (RFC 6454, section 7.1), or the opaque origin. */
function isOrigin(value: string): boolean {
  return value === OPAQUE_ORIGIN || (ORIGIN.test(value) && /^[!-~]+$/.test(value));
}

function mayUseCookies({ allow }: Csrf, origin: string): boolean {
  const answer = allow === undefined ? false : allow(origin);
  if (typeof answer === "boolean") return answer;
  // A promise may reject, and an unhandled rejection would end the process.
  Promise.resolve(answer).catch(() => undefined);
  throw new InvalidConfigError("csrf.allow", "must return true or false; it cannot return a promise");
}

function isThisHost(origin: string, source: RequestSource): boolean {
  if (source.host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (protocol !== "https:" && protocol !== "http:") return false;
  // A page over plain HTTP cannot act for a host that is served over TLS.
  if (source.isSecure && protocol === "http:") return false;
  const own = `${protocol}//${source.host}`;
  return isOrigin(own) && URL.canParse(own) && new URL(own).host === host;
}
