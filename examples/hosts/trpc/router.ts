/** The router of all tRPC hosts. The rules are here; the wiring of a host has none. */
import { initTRPC, TRPCError } from "@trpc/server";
import { type AuthContext, authErrorFormatter, authProcedures, requireToken } from "claimgate/trpc";
import * as z from "zod";
import { createTicker } from "./ticker.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

// A real application has a table of users, with hashes instead of passwords.
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
  // Any caller
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

  // No token, or a valid one
  greeting: optionalProcedure.query(({ ctx }) => `Hello, ${ctx.auth.token?.sub ?? "stranger"}`),

  // Any auth token
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),

  // A scope
  stats: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => "42 visits"),

  // A claim
  papers: protectedProcedure
    .use(requireToken({ claims: { department: "research" } }))
    .query(() => ["On gates", "On claims"]),

  // The user whose id is in the input, or an admin
  user: protectedProcedure
    .input(ById)
    .use(requireToken({ args: { sub: "id" }, override: { admin: true } }))
    .query(({ input }) => ({ id: input.id, department: find(input.id).department })),

  // The same rule on a mutation
  move: protectedProcedure
    .input(ById.extend({ department: z.string() }))
    .use(requireToken({ args: { sub: "id" }, override: { admin: true } }))
    .mutation(({ input }) => {
      find(input.id).department = input.department;
      return `${input.id} moved to ${input.department}`;
    }),

  // Any caller may read the published article; the resolver itself requires a claim for the draft
  article: publicProcedure.input(z.object({ id: z.enum(["published", "draft"]) })).query(async ({ ctx, input }) => {
    if (input.id === "draft") await ctx.auth.require({ claims: { department: "research" } });
    return `The ${input.id} article`;
  }),

  // Any caller: adds a tick, and counts the streams that follow the ticks
  tick: publicProcedure.mutation(() => ticker.tick()),
  streams: publicProcedure.query(() => ({ ...ticker.streams })),

  // A subscription: the guard checks the token at the start and at each tick
  ticks: protectedProcedure.subscription(({ signal }) => ticker.follow(signal)),

  // A streaming query, for httpBatchStreamLink
  log: protectedProcedure.input(Events).query(({ input, signal }) => ticker.follow(signal, input.events)),

  // A query that sends each part when it is ready
  report: protectedProcedure
    .use(requireToken({ scope: { admin: true } }))
    .input(Events)
    .query(({ input, signal }) => ({
      title: "The confidential report",
      next: ticker.next(signal),
      ticks: ticker.follow(signal, input.events),
    })),
});

/** The type that a client imports. */
export type AppRouter = typeof appRouter;

/** Creates callers for code in the same process. */
export const createCaller = t.createCallerFactory(appRouter);
