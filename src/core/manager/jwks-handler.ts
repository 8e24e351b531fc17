/** Serves a manager's public keys over HTTP to the services that verify its tokens. */
import { encode } from "jose/base64url";
import { isKeysError } from "../jwt/errors.ts";
import { trimOptionalWhitespace } from "../util/ascii.ts";
import { checkOptions } from "../util/check-options.ts";
import { checkManager } from "./check-manager.ts";
import type { AuthManager } from "./manager.ts";

/** Options of `jwksHandler`. */
export interface JWKSHandlerOptions {
  /**
   * Seconds for which caches may keep the key set. Publish a key that long before its `signFrom`. A
   * key that retires sooner shortens it. Must be a whole number, 0 or more.
   * @default 300
   */
  readonly maxAge?: number;
}

/**
 * Creates a Fetch handler for `/.well-known/jwks.json`. It answers GET and HEAD with the public
 * keys, `Cache-Control` and `ETag`, other methods with 405, and 503 while the keys cannot be
 * loaded.
 * @throws `TypeError` if `auth` is not a manager, or for a wrong option.
 * @see RFC 7517, section 5
 * @see RFC 9110, section 13
 * @example
 * ```ts
 * import { jwksHandler } from "claimgate";
 * import { Hono } from "hono";
 *
 * const serveKeys = jwksHandler(auth);
 * const app = new Hono().get("/.well-known/jwks.json", (context) => serveKeys(context.req.raw));
 * ```
 */
export function jwksHandler<C>(
  auth: AuthManager<C>,
  options: JWKSHandlerOptions = {},
): (request: Request) => Promise<Response> {
  checkOptions("jwksHandler", options, ["maxAge"]);
  checkManager("jwksHandler", auth);
  const { maxAge = 300 } = options;
  if (!Number.isSafeInteger(maxAge) || maxAge < 0)
    throw new TypeError("maxAge must be a whole number of seconds, at least 0");
  return async (request) => {
    const { method, headers } = request;
    if (typeof method !== "string" || typeof (headers as Partial<Headers> | undefined)?.get !== "function")
      throw new TypeError(
        "The handler of jwksHandler takes a Fetch Request: convert the request of a Node server, or pass req.raw in Hono",
      );
    if (method !== "GET" && method !== "HEAD")
      return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    let published: { readonly body: string; readonly maxAge: number };
    try {
      published = await publish(auth, maxAge);
    } catch (error) {
      if (!isKeysError(error)) throw error;
      return new Response(null, { status: 503, headers: { "cache-control": "no-store", "retry-after": "5" } });
    }
    const etag = await tagOf(published.body);
    const caching = { "cache-control": `public, max-age=${published.maxAge}`, etag };
    if (isKnown(headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers: caching });
    return new Response(method === "HEAD" ? null : published.body, {
      headers: { ...caching, "content-type": "application/jwk-set+json" },
    });
  };
}

async function publish<C>(auth: AuthManager<C>, maxAge: number): Promise<{ body: string; maxAge: number }> {
  const { keys, seconds } = await auth["~publish"]();
  return { body: JSON.stringify({ keys }), maxAge: Math.max(0, Math.min(maxAge, Math.floor(seconds))) };
}

async function tagOf(body: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return `"${encode(new Uint8Array(digest))}"`;
}

// Weak comparison (RFC 9110, section 13.1.2).
function isKnown(condition: string | null, etag: string): boolean {
  if (condition === null) return false;
  const tags = condition.split(",").map((tag) => trimOptionalWhitespace(tag).replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}
