/** The routes as tRPC procedures, with the same names and rules as the fields in graphql.ts. */
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { type AuthContext, authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import type { WebSocketServer } from "ws";
import * as z from "zod";
import { type Auth, type Claims, describeToken, listDevices, logIn, logOutEverywhere } from "./auth.ts";
import type { Users } from "./users.ts";

const t = initTRPC.context<AuthContext<Claims> & { users: Users }>().create({ errorFormatter: authErrorFormatter });

const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

const Delivery = z.enum(["cookies", "body"]).default("body");
const Credentials = z.object({
  username: z.string(),
  password: z.string(),
  deliver: Delivery,
  device: z.string().max(200).optional(),
});
const ByUsername = z.object({ username: z.string() });

export const appRouter = t.router({
  // Any caller
  login: publicProcedure.input(Credentials).mutation(async ({ ctx, input }) => {
    const tokens = await logIn(ctx.auth, ctx.users, input);
    if (!tokens) throw new TRPCError({ code: "UNAUTHORIZED", message: "Wrong username or password" });
    return tokens;
  }),

  // A refresh token: @requireToken(type: "refresh")
  refresh: refreshProcedure
    .input(z.object({ deliver: Delivery }).default({ deliver: "body" }))
    .mutation(({ ctx, input }) => ctx.auth.refresh(input)),

  // Any caller. Ends the session of the token, even of an expired one
  logout: publicProcedure.mutation(async ({ ctx }) => {
    await ctx.auth.logout();
    return true;
  }),

  // Any auth token: @requireToken
  logoutEverywhere: protectedProcedure.mutation(async ({ ctx }) => {
    await logOutEverywhere(ctx.auth, ctx.auth.token.sub);
    return true;
  }),

  // Any auth token: @requireToken
  devices: protectedProcedure.query(({ ctx }) => listDevices(ctx.auth, ctx.auth.token)),

  // Any auth token: @requireToken
  note: protectedProcedure.query(({ ctx }) => ctx.users.note(ctx.auth.token.sub)),

  // Any auth token: @requireToken
  saveNote: protectedProcedure.input(z.object({ text: z.string().max(1000) })).mutation(async ({ ctx, input }) => {
    await ctx.users.saveNote(ctx.auth.token.sub, input.text);
    return input.text;
  }),

  // Any auth token: @requireToken
  protected: protectedProcedure.query(({ ctx }) => `Only for users, such as ${ctx.auth.token.sub}`),

  // The user in the arguments: @requireToken(args: { sub: "username" })
  userSpecific: protectedProcedure
    .input(ByUsername)
    .use(requireToken({ args: { sub: "username" } }))
    .query(({ input }) => `Only for ${input.username}`),

  // A claim of the application: @requireToken(claims: { department: "research" })
  customClaim: protectedProcedure
    .use(requireToken({ claims: { department: "research" } }))
    .query(() => "Only for research"),

  // A scope: @requireToken(scope: { admin: true })
  adminDashboard: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => "Only for admins"),

  // Any auth token: @requireToken
  tokenInfo: protectedProcedure.query(() => describeToken()),

  // The user in the arguments, or an admin:
  // @requireToken(args: { sub: "username" }, override: { admin: true })
  overridable: protectedProcedure
    .input(ByUsername)
    .use(requireToken({ args: { sub: "username" }, override: { admin: true } }))
    .query(({ input }) => `Only for ${input.username} and admins`),

  // No token, or a valid one: @requireToken(optional: true)
  greeting: optionalProcedure.query(({ ctx }) => `Hello, ${ctx.auth.token?.sub ?? "stranger"}`),
});

/** The type that a client imports. */
export type AppRouter = typeof appRouter;

export function createTRPCHandler(auth: Auth, users: Users) {
  return createHTTPHandler({
    router: appRouter,
    basePath: "/trpc/",
    createContext: createTRPCContext(auth, () => ({ users })),
  });
}

/** The same procedures over WebSockets. */
export function serveTRPCSockets(wss: WebSocketServer, auth: Auth, users: Users): void {
  applyWSSHandler({ wss, router: appRouter, createContext: createTRPCContext(auth, () => ({ users })) });
}
