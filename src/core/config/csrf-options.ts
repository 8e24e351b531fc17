/** Reads the option `csrf`, and rejects origins that a browser cannot send. */
import * as z from "zod/mini";
import { OPAQUE_ORIGIN } from "../exchange/csrf.ts";
import { functionSchema } from "../parse-options.ts";
import { lazy } from "../util/lazy.ts";

/**
 * The option `csrf`. At least one of its options must be set.
 * @see RFC 6454, section 7
 */
export interface CsrfConfig {
  /**
   * Other origins whose requests may use the cookies, as browsers write them:
   * `https://app.example.com`. Wildcards are rejected.
   * @default none
   */
  readonly origins?: readonly string[];
  /**
   * Decides about an origin that is not in `origins`. Must be synchronous. It receives the origin
   * as the browser wrote it, and never `"null"`. If it throws, the request fails with its error.
   * @default none
   */
  readonly allow?: (origin: string) => boolean;
}

/** The option after the schema has read it. */
interface ParsedCsrf {
  readonly origins?: readonly string[] | undefined;
  readonly allow?: ((origin: string) => boolean) | undefined;
}

/** @internal The schema of the option. */
export const csrfSchema: () => z.ZodMiniType<ParsedCsrf> = lazy(() =>
  z
    .strictObject({
      origins: z.optional(
        z.array(
          z.string().check(
            z.superRefine((text, context) => {
              const message = faultOfOrigin(text);
              if (message !== undefined) context.addIssue({ code: "custom", message });
            }),
          ),
        ),
      ),
      allow: z.optional(functionSchema<(origin: string) => boolean>()),
    })
    .check(
      z.refine(({ origins, allow }) => origins !== undefined || allow !== undefined, {
        path: ["origins"],
        message: "must list origins, unless csrf.allow is set",
      }),
    ),
);

const OF_WEB_PAGES: Readonly<Record<string, string>> = { "ws:": "http:", "wss:": "https:" };
// Pages with such URLs have the origin "null".
const OF_NO_PAGES = ["file:", "data:", "blob:", "javascript:", "about:", "ftp:"];

/**
 * Explains why an `Origin` header cannot equal `text`, and names the nearest valid value.
 * `undefined` for an origin.
 */
function faultOfOrigin(text: string): string | undefined {
  if (text === OPAQUE_ORIGIN) return "cannot be allowed, because every sandboxed page has the origin null; remove it";
  if (text.includes("*"))
    return "must not contain a wildcard; list each origin, or decide in csrf.allow: (origin) => boolean";
  if (/[\s,]/.test(text.trim())) return "must be one origin; list each as its own entry";
  const nearest = nearestOrigin(text);
  if (nearest === text) return undefined;
  return nearest === undefined
    ? "must be an origin, such as https://app.example.com"
    : `must be an origin as browsers send it; write ${nearest}`;
}

function nearestOrigin(text: string): string | undefined {
  const given = text.trim();
  const scheme = /^(localhost|127\.|\[::1\])/.test(given) ? "http" : "https";
  const full = /^https?:|:\/\//i.test(given) ? given : `${scheme}://${given}`;
  if (!URL.canParse(full)) return undefined;
  const { protocol, host } = new URL(full);
  if (host === "" || OF_NO_PAGES.includes(protocol)) return undefined;
  // The parser accepts more characters than a host name can have.
  if (/^https?:$/.test(protocol) && !/^[a-z0-9._:[\]-]+$/.test(host)) return undefined;
  // Other schemes belong to extensions and apps with a web view. Their hosts are not domain names.
  return `${OF_WEB_PAGES[protocol] ?? protocol}//${host}`;
}
