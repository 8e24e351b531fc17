/** Finds the `RequestAuth` of a context. Imports no code, so that a transport alone stays small. */
import type { RequestAuth } from "./request-auth.ts";

/**
 * Returns the `RequestAuth` in a context, also one of another copy of this package. Returns
 * `undefined` if the context has none.
 */
export function authIn(context: unknown): RequestAuth | undefined {
  const auth = (context as { auth?: RequestAuth } | null | undefined)?.auth;
  return auth?.["~gate"] ? auth : undefined;
}
