/** A user's package that exports results of `claimgate/trpc` with inferred types. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager } from "claimgate";
import { authErrorFormatter, authProcedures, authResponseMeta, createTRPCContext, requireToken } from "claimgate/trpc";

const auth = new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s".repeat(32) });
const t = initTRPC.context<AuthContext & { readonly db: string }>().create({ errorFormatter: authErrorFormatter });
const readId = (raw: unknown): { id: string } => ({ id: String(raw) });

export const guard = requireToken({ scope: "a" });
export const anyToken = requireToken();
export const owner = requireToken({ args: { sub: "id" }, anyOf: [{ args: { team: ["a.b"] } }] });
export const procedures = authProcedures(t.procedure);
export const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = procedures;
export const isUser = procedures.requireToken();
export const isAdmin = procedures.requireToken({ scope: "admin" });
export const isOwner = procedures.requireToken({ args: { sub: "id" } });
export const ownProcedure = protectedProcedure.input(readId).use(requireToken({ args: { sub: "id" } }));
export const router = t.router({ me: ownProcedure.query(({ ctx, input }) => [ctx.auth.token.sub, ctx.db, input.id]) });
export const createContext = createTRPCContext(auth);
export const createOwnContext = createTRPCContext(auth, ({ req, event }) => ({ db: "x", req, event }));
export const responseMeta = authResponseMeta({ errors: [] });
export const formatError = (opts: Parameters<typeof authErrorFormatter>[0]) => authErrorFormatter(opts);
