/** Clears cookies that have a current name, but another domain, path or partition. */
import { stringifySetCookie } from "cookie";
import { lowerAscii } from "../util/ascii.ts";
import { type CookieAttributes, type CookieToSet, HOST_PREFIX, hasPrefix } from "./cookies.ts";

/** The hosts and the path that a request may have been sent to, as far as they are known. */
export interface SentTo {
  readonly hosts: readonly (string | undefined)[];
  readonly path: string | undefined;
}

// By default, nginx rejects a response whose head is larger than four kilobytes.
const COOKIE_BYTES = 3500;
const MAX_CLEARED_BYTES = 1200;
const MIN_CLEARED_BYTES = 400;
// Less likely cookies take turns in the rest of the room: a cookie that stays locks the user out.
const LIKELY_PART = 2 / 3;

/** The bytes that remain in a response with the cookies `set`, to clear others of each name. */
export function roomBeside(set: readonly CookieToSet[]): number {
  const left = (COOKIE_BYTES - set.reduce((bytes, cookie) => bytes + bytesOf(cookie), 0)) / 2;
  return Math.max(MIN_CLEARED_BYTES, Math.min(MAX_CLEARED_BYTES, left));
}

// Counts the header's name and the line break too.
function bytesOf({ header }: CookieToSet): number {
  return header.length + "Set-Cookie: \r\n".length;
}

/** Decides which cookies are cleared in addition to the current ones. */
export interface Clearing {
  readonly sentTo: SentTo;
  /**
   * `"likely"`: only cookies that differ from the current one in one attribute. Partitioned cookies
   * count only if the current one is partitioned.
   */
  readonly which: "likely" | "all";
  /**
   * A number that grows with time and selects the first of the less likely cookies. So a later
   * response clears the cookies that have no room in this one.
   */
  readonly turn: number;
  /** The bytes that the cookies may take. */
  readonly room: number;
}

/**
 * Cookies that clear other cookies of this name, which a browser may have sent with the request.
 * The other cookies have another domain or none, a parent path, or another partition. The likeliest
 * come first: they differ least from one of `settings`. As many are returned as fit in `room`.
 */
export function clearedVariants(
  name: string,
  settings: readonly CookieAttributes[],
  { sentTo, which, turn, room }: Clearing,
): CookieToSet[] {
  const all = settings.flatMap((attributes) => variantsOf(name, attributes, sentTo)).toSorted(byLikelihood);
  const isLikely = ({ differences, attributes, others }: Variant): boolean =>
    differences === 1 && (which === "all" || others.partitioned === true || !attributes.partitioned);
  const likely = all.filter(isLikely).map(({ attributes }) => clearedAt(name, attributes));
  const first = withinBytes(likely, room * LIKELY_PART);
  const unlikely = which === "all" ? all.filter(({ differences }) => differences > 1) : [];
  const rest = [...likely.slice(first.length), ...unlikely.map(({ attributes }) => clearedAt(name, attributes))];
  const start = rest.length > 0 ? turn % rest.length : 0;
  return withinBytes([...first, ...rest.slice(start), ...rest.slice(0, start)], room);
}

function withinBytes(cookies: readonly CookieToSet[], most: number): CookieToSet[] {
  let bytes = 0;
  const end = cookies.findIndex((cookie) => (bytes += bytesOf(cookie)) > most);
  return cookies.slice(0, end < 0 ? cookies.length : end);
}

/** A cookie that the browser may hold beside the cookie of some settings. */
interface Variant {
  readonly attributes: CookieAttributes;
  /** The attributes of the cookie of the settings. */
  readonly others: CookieAttributes;
  /** The number of attributes that differ: domain, path, partition. */
  readonly differences: number;
  /** The order among cookies with as many differences: the likeliest has the smallest. */
  readonly distance: number;
}

function variantsOf(name: string, others: CookieAttributes, sentTo: SentTo): Variant[] {
  const { domain, path, partitioned = false, secure } = others;
  const isHost = hasPrefix(name, HOST_PREFIX);
  // The first value of each list is that of the settings.
  const domains = isHost
    ? [domain]
    : [...new Set([domain, undefined, ...[...sentTo.hosts, domain].flatMap(parentsOf)])];
  const paths = isHost ? [path] : [...new Set([path, "/", ...pathsOf(sentTo.path)])];
  const partitions = secure ? [partitioned, !partitioned] : [partitioned];
  return paths.flatMap((path, p) =>
    domains.flatMap((domain, d) =>
      partitions.map((partitioned, n) => ({
        attributes: placed(others, { domain, path, partitioned }),
        others,
        differences: [p, d, n].filter((at) => at > 0).length,
        // Applications change the path of their cookies less often than the domain.
        distance: 2 * p + d + n,
      })),
    ),
  );
}

function byLikelihood(a: Variant, b: Variant): number {
  return a.differences - b.differences || a.distance - b.distance;
}

/** A short cookie: only the attributes that identify it, and those that browsers require. */
function clearedAt(name: string, attributes: CookieAttributes): CookieToSet {
  const { path, domain, secure, partitioned, sameSite } = attributes;
  const needed = {
    path,
    secure,
    ...(domain === undefined ? {} : { domain }),
    ...(partitioned ? { partitioned } : {}),
    ...(sameSite === "none" ? { sameSite } : {}),
  };
  const header = stringifySetCookie({ name, value: "", maxAge: 0, ...needed });
  return { name, value: "", attributes: { ...attributes, maxAge: 0 }, header };
}

function placed(
  { httpOnly, secure, sameSite }: CookieAttributes,
  { domain, path, partitioned }: { domain: string | undefined; path: string; partitioned: boolean },
): CookieAttributes {
  const place = { path, ...(domain === undefined ? {} : { domain }), ...(partitioned ? { partitioned } : {}) };
  return { httpOnly, secure, sameSite, ...place };
}

const MAX_PARENTS = 4;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_PATH = 60;

/**
 * The possible `Domain` attributes of a cookie that is sent to this host. The shortest comes first.
 * Some may be public suffixes, which browsers ignore.
 */
function parentsOf(host: string | undefined): string[] {
  const labels = lowerAscii(host ?? "")
    .replace(/^\.|:\d+$/g, "")
    .split(".");
  if (/^\d*$/.test(labels.at(-1) ?? "")) return [];
  const count = Math.min(labels.length - 1, MAX_PARENTS);
  const parents = Array.from({ length: count }, (_, i) => labels.slice(-2 - i));
  return parents.filter((some) => some.every((label) => LABEL.test(label))).map((some) => some.join("."));
}

/**
 * The possible paths of a cookie that is sent to this path (RFC 6265, section 5.1.4), the shortest
 * first: "/a", "/a/" and "/a/b" for "/a/b".
 */
function pathsOf(path: string | undefined): string[] {
  const text = path ?? "";
  const steps = text.split("/", MAX_PARENTS + 2).slice(1);
  return steps
    .map((_, i) => `/${steps.slice(0, i + 1).join("/")}`)
    .flatMap((one) => (text.startsWith(`${one}/`) ? [one, `${one}/`] : [one]))
    .filter((one) => one.length <= MAX_PATH && /^\/[!-:=-~]+$/.test(one));
}
