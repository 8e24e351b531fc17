/** claimgate: its protected procedure, the same with a rule on top, and the rule alone. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { type Algorithm, ISSUER, mintTokens } from "../graphql/tokens.ts";
import { type Api, item, SCOPE } from "./api.ts";

export interface ClaimgateOptions {
  readonly callers: "warm" | "cold";
  /** One middleware for the token, one for the token and one for the scope, or one for both. */
  readonly guard: "token" | "token, then scope" | "scope";
  readonly algorithm?: Algorithm;
}

export async function claimgate({ callers, guard, algorithm = "HS256" }: ClaimgateOptions): Promise<Api> {
  const tokens = await mintTokens(algorithm, callers);
  const auth = new AuthManager({ issuer: ISSUER, ...tokens.managerKey });
  await auth.ready();
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const { protectedProcedure } = authProcedures(t.procedure);
  const routers = {
    token: () => t.router({ item: protectedProcedure.query(item) }),
    "token, then scope": () => t.router({ item: protectedProcedure.use(requireToken({ scope: SCOPE })).query(item) }),
    scope: () => t.router({ item: t.procedure.use(requireToken({ scope: SCOPE })).query(item) }),
  };
  const rejects = guard === "token" ? "without a valid token" : "also without the scope";
  return { router: routers[guard](), tokens, createContext: createTRPCContext(auth), rejects };
}
