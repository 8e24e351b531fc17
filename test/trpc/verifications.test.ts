/** A request verifies at most one signature, and none for cached tokens and open procedures. */
import { createTRPCClient, httpBatchLink, httpLink, type TRPCClient } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthManagerConfig } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { beforeEach, describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, unauthorized } from "../support/trpc.ts";
import { watchVerifications } from "../support/watch-verifications.ts";
import { httpAdapters, serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure } = authProcedures(t.procedure);

const router = t.router({
  open: publicProcedure.query(() => "open"),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  optional: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? null),
  chained: protectedProcedure
    .use(requireToken({ scope: "a" }))
    .use(requireToken({ scope: "b" }))
    .query(async ({ ctx }) => {
      await ctx.auth.require({ scope: "a b" });
      return (await ctx.auth.authenticate())?.sub;
    }),
});

async function start(config: Partial<AuthManagerConfig>, startServer = httpAdapters[1]?.start) {
  const { auth, clock } = createAuth(config);
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startServer);
  const connect = (token: string): TRPCClient<typeof router> =>
    createTRPCClient({ links: [httpLink({ url, headers: { authorization: `Bearer ${token}` } })] });
  const connectBatch = (token: string): TRPCClient<typeof router> =>
    createTRPCClient({ links: [httpBatchLink({ url, headers: { authorization: `Bearer ${token}` } })] });
  return { auth, clock, connect, connectBatch, token: (await auth.authToken("alice", { scope: "a b" })).signed };
}

// The spy counts calls and passes them on.
const verify = watchVerifications();
beforeEach(() => void verify.mockClear());

describe.each(httpAdapters)("over $name, without cached tokens", ({ start: startServer }) => {
  test("verifies a token once for a chain of guards", async () => {
    const { connect, token } = await start({ cache: false }, startServer);
    expect(await connect(token).chained.query()).toBe("alice");
    expect(verify).toHaveBeenCalledTimes(1);
    expect(await connect(token).me.query()).toBe("alice");
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("verifies a token once for a batch of 20", async () => {
    const { connectBatch, token } = await start({ cache: false }, startServer);
    const client = connectBatch(token);
    const calls = Array.from({ length: 20 }, (_, i) => (i % 2 ? client.me.query() : client.chained.query()));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, () => "alice"));
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("verifies an invalid signature once for a batch of 20, and rejects every item", async () => {
    const { connectBatch, token } = await start({ cache: false }, startServer);
    const client = connectBatch(`${token.slice(0, -6)}AAAAAA`);
    const calls = Array.from({ length: 20 }, () => clientRefusalOf(client.me.query()));
    expect(new Set((await Promise.all(calls)).map(({ reason }) => reason))).toEqual(new Set(["SIGNATURE_INVALID"]));
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("verifies nothing for a public procedure, which accepts an expired or malformed token", async () => {
    const { clock, connect, token } = await start({ cache: false }, startServer);
    expect(await connect(token).open.query()).toBe("open");
    clock.advance(3600);
    expect(await connect(token).open.query()).toBe("open");
    expect(await connect("garbage").open.query()).toBe("open");
    expect(await connect("x".repeat(9000)).open.query()).toBe("open");
    expect(verify).toHaveBeenCalledTimes(0);
    expect(await clientRefusalOf(connect(token).optional.query())).toEqual(unauthorized("TOKEN_EXPIRED"));
    expect(verify).toHaveBeenCalledTimes(1);
  });
});

describe("a token, with the cache", () => {
  test("is not verified a second time", async () => {
    const { connect, token } = await start({});
    expect(await connect(token).me.query()).toBe("alice");
    expect(verify).toHaveBeenCalledTimes(1);
    expect(await connect(token).me.query()).toBe("alice");
    expect(await connect(token).chained.query()).toBe("alice");
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is rejected once it has expired", async () => {
    const { clock, connect, token } = await start({});
    expect(await connect(token).me.query()).toBe("alice");
    clock.advance(3600);
    expect(await clientRefusalOf(connect(token).me.query())).toEqual(unauthorized("TOKEN_EXPIRED"));
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is dropped for a newer one when the cache holds only one", async () => {
    const { auth, connect, token } = await start({ cache: { max: 1 } });
    const other = (await auth.authToken("bob")).signed;
    for (const given of [token, other, token]) await connect(given).me.query();
    expect(verify).toHaveBeenCalledTimes(3);
    await connect(token).me.query();
    expect(verify).toHaveBeenCalledTimes(3);
  });
});

test("a text that is too long or not a token is rejected without a verification", async () => {
  const { connect, token } = await start({ maxTokenLength: 1000, cache: false });
  const malformed = unauthorized("TOKEN_MALFORMED");
  expect(await clientRefusalOf(connect(`${token}${"A".repeat(1000)}`).me.query())).toEqual(malformed);
  expect(await clientRefusalOf(connect("garbage").me.query())).toEqual(malformed);
  expect(verify).toHaveBeenCalledTimes(0);
  expect(await connect(token).me.query()).toBe("alice");
});
