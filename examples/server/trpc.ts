/** The routes as tRPC procedures. Their twins, with the same names and the same rules, are in graphql.ts. */
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { type AuthContext, authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import * as z from "zod";
import { type Auth, type Claims, describeToken, logIn, renew } from "./auth.ts";
import type { Users } from "./users.ts";

const t = initTRPC.context<AuthContext<Claims> & { users: Users }>().create({ errorFormatter: authErrorFormatter });

const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

const Credentials = z.object({ username: z.string(), password: z.string() });
const ByUsername = z.object({ username: z.string() });

export const appRouter = t.router({
  // Anybody
  login: publicProcedure.input(Credentials).mutation(async ({ ctx, input }) => {
    const tokens = await logIn(ctx.auth.manager, ctx.users, input);
    if (!tokens) throw new TRPCError({ code: "UNAUTHORIZED", message: "Wrong username or password" });
    return tokens;
  }),

  // A refresh token: @requireToken(type: "refresh")
  refresh: refreshProcedure.mutation(async ({ ctx }) => {
    const authToken = await renew(ctx.auth.manager, ctx.users, ctx.auth.token.sub);
    if (!authToken) throw new TRPCError({ code: "UNAUTHORIZED", message: "The account is gone" });
    return authToken;
  }),

  // Any auth token: @requireToken
  protected: protectedProcedure.query(({ ctx }) => `Only for users, such as ${ctx.auth.token.sub}`),

  // The user it is about: @requireToken(args: { sub: "username" })
  userSpecific: protectedProcedure
    .input(ByUsername)
    .use(requireToken({ args: { sub: "username" } }))
    .query(({ input }) => `Only for ${input.username}`),

  // A claim of our own: @requireToken(claims: { department: "research" })
  customClaim: protectedProcedure
    .use(requireToken({ claims: { department: "research" } }))
    .query(() => "Only for research"),

  // A scope: @requireToken(scope: { admin: true })
  adminDashboard: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => "Only for admins"),

  // Any auth token: @requireToken
  tokenInfo: protectedProcedure.query(() => describeToken()),

  // The user it is about, or an admin: @requireToken(args: { sub: "username" }, override: { admin: true })
  overridable: protectedProcedure
    .input(ByUsername)
    .use(requireToken({ args: { sub: "username" }, override: { admin: true } }))
    .query(({ input }) => `Only for ${input.username} and admins`),

  // No token, or a good one: @requireToken(optional: true)
  greeting: optionalProcedure.query(({ ctx }) => `Hello, ${ctx.auth.token?.sub ?? "stranger"}`),
});

/** What a client imports, as a type only. */
export type AppRouter = typeof appRouter;

export function createTRPCHandler(auth: Auth, users: Users) {
  return createHTTPHandler({
    router: appRouter,
    basePath: "/trpc/",
    createContext: createTRPCContext(auth, () => ({ users })),
  });
}
