/** Batches: each item has its own code, and the response has a status that fits all of them. */
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, type TRPCClient } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, failureOf, forbidden, sendCall, unauthorized } from "../support/trpc.ts";
import { httpAdapters, serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);

const router = t.router({
  open: publicProcedure.query(() => "open"),
  lost: publicProcedure.query(() => {
    throw new TRPCError({ code: "NOT_FOUND" });
  }),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  admin: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => "admin"),
  numbers: protectedProcedure.query(async function* () {
    yield 1;
    yield 2;
  }),
});

type Link = typeof httpBatchLink | typeof httpBatchStreamLink;

async function start(link: Link, startServer = httpAdapters[1]?.start) {
  const { auth } = createAuth();
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startServer);
  const connect = (token?: string): TRPCClient<typeof router> =>
    createTRPCClient({ links: [link({ url, headers: token ? { authorization: `Bearer ${token}` } : {} })] });
  return { auth, url, connect, alice: (await auth.authToken("alice")).signed };
}

describe.each(httpAdapters)("a batch over $name", ({ start: startServer }) => {
  test("with accepted and rejected items is 207, with a code for each item and one challenge", async () => {
    const { connect, alice } = await start(httpBatchLink, startServer);
    const client = connect(alice);
    const [open, me, admin, lost] = [
      client.open.query(),
      client.me.query(),
      failureOf(client.admin.query()),
      failureOf(client.lost.query()),
    ];
    expect(await open).toBe("open");
    expect(await me).toBe("alice");
    const challenge =
      'Bearer error="insufficient_scope", error_description="The scope of the token does not allow this"';
    expect(await admin).toEqual({ ...forbidden("SCOPE_INSUFFICIENT"), status: 207, challenge });
    expect(await lost).toMatchObject({ code: "NOT_FOUND", httpStatus: 404, status: 207 });
  });

  test("whose items are all rejected has their status", async () => {
    const { connect } = await start(httpBatchLink, startServer);
    const client = connect();
    const refusals = await Promise.all([failureOf(client.me.query()), failureOf(client.admin.query())]);
    const refused = { ...unauthorized("TOKEN_MISSING"), status: 401, challenge: "Bearer" };
    expect(refusals).toEqual([refused, refused]);
  });

  test("that is streamed is 200, with a code for each item", async () => {
    const { connect, alice } = await start(httpBatchStreamLink, startServer);
    const client = connect(alice);
    const [open, admin, me] = [client.open.query(), failureOf(client.admin.query()), client.me.query()];
    expect(await open).toBe("open");
    expect(await me).toBe("alice");
    expect(await admin).toMatchObject(forbidden("SCOPE_INSUFFICIENT"));
  });
});

test("a batch of items with different refusals is 207", async () => {
  const { url, alice } = await start(httpBatchLink);
  const response = await sendCall(`${url}/admin,lost?batch=1`, { headers: { authorization: `Bearer ${alice}` } });
  expect(response.status).toBe(207);
});

test("a batch of accepted items has neither a challenge nor an error", async () => {
  const { url, alice } = await start(httpBatchLink);
  const response = await sendCall(`${url}/me,open?batch=1`, { headers: { authorization: `Bearer ${alice}` } });
  expect(response.status).toBe(200);
  expect(response.headers).not.toHaveProperty("www-authenticate");
});

test("a streamed batch of rejected items has a code for each item", async () => {
  const { connect } = await start(httpBatchStreamLink);
  const client = connect("garbage");
  expect(await Promise.all([clientRefusalOf(client.me.query()), clientRefusalOf(client.admin.query())])).toEqual([
    unauthorized("TOKEN_MALFORMED"),
    unauthorized("TOKEN_MALFORMED"),
  ]);
});

test("a query that streams is rejected before its generator starts, and streams to an authorized caller", async () => {
  const { connect, alice } = await start(httpBatchStreamLink);
  const received: number[] = [];
  for await (const number of await connect(alice).numbers.query()) received.push(number);
  expect(received).toEqual([1, 2]);
  expect(await clientRefusalOf(connect().numbers.query())).toEqual(unauthorized("TOKEN_MISSING"));
});
