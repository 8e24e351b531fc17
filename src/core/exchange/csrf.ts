/** Whether a request comes from this site's own pages: a browser's cookies count with no other. */
import { InvalidConfigError } from "../errors.ts";
import type { RequestSource } from "./request-source.ts";

/** The option `csrf`, read. */
export interface Csrf {
  readonly origins: readonly string[];
  readonly allow: ((origin: string) => unknown) | undefined;
}

/** The `Origin` of a page that has no origin, such as a sandboxed frame. */
export const OPAQUE_ORIGIN = "null";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * OWASP's CSRF cheat sheet: Fetch metadata first, then the origin; without either, as sent by old
 * browsers and by no page, only what changes nothing.
 */
export function isOwnRequest(source: RequestSource, csrf: Csrf): boolean {
  if (isMarkedOwn(source, csrf)) return true;
  const isUnmarked = source.headerValues("sec-fetch-site").length === 0 && source.headerValues("origin").length === 0;
  return isUnmarked && !source.isUpgrade && source.method !== undefined && SAFE_METHODS.includes(source.method);
}

/**
 * Whether the browser itself says that the request is this site's own: what a request must be to be
 * given cookies.
 */
export function isMarkedOwn(source: RequestSource, csrf: Csrf): boolean {
  const sites = source.headerValues("sec-fetch-site");
  const origins = source.headerValues("origin");
  if (sites.length > 1 || origins.length > 1) return false;
  const [site] = sites;
  const [origin] = origins;
  // Browsers write neither a path nor credentials into `Origin`: this header is forged, and so may
  // the others be.
  if (origin !== undefined && !isOrigin(origin)) return false;
  if (site === "same-origin" || site === "none") return true;
  if (origin === undefined || origin === OPAQUE_ORIGIN) return false;
  if (csrf.origins.includes(origin)) return true;
  // The browser's word is final: a page of the same host that was fetched in the clear is of
  // another site.
  if (site === undefined && isThisHost(origin, source)) return true;
  return mayUseCookies(csrf, origin);
}

/**
 * The host of this site as the browser knows it; `undefined` where it does not say that the request
 * is this site's own.
 */
export function ownHostOf(source: RequestSource): string | undefined {
  const sites = source.headerValues("sec-fetch-site");
  const [origin, ...more] = source.headerValues("origin");
  if (sites.length !== 1 || sites[0] !== "same-origin" || origin === undefined || more.length > 0) return undefined;
  return isOrigin(origin) && URL.canParse(origin) ? new URL(origin).host : undefined;
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(\[[0-9a-f:.]+\]|[^/?#@\\:[\]]+)(:\d+)?$/i;

/**
 * Scheme, host and port, as an `Origin` header has them (RFC 6454, section 7.1), or the opaque one.
 */
function isOrigin(value: string): boolean {
  return value === OPAQUE_ORIGIN || (ORIGIN.test(value) && /^[!-~]+$/.test(value));
}

function mayUseCookies({ allow }: Csrf, origin: string): boolean {
  const answer = allow === undefined ? false : allow(origin);
  if (typeof answer === "boolean") return answer;
  // A promise that is left alone must not end the process.
  Promise.resolve(answer).catch(() => undefined);
  throw new InvalidConfigError("csrf.allow", "must return true or false, and no promise");
}

function isThisHost(origin: string, source: RequestSource): boolean {
  if (source.host === undefined || !/^[!-~]+$/.test(source.host) || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  if (protocol !== "https:" && protocol !== "http:") return false;
  // A page fetched in the clear must not speak for a host that is served over TLS.
  if (source.isSecure && protocol === "http:") return false;
  const own = `${protocol}//${source.host}`;
  return isOrigin(own) && URL.canParse(own) && new URL(own).host === host;
}
