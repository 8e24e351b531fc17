/** One small router, the same on every host: who may call what is said here, and nowhere in the wiring. */
import { initTRPC, TRPCError } from "@trpc/server";
import { type AuthContext, authErrorFormatter, authProcedures, requireToken } from "claimgate/trpc";
import * as z from "zod";
import { createTicker } from "./ticker.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

// An application of your own has a table of users, and hashes in place of passwords.
const users = new Map([
  ["alice", { password: "alice-password", admin: false, department: "research" }],
  ["root", { password: "root-password", admin: true, department: "operations" }],
]);

function find(name: string) {
  const user = users.get(name);
  if (!user) throw new TRPCError({ code: "NOT_FOUND", message: "There is no such user" });
  return user;
}

function rightsOf(name: string) {
  const { admin, department } = find(name);
  return { scope: { admin }, claims: { admin, department } };
}

const ticker = createTicker();
const ById = z.object({ id: z.string() });
const Events = z.object({ events: z.int().min(1).max(100) });

export const appRouter = t.router({
  // Anybody
  login: publicProcedure
    .input(z.object({ user: z.string(), password: z.string() }))
    .mutation(async ({ ctx, input }) => {
      if (users.get(input.user)?.password !== input.password)
        throw new TRPCError({ code: "UNAUTHORIZED", message: "Wrong name or password" });
      const auth = await ctx.auth.manager.authToken(input.user, rightsOf(input.user));
      const refresh = await ctx.auth.manager.refreshToken(input.user);
      return { auth: auth.signed, refresh: refresh.signed };
    }),

  // A refresh token
  refresh: refreshProcedure.mutation(async ({ ctx }) => {
    const { sub } = ctx.auth.token;
    return (await ctx.auth.manager.authToken(sub, rightsOf(sub))).signed;
  }),

  // No token, or a good one
  greeting: optionalProcedure.query(({ ctx }) => `Hello, ${ctx.auth.token?.sub ?? "stranger"}`),

  // Any auth token
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),

  // A scope
  stats: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => "42 visits"),

  // A claim
  papers: protectedProcedure
    .use(requireToken({ claims: { department: "research" } }))
    .query(() => ["On gates", "On claims"]),

  // The user it is about, or an admin
  user: protectedProcedure
    .input(ById)
    .use(requireToken({ args: { sub: "id" }, override: { admin: true } }))
    .query(({ input }) => ({ id: input.id, department: find(input.id).department })),

  // The same of a mutation
  move: protectedProcedure
    .input(ById.extend({ department: z.string() }))
    .use(requireToken({ args: { sub: "id" }, override: { admin: true } }))
    .mutation(({ input }) => {
      find(input.id).department = input.department;
      return `${input.id} moved to ${input.department}`;
    }),

  // What is published anybody, a draft who is asked for by the resolver itself
  article: publicProcedure.input(z.object({ id: z.enum(["published", "draft"]) })).query(async ({ ctx, input }) => {
    if (input.id === "draft") await ctx.auth.require({ claims: { department: "research" } });
    return `The ${input.id} article`;
  }),

  // Anybody: one more tick, and who follows them
  tick: publicProcedure.mutation(() => ticker.tick()),
  streams: publicProcedure.query(() => ({ ...ticker.streams })),

  // A subscription: asked before it starts, again for every tick, and over when the token is
  ticks: protectedProcedure.subscription(({ signal }) => ticker.follow(signal)),

  // A query that streams, for httpBatchStreamLink
  log: protectedProcedure.input(Events).query(({ input, signal }) => ticker.follow(signal, input.events)),

  // A query whose parts come later, each when it is ready
  report: protectedProcedure
    .use(requireToken({ scope: { admin: true } }))
    .input(Events)
    .query(({ input, signal }) => ({
      title: "The confidential report",
      next: ticker.next(signal),
      ticks: ticker.follow(signal, input.events),
    })),
});

/** What a client imports, as a type only. */
export type AppRouter = typeof appRouter;

/** Makes callers, for code that runs in the same process. */
export const createCaller = t.createCallerFactory(appRouter);
