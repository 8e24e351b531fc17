/** tRPC's standalone server with one procedure: open, guarded by claimgate, or guarded by hand. */
import type { IncomingMessage, Server } from "node:http";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import type { JWTPayload } from "jose";
import { createReadUser, mayRead } from "./by-hand.ts";
import { ITEM, type Site } from "./site.ts";

export async function createServer(site: Site): Promise<Server> {
  if (site.guard === "none") return createOpen();
  return site.guard.startsWith("claimgate") ? createGuarded(site) : createByHand(site);
}

function createOpen(): Server {
  const t = initTRPC.context<{ readonly url: string }>().create();
  const router = t.router({ item: t.procedure.query(() => ITEM) });
  return createHTTPServer({ router, createContext: ({ req }) => ({ url: req.url ?? "" }) });
}

function createGuarded({ auth }: Site): Server {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const { protectedProcedure } = authProcedures(t.procedure);
  const router = t.router({
    item: protectedProcedure.use(requireToken({ scope: { read: true } })).query(() => ITEM),
  });
  return createHTTPServer({ router, createContext: createTRPCContext(auth) });
}

async function createByHand(site: Site): Promise<Server> {
  const readUser = await createReadUser(site);
  const createContext = async ({ req }: { readonly req: IncomingMessage }): Promise<{ user: JWTPayload | null }> => ({
    user: await readUser(req.headers.authorization),
  });
  const t = initTRPC.context<typeof createContext>().create();
  const readers = t.procedure.use(({ ctx, next }) => {
    if (!ctx.user) throw new TRPCError({ code: "UNAUTHORIZED" });
    if (!mayRead(ctx.user)) throw new TRPCError({ code: "FORBIDDEN" });
    return next({ ctx: { user: ctx.user } });
  });
  return createHTTPServer({ router: t.router({ item: readers.query(() => ITEM) }), createContext });
}
