/** Callers of the router without HTTP, for server components and server actions. */
import { auth } from "./auth.ts";
import { createCaller } from "./router.ts";

type Caller = ReturnType<typeof createCaller>;
type RequestHeaders = Pick<Headers, "get">;

/**
 * Creates a caller for rendering, from `await headers()`. It passes only the credentials on, so
 * that a link from another site shows the reader's own page. Another site cannot read that page.
 * Never call a mutation with this caller, because it has no protection against CSRF.
 */
export function createPageCaller(headers: RequestHeaders): Caller {
  const authorization = headers.get("authorization") ?? undefined;
  const cookie = headers.get("cookie") ?? undefined;
  return createCaller({ auth: auth.forRequest({ headers: { authorization, cookie }, method: "GET" }) });
}

/**
 * Creates a caller for server actions, from `await headers()`. It accepts a cookie only if the
 * request comes from this app.
 */
export function createActionCaller(headers: RequestHeaders): Caller {
  return createCaller({ auth: auth.forRequest({ headers, method: "POST" }) });
}
