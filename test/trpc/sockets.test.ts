/** One context for a whole WebSocket: it does not outlive its token or its rights. */
import { createTRPCClient, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthManagerConfig, Authorize } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test, vi } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, forbidden, unauthorized } from "../support/trpc.ts";
import { watchVerifications } from "../support/watch-verifications.ts";
import { type Served, serve, socketAdapters, startSockets } from "./adapters.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure, optionalProcedure } = authProcedures(t.procedure);

const router = t.router({
  open: publicProcedure.query(() => "open"),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  optional: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? null),
  admin: protectedProcedure
    .use(requireToken({ scope: "admin" }))
    .use(requireToken({ claims: { level: 9 } }))
    .query(async ({ ctx }) => (await ctx.auth.require({ scope: "admin" })).sub),
  openAdmin: publicProcedure.query(async ({ ctx }) => (await ctx.auth.require({ scope: "admin" })).sub),
  rawAdmin: t.procedure.query(async ({ ctx }) => (await ctx.auth.require({ scope: "admin" })).sub),
  seen: publicProcedure.query(async ({ ctx }) => (await ctx.auth.authenticate())?.scope ?? null),
});

async function start(
  config: Partial<AuthManagerConfig> = {},
  startServer: (served: Served) => ReturnType<typeof startSockets> = startSockets,
) {
  const { auth, clock } = createAuth(config);
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startServer);
  const connect = (token?: string): TRPCClient<typeof router> =>
    createTRPCClient({ links: [wsLink({ client: openSocket(url, token === undefined ? {} : { token }) })] });
  return { auth, clock, connect };
}

describe.each(socketAdapters)("a WebSocket over $name", ({ start: startServer }) => {
  test("rejects calls after its token has expired", async () => {
    const { auth, clock, connect } = await start({}, startServer);
    const client = connect((await auth.authToken("alice", { maxAge: 60 })).signed);
    expect(await client.me.query()).toBe("alice");
    clock.advance(59);
    expect(await client.me.query()).toBe("alice");
    clock.advance(1);
    expect(await clientRefusalOf(client.me.query())).toEqual(unauthorized("TOKEN_EXPIRED"));
    expect(await clientRefusalOf(client.optional.query())).toEqual(unauthorized("TOKEN_EXPIRED"));
    expect(await client.open.query()).toBe("open");
  });

  test("rejects a batch of messages item by item", async () => {
    const { auth, connect } = await start({}, startServer);
    const client = connect((await auth.authToken("alice", { scope: "admin" })).signed);
    const [open, me, admin] = [client.open.query(), client.me.query(), clientRefusalOf(client.admin.query())];
    expect([await open, await me, await admin]).toEqual(["open", "alice", forbidden("CLAIMS_INSUFFICIENT")]);
    const anonymous = connect();
    expect(await anonymous.optional.query()).toBeNull();
    expect(await clientRefusalOf(anonymous.me.query())).toEqual(unauthorized("TOKEN_MISSING"));
  });

  test("that is opened with an invalid token stays open for public procedures", async () => {
    const { connect } = await start({}, startServer);
    const client = connect("garbage");
    expect(await client.open.query()).toBe("open");
    expect(await clientRefusalOf(client.me.query())).toEqual(unauthorized("TOKEN_MALFORMED"));
    expect(await client.open.query()).toBe("open");
  });

  test("verifies its token once for all its calls", async () => {
    const { auth, connect } = await start({ cache: false }, startServer);
    const client = connect((await auth.authToken("alice")).signed);
    const verify = watchVerifications();
    await client.open.query();
    expect(verify).toHaveBeenCalledTimes(0);
    await Promise.all([client.me.query(), client.me.query(), client.optional.query()]);
    await client.me.query();
    expect(verify).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
  });
});

describe("rights on a WebSocket", () => {
  test("are looked up again for every call, and once for a chain of guards", async () => {
    let rights: { scope: string; claims: { level: number } } | null = { scope: "admin", claims: { level: 9 } };
    const authorize = vi.fn<Authorize>(async () => rights);
    const { auth, connect } = await start({ authorize, authorizeAt: "request" });
    const client = connect((await auth.authToken("alice")).signed);
    expect(await client.open.query()).toBe("open");
    expect(authorize).toHaveBeenCalledTimes(0);
    expect(await client.admin.query()).toBe("alice");
    expect(authorize).toHaveBeenCalledTimes(1);
    expect(await client.admin.query()).toBe("alice");
    expect(authorize).toHaveBeenCalledTimes(2);
    rights = { scope: "reader", claims: { level: 9 } };
    expect(await clientRefusalOf(client.admin.query())).toEqual(forbidden("SCOPE_INSUFFICIENT"));
    rights = null;
    expect(await clientRefusalOf(client.me.query())).toEqual(unauthorized("TOKEN_REVOKED"));
    expect(authorize).toHaveBeenCalledTimes(4);
  });

  test.each(["openAdmin", "rawAdmin"] as const)("are looked up again by a resolver's require in %s", async (name) => {
    let scope = "admin";
    const { auth, connect } = await start({ authorize: () => ({ scope }), authorizeAt: "request" });
    const client = connect((await auth.authToken("alice")).signed);
    expect(await client[name].query()).toBe("alice");
    scope = "reader";
    expect(await clientRefusalOf(client[name].query())).toEqual(forbidden("SCOPE_INSUFFICIENT"));
    scope = "admin";
    expect(await client[name].query()).toBe("alice");
  });

  test("are looked up again by a resolver's authenticate", async () => {
    let scope = "admin";
    const { auth, connect } = await start({ authorize: () => ({ scope }), authorizeAt: "request" });
    const client = connect((await auth.authToken("alice")).signed);
    expect(await client.seen.query()).toBe("admin");
    scope = "reader";
    expect(await client.seen.query()).toBe("reader");
  });
});
