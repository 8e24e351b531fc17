/** The router without HTTP, for server components and server actions. Give it `await headers()` of `next/headers`. */
import { auth } from "./auth.ts";
import { createCaller } from "./router.ts";

type Caller = ReturnType<typeof createCaller>;
type RequestHeaders = Pick<Headers, "get">;

/**
 * For rendering. It shows the reader their own page also where they followed a link from another
 * site: rendering changes nothing, and no other site can read it. So only the credentials are
 * passed on, and no caller of this kind may change anything.
 */
export function createPageCaller(headers: RequestHeaders): Caller {
  const authorization = headers.get("authorization") ?? undefined;
  const cookie = headers.get("cookie") ?? undefined;
  return createCaller({ auth: auth.forRequest({ headers: { authorization, cookie }, method: "GET" }) });
}

/**
 * For server actions, which change something: a cookie counts only where the request came from this
 * app.
 */
export function createActionCaller(headers: RequestHeaders): Caller {
  return createCaller({ auth: auth.forRequest({ headers, method: "POST" }) });
}
