/** The main path over every adapter: a login issues a token, and one rule accepts or rejects it. */
import { createTRPCClient, httpLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import type { FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import { type FetchHandlerRequestOptions, fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { WSSHandlerOptions } from "@trpc/server/adapters/ws";
import { type AuthContext, defineRule } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, failureOf, forbidden, unauthorized } from "../support/trpc.ts";
import { type Adapter, httpAdapters, serve, socketAdapters } from "./adapters.ts";
import { openSocket } from "./sockets.ts";

const adminOnly = defineRule({ scope: { admin: true } });

const t = initTRPC.context<AuthContext & { served: string }>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

const router = t.router({
  login: publicProcedure
    .input(z.object({ user: z.string(), password: z.string() }))
    .mutation(async ({ ctx, input }) => {
      if (input.password !== `${input.user}'s own`) throw new TRPCError({ code: "BAD_REQUEST", message: "No" });
      const { manager } = ctx.auth;
      const scope = { admin: input.user === "root" };
      const [auth, refresh] = await Promise.all([
        manager.authToken(input.user, { scope, maxAge: 60 }),
        manager.refreshToken(input.user),
      ]);
      return { auth: auth.signed, refresh: refresh.signed };
    }),
  refresh: refreshProcedure.mutation(
    async ({ ctx }) => (await ctx.auth.manager.authToken(ctx.auth.token.sub, { scope: { admin: false } })).signed,
  ),
  me: protectedProcedure.query(({ ctx }) => `${ctx.auth.token.sub} via ${ctx.served}`),
  greeting: optionalProcedure.query(({ ctx }) => `Hello ${ctx.auth.token?.sub ?? "stranger"}`),
  stats: protectedProcedure.use(requireToken(adminOnly)).query(() => "42 visits"),
  rename: protectedProcedure
    .input(z.object({ user: z.string() }))
    .use(requireToken({ args: { sub: "user" }, override: { "scope.admin": true } }))
    .mutation(({ input }) => `renamed ${input.user}`),
});

type App = typeof router;

const badRequest = { code: "BAD_REQUEST", httpStatus: 400 };

/** Starts a server; returns a client for any token. */
async function start(adapter: Adapter, link: (url: string, token?: string) => TRPCClient<App>) {
  const { auth, clock } = createAuth();
  const { url } = await serve(
    { router, createContext: createTRPCContext(auth, () => ({ served: adapter.name })) },
    adapter.start,
  );
  const connect = (token?: string): TRPCClient<App> => link(url, token);
  const login = (user: string): Promise<{ auth: string; refresh: string }> =>
    connect().login.mutate({ user, password: `${user}'s own` });
  return { auth, clock, url, connect, login };
}

const overHttp = (url: string, token?: string): TRPCClient<App> =>
  createTRPCClient({ links: [httpLink({ url, headers: token ? { authorization: `Bearer ${token}` } : {} })] });
const overSocket = (url: string, token?: string): TRPCClient<App> =>
  createTRPCClient({ links: [wsLink({ client: openSocket(url, token ? { token } : {}) })] });

const everyAdapter = [
  ...httpAdapters.map((adapter) => ({ name: adapter.name, start: () => start(adapter, overHttp) })),
  ...socketAdapters.map((adapter) => ({ name: adapter.name, start: () => start(adapter, overSocket) })),
];

describe.each(everyAdapter)("over $name", ({ name, start }) => {
  test("accepts a user who logged in, and passes on the resolver's own error for a wrong password", async () => {
    const { connect, login } = await start();
    const alice = await login("alice");
    expect(await connect(alice.auth).me.query()).toBe(`alice via ${name}`);
    expect(await clientRefusalOf(connect().login.mutate({ user: "alice", password: "guess" }))).toEqual(badRequest);
  });

  test("rejects a caller without a token, and accepts it when the token is optional", async () => {
    const { connect, login } = await start();
    expect(await clientRefusalOf(connect().me.query())).toEqual(unauthorized("TOKEN_MISSING"));
    expect(await connect().greeting.query()).toBe("Hello stranger");
    expect(await connect((await login("alice")).auth).greeting.query()).toBe("Hello alice");
    expect(await clientRefusalOf(connect("garbage").greeting.query())).toEqual(unauthorized("TOKEN_MALFORMED"));
  });

  test("rejects a token without the scope, and accepts one with it", async () => {
    const { connect, login } = await start();
    expect(await connect((await login("root")).auth).stats.query()).toBe("42 visits");
    const refused = await clientRefusalOf(connect((await login("alice")).auth).stats.query());
    expect(refused).toEqual(forbidden("SCOPE_INSUFFICIENT"));
    expect(await clientRefusalOf(connect().stats.query())).toEqual(unauthorized("TOKEN_MISSING"));
  });

  test("binds a claim to the input, and lifts the rule when an override matches", async () => {
    const { connect, login } = await start();
    const alice = connect((await login("alice")).auth);
    expect(await alice.rename.mutate({ user: "alice" })).toBe("renamed alice");
    expect(await clientRefusalOf(alice.rename.mutate({ user: "bob" }))).toEqual(forbidden("CLAIMS_INSUFFICIENT"));
    expect(await connect((await login("root")).auth).rename.mutate({ user: "bob" })).toBe("renamed bob");
  });

  test("accepts a refresh token only for a refresh", async () => {
    const { connect, login } = await start();
    const { auth, refresh } = await login("alice");
    const renewed = await connect(refresh).refresh.mutate();
    expect(await connect(renewed).me.query()).toBe(`alice via ${name}`);
    expect(await clientRefusalOf(connect(auth).refresh.mutate())).toEqual(unauthorized("TOKEN_TYPE_INVALID"));
    expect(await clientRefusalOf(connect(refresh).me.query())).toEqual(unauthorized("TOKEN_TYPE_INVALID"));
  });

  test("rejects a token from the second of its exp", async () => {
    const { connect, login, clock } = await start();
    const { auth } = await login("alice");
    clock.advance(59);
    expect(await connect(auth).me.query()).toBe(`alice via ${name}`);
    clock.advance(1);
    expect(await clientRefusalOf(connect(auth).me.query())).toEqual(unauthorized("TOKEN_EXPIRED"));
  });
});

describe.each(httpAdapters)("the HTTP response of $name", (adapter) => {
  test("has the status and the challenge of each refusal, and no challenge on success", async () => {
    const { auth, clock, url, connect, login } = await start(adapter, overHttp);
    const alice = (await login("alice")).auth;
    const text = (code: string, description: string): string =>
      `Bearer error="${code}", error_description="${description}"`;
    expect(await failureOf(connect().me.query())).toEqual({
      ...unauthorized("TOKEN_MISSING"),
      status: 401,
      challenge: "Bearer",
    });
    expect(await failureOf(connect(`${alice.slice(0, -6)}AAAAAA`).me.query())).toEqual({
      ...unauthorized("SIGNATURE_INVALID"),
      status: 401,
      challenge: text("invalid_token", "The signature of the token is invalid"),
    });
    expect(await failureOf(connect(alice).stats.query())).toEqual({
      ...forbidden("SCOPE_INSUFFICIENT"),
      status: 403,
      challenge: text("insufficient_scope", "The scope of the token does not allow this"),
    });
    clock.advance(60);
    expect(await failureOf(connect(alice).rename.mutate({ user: "alice" }))).toEqual({
      ...unauthorized("TOKEN_EXPIRED"),
      status: 401,
      challenge: text("invalid_token", "The token has expired"),
    });
    const fine = await fetch(`${url}/me`, {
      headers: { authorization: `Bearer ${(await auth.authToken("alice")).signed}` },
    });
    expect([fine.status, fine.headers.get("www-authenticate")]).toEqual([200, null]);
  });
});

test("one createContext function fits the options of every adapter", () => {
  const { auth } = createAuth();
  const createContext = createTRPCContext(auth, () => ({ served: "any" }));
  const options = { router, createContext };
  const fetchOptions = { ...options, endpoint: "/trpc", req: new Request("http://127.0.0.1/trpc/me") };
  expect(createHTTPServer(options)).toHaveProperty("listen");
  expect(createExpressMiddleware(options)).toBeTypeOf("function");
  expect(options satisfies FastifyTRPCPluginOptions<App>["trpcOptions"]).toBe(options);
  expect(options satisfies Omit<WSSHandlerOptions<App>, "wss">).toBe(options);
  expect(fetchRequestHandler(fetchOptions satisfies FetchHandlerRequestOptions<App>)).toBeInstanceOf(Promise);
});
