/** claimgate: a protected procedure, with and without a rule of its own. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { type Algorithm, ISSUER, mintTokens } from "../graphql/tokens.ts";
import { type Api, item, SCOPE } from "./api.ts";

export interface ClaimgateOptions {
  readonly cache: boolean;
  /** Whether the procedure asks for a scope, or only for a token. */
  readonly scoped: boolean;
  readonly algorithm?: Algorithm;
}

export async function claimgate({ cache, scoped, algorithm = "HS256" }: ClaimgateOptions): Promise<Api> {
  const tokens = await mintTokens(algorithm);
  const auth = new AuthManager({ issuer: ISSUER, algorithm, ...tokens.managerKey, ...(cache ? {} : { cache: false }) });
  await auth.ready();
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const { protectedProcedure } = authProcedures(t.procedure);
  const router = scoped
    ? t.router({ item: protectedProcedure.use(requireToken({ scope: SCOPE })).query(item) })
    : t.router({ item: protectedProcedure.query(item) });
  const refuses = scoped ? "strangers and the poor" : "strangers";
  return { router, tokens, createContext: createTRPCContext(auth), refuses };
}
