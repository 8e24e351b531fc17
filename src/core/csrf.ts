/** Whether a request comes from this site's own pages: what decides where a browser's cookies may act. */
import type { RequestSource } from "./request-source.ts";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** OWASP's CSRF cheat sheet: Fetch metadata first, then the origin; without either, as sent by old browsers and by no page, only what changes nothing. */
export function isOwnRequest(source: RequestSource, origins: readonly string[]): boolean {
  if (isMarkedOwn(source, origins)) return true;
  const isUnmarked = valuesOf(source, "sec-fetch-site").length === 0 && valuesOf(source, "origin").length === 0;
  return isUnmarked && !source.isUpgrade && source.method !== undefined && SAFE_METHODS.includes(source.method);
}

/** Whether the browser itself says that the request is this site's own: what a request must be to be given cookies. */
export function isMarkedOwn(source: RequestSource, origins: readonly string[]): boolean {
  const site = valuesOf(source, "sec-fetch-site");
  const origin = valuesOf(source, "origin");
  if (site.length > 1 || origin.length > 1) return false;
  if (site[0] === "same-origin" || site[0] === "none") return true;
  return origin[0] !== undefined && (origins.includes(origin[0]) || isThisHost(origin[0], source));
}

function valuesOf(source: RequestSource, header: "sec-fetch-site" | "origin"): readonly string[] {
  return source.headerValues(header);
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
