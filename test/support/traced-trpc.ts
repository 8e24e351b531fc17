/** The program of a traced call: one tRPC query with a cached token, behind two guards. */
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, AuthManager } from "../../src/index.ts";
import { authProcedures, createTRPCContext, requireToken } from "../../src/trpc/index.ts";
import { runTraced } from "./run-traced.ts";

const auth = new AuthManager({ issuer: "https://issuer.example", algorithm: "HS256", secret: "x".repeat(32) });
const t = initTRPC.context<AuthContext>().create();
const { protectedProcedure } = authProcedures(t.procedure);
const router = t.router({
  me: protectedProcedure.use(requireToken({ scope: "read" })).query(({ ctx }) => ctx.auth.token.sub),
});
const token = (await auth.authToken("ann", { scope: "read" })).signed;

async function call(): Promise<void> {
  const req = new Request("http://localhost/me", { headers: { authorization: `Bearer ${token}` } });
  const response = await fetchRequestHandler({ endpoint: "/", req, router, createContext: createTRPCContext(auth) });
  if (!response.ok) throw new Error(`The query was answered with ${response.status}`);
}

await runTraced(call);
