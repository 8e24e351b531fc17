/** A guarded tRPC procedure behind the Fetch adapter, without an HTTP server. */
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { AuthContext, AuthManager, Rule } from "claimgate";
import { authErrorFormatter, createTRPCContext, requireToken } from "claimgate/trpc";

interface FetchAnswer {
  readonly status: number;
  readonly reason: string | undefined;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** Sends Fetch requests to a procedure that `rule` guards. */
export function fetchGuarded(
  auth: AuthManager,
  rule: Omit<Rule, "parent" | "anyOf"> = {},
): (headers: HeadersInit) => Promise<FetchAnswer> {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const guard = Object.keys(rule).length === 0 ? requireToken() : requireToken(rule);
  const router = t.router({ guarded: t.procedure.use(guard).query(() => "in") });
  return async (headers) => {
    const response = await fetchRequestHandler({
      endpoint: "/trpc",
      req: new Request("https://api.example/trpc/guarded", { headers }),
      router,
      createContext: createTRPCContext(auth),
    });
    const body = (await response.json()) as { error?: { data?: { auth?: { reason?: string } } } };
    return {
      status: response.status,
      reason: body.error?.data?.auth?.reason,
      challenge: response.headers.get("www-authenticate"),
      body,
    };
  };
}
