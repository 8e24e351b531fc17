/** Reads the option `cookies`: names with prefixes, attributes, and former settings. */
import * as z from "zod/mini";
import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import {
  type CookieAttributes,
  type CookiePlace,
  type Cookies,
  type FormerSettings,
  HOST_PREFIX,
  hasPrefix,
  placeOf,
  SECURE_PREFIX,
} from "../exchange/cookies.ts";
import { dateSchema, rejectUndefined } from "../parse-options.ts";
import { lazy } from "../util/lazy.ts";
import { STORE_REMEDY } from "./session-options.ts";

/**
 * The option `cookies`: at least one of `auth` and `refresh`; with `sessions`, both. The other
 * options need `sessions`.
 * @see RFC 6265bis, section 4.1
 */
export interface CookieConfig {
  /**
   * The name of the auth token's cookie. With `sessions` it gets the prefix `__Host-` or
   * `__Secure-`, unless it has one or `secure` is `false`.
   * @default none
   */
  readonly auth?: string;
  /**
   * The name of the refresh token's cookie. It gets the same prefix.
   * @default none
   */
  readonly refresh?: string;
  /**
   * The domain whose hosts receive the cookies. Without it, only the host that set a cookie
   * receives it.
   * @default none
   */
  readonly domain?: string;
  /**
   * The path whose requests carry the cookies. Must begin with `/`.
   * @default "/"
   */
  readonly path?: string;
  /**
   * Which requests from other sites carry the cookies. `"none"` cannot be combined with `secure:
   * false`.
   * @default "lax"
   */
  readonly sameSite?: "lax" | "strict" | "none";
  /**
   * Whether browsers send the cookies over TLS only. `false` is for development over plain HTTP;
   * the names then have no prefix.
   * @default true
   */
  readonly secure?: boolean;
  /**
   * Keeps separate cookies for each site that embeds this one (CHIPS). Set `sameSite: "none"` too.
   * @default false
   */
  readonly partitioned?: boolean;
  /**
   * Earlier settings, whose cookies browsers still have. At most 8.
   * @default none
   */
  readonly former?: readonly FormerCookies[];
}

/**
 * The settings of `cookies` before a change. Only `refresh` and `logout` read such cookies, until
 * `until`, if a request has no current cookie. Every write clears them.
 */
export interface FormerCookies {
  /**
   * The names as browsers send them, prefix included.
   * @default the current names with the prefix of these settings
   */
  readonly names?: { readonly auth?: string; readonly refresh?: string };
  /**
   * The domain of the cookies. A sibling subdomain can set a cookie with a domain, and `refresh`
   * accepts it until `until`.
   * @default none
   */
  readonly domain?: string;
  /**
   * The path of the cookies.
   * @default "/"
   */
  readonly path?: string;
  /**
   * Whether the cookies were partitioned.
   * @default false
   */
  readonly partitioned?: boolean;
  /**
   * The last time that the cookies are read, in seconds since 1970: the time of the change plus
   * `refreshMaxAge`, or earlier.
   */
  readonly until: number;
}

const HEADER_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** @internal The name of a header or a cookie. */
export const nameSchema: z.ZodMiniString = /* @__PURE__ */ z
  .string()
  .check(z.regex(HEADER_TOKEN, "must be a header or cookie name, without spaces and separators"));
const domain = /* @__PURE__ */ z
  .string()
  .check(
    z.regex(
      /^\.?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i,
      "must be a domain, such as example.com",
    ),
  );
const path = /* @__PURE__ */ z
  .string()
  .check(z.regex(/^\/[!-:=-~]*$/, "must be a path that begins with /, such as /app"));
const someNames = { auth: z.optional(nameSchema), refresh: z.optional(nameSchema) };

const SAME_NAME = "must name different cookies for auth and refresh";
// Each entry adds headers to every response that sets or clears cookies.
const MAX_FORMER = 8;
const TOO_MANY = `must have at most ${MAX_FORMER} entries: remove those that are past`;
const NO_NAME = "must name a cookie: set auth or refresh";
const hasName = ({ auth, refresh }: { auth?: string | undefined; refresh?: string | undefined }): boolean =>
  auth !== undefined || refresh !== undefined;

const former = lazy(() =>
  z.strictObject({
    names: z.optional(z.strictObject(someNames).check(z.refine(hasName, NO_NAME))),
    domain: z.optional(domain),
    path: z.optional(path),
    partitioned: z.optional(z.boolean()),
    until: dateSchema,
  }),
);

/** @internal The schema of the option. */
export const cookieSchema: () => z.ZodMiniType<object> = lazy(() =>
  z
    .strictObject({
      ...someNames,
      domain: z.optional(domain),
      path: z.optional(path),
      sameSite: z.optional(z.enum(["lax", "strict", "none"])),
      secure: z.optional(z.boolean()),
      partitioned: z.optional(z.boolean()),
      former: z.optional(z.array(former()).check(z.maxLength(MAX_FORMER, TOO_MANY))),
    })
    .check(
      z.refine(hasName, NO_NAME),
      z.refine(({ auth, refresh }) => auth !== refresh, SAME_NAME),
    ),
);

const OF_WRITTEN = ["domain", "path", "sameSite", "secure", "partitioned", "former"] as const;

/** Throws for an option of a former setting with the value `undefined`. */
export function rejectUndefinedFormer(cookies: unknown): void {
  const entries = (cookies as CookieConfig | null | undefined)?.former;
  if (!Array.isArray(entries)) return;
  entries.forEach((entry: unknown, index) => rejectUndefined(entry, `cookies.former.${index}`, ["names"]));
}

/**
 * Reads the option. Cookies that sessions write (`areWritten`) get a prefix, so that other hosts
 * cannot set them. Throws `InvalidConfigError` for a contradiction, and `MissingConfigError`.
 * @see RFC 6265bis, section 4.1.3
 */
export function resolveCookies(config: CookieConfig | undefined, areWritten: boolean): Cookies {
  const { auth, refresh, sameSite = "lax", secure = true } = config ?? {};
  const attributes = attributesOf({ sameSite, secure }, config ?? {});
  if (!config) return { names: {}, attributes, former: [] };
  const written = OF_WRITTEN.find((option) => config[option] !== undefined);
  if (written !== undefined && !areWritten)
    throw new MissingConfigError("sessions", `cookies.${written}`, STORE_REMEDY);
  if (sameSite === "none" && !secure)
    throw new InvalidConfigError(
      "cookies.sameSite",
      'cannot be "none" with secure: false, because browsers reject such cookies; remove secure: false',
    );
  if (!areWritten) return { names: { auth, refresh }, attributes, former: [] };
  checkPartition(attributes, "cookies");
  const names = {
    auth: nameOf("cookies.auth", auth, attributes),
    refresh: nameOf("cookies.refresh", refresh, attributes),
  };
  if (names.auth === names.refresh) throw new InvalidConfigError("cookies", SAME_NAME);
  const present = [names.auth, names.refresh].map((name) => placeOf(name, attributes));
  const settings = (config.former ?? []).map((entry, index) =>
    resolveFormer(entry, config, `cookies.former.${index}`, present),
  );
  return { names, attributes, former: settings };
}

function resolveFormer(
  entry: FormerCookies,
  { auth, refresh, sameSite = "lax", secure = true }: CookieConfig,
  option: string,
  present: readonly CookiePlace[],
): FormerSettings {
  const attributes = attributesOf({ sameSite, secure }, entry);
  checkPartition(attributes, option);
  for (const [type, name] of Object.entries(entry.names ?? {}))
    checkPrefix(`${option}.names.${type}`, name, attributes);
  const listed = entry.names ?? {
    auth: nameOf(option, auth, attributes),
    refresh: nameOf(option, refresh, attributes),
  };
  // A name that did not change belongs to a current cookie.
  const isFormer = (name: string | undefined): boolean =>
    name !== undefined && !present.includes(placeOf(name, attributes));
  const names = Object.fromEntries(Object.entries(listed).filter(([, name]) => isFormer(name)));
  if (Object.keys(names).length === 0)
    throw new InvalidConfigError(
      option,
      "must differ from the current settings: set names, domain, path or partitioned",
    );
  return { names, attributes, until: entry.until };
}

function attributesOf(
  { sameSite, secure }: { readonly sameSite: "lax" | "strict" | "none"; readonly secure: boolean },
  { domain, path = "/", partitioned = false }: Pick<CookieConfig, "domain" | "path" | "partitioned">,
): CookieAttributes {
  return {
    httpOnly: true,
    secure,
    sameSite,
    path,
    ...(domain === undefined ? {} : { domain }),
    ...(partitioned ? { partitioned } : {}),
  };
}

function checkPartition({ partitioned, secure }: CookieAttributes, option: string): void {
  if (partitioned && !secure)
    throw new InvalidConfigError(
      `${option}.partitioned`,
      "cannot be combined with secure: false, because browsers reject such cookies; remove secure: false",
    );
}

function nameOf(option: string, name: string | undefined, attributes: CookieAttributes): string {
  if (name === undefined) throw new MissingConfigError(option, undefined, "with sessions, name both cookies");
  checkPrefix(option, name, attributes);
  if (!attributes.secure || hasPrefix(name, HOST_PREFIX) || hasPrefix(name, SECURE_PREFIX)) return name;
  return `${attributes.domain === undefined && attributes.path === "/" ? HOST_PREFIX : SECURE_PREFIX}${name}`;
}

function checkPrefix(option: string, name: string, { secure, path, domain }: CookieAttributes): void {
  const isHost = hasPrefix(name, HOST_PREFIX);
  if ((isHost || hasPrefix(name, SECURE_PREFIX)) && !secure)
    throw new InvalidConfigError(
      option,
      "cannot have the prefix of a secure cookie with secure: false; remove the prefix",
    );
  if (isHost && (domain !== undefined || path !== "/"))
    throw new InvalidConfigError(
      option,
      'cannot begin with "__Host-" with a domain, or with a path but "/"; use "__Secure-"',
    );
}
