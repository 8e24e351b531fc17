/** The option `csrf`, read: every origin is one that a browser can send. */
import * as z from "zod";
import { OPAQUE_ORIGIN } from "../exchange/csrf.ts";
import { functionSchema } from "../parse-options.ts";

/** The option `csrf`. At least one of the two. */
export interface CsrfConfig {
  /**
   * Other origins whose requests may use the cookies, as browsers write them: `https://app.example.com`. No wildcards.
   * @default none
   */
  readonly origins?: readonly string[];
  /**
   * Decides about an origin that `origins` does not hold, for hosts that no list can name.
   * Synchronous. It gets the origin as the browser wrote it, and never `"null"`. If it throws, the
   * request is rejected with what it threw.
   * @default none
   */
  readonly allow?: (origin: string) => boolean;
}

/** The option as the schema gives it. */
interface ParsedCsrf {
  readonly origins?: readonly string[] | undefined;
  readonly allow?: ((origin: string) => boolean) | undefined;
}

/** The schema of the option. */
export const csrfSchema: z.ZodType<ParsedCsrf> = z
  .strictObject({
    origins: z
      .array(
        z.string().superRefine((text, context) => {
          const message = faultOfOrigin(text);
          if (message !== undefined) context.addIssue({ code: "custom", message });
        }),
      )
      .optional(),
    allow: functionSchema<(origin: string) => boolean>().optional(),
  })
  .refine(({ origins, allow }) => origins !== undefined || allow !== undefined, {
    path: ["origins"],
    message: "must list origins, or csrf.allow decide about them",
  });

const OF_WEB_PAGES: Readonly<Record<string, string>> = { "ws:": "http:", "wss:": "https:" };
// URLs whose pages have no origin of their own.
const OF_NO_PAGES = ["file:", "data:", "blob:", "javascript:", "about:", "ftp:"];

/**
 * Why no `Origin` header can equal `text`, and the nearest value that one can; `undefined` for an
 * origin.
 */
function faultOfOrigin(text: string): string | undefined {
  if (text === OPAQUE_ORIGIN) return "is the origin of every sandboxed page, which cannot be allowed";
  if (text.includes("*"))
    return "holds a wildcard, which no Origin header equals; list each origin, or decide in csrf.allow: (origin) => boolean";
  if (/[\s,]/.test(text.trim())) return "is more than one origin; list each by itself";
  const nearest = nearestOrigin(text);
  if (nearest === text) return undefined;
  return nearest === undefined
    ? "is not an origin such as https://app.example.com"
    : `is not an origin as browsers send it; write ${nearest}`;
}

function nearestOrigin(text: string): string | undefined {
  const given = text.trim();
  const scheme = /^(localhost|127\.|\[::1\])/.test(given) ? "http" : "https";
  const full = /^https?:|:\/\//i.test(given) ? given : `${scheme}://${given}`;
  if (!URL.canParse(full)) return undefined;
  const { protocol, host } = new URL(full);
  if (host === "" || OF_NO_PAGES.includes(protocol)) return undefined;
  // URLs may have other letters there, and no name of a host does.
  if (/^https?:$/.test(protocol) && !/^[a-z0-9._:[\]-]+$/.test(host)) return undefined;
  // Other schemes belong to extensions and to apps around a web view. Their hosts are no domain
  // names, and stay as they are.
  return `${OF_WEB_PAGES[protocol] ?? protocol}//${host}`;
}
