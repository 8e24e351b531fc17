/** Promises and generators in a streamed batch: each is checked again when it settles. */
import { createTRPCClient, httpBatchStreamLink, httpLink, type TRPCClient } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { type AuthContext, currentToken } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, unauthorized } from "../support/trpc.ts";
import { serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);
const expired = unauthorized("TOKEN_EXPIRED");

/** A part that settles when the test decides. */
function createPart<T>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

async function start() {
  const { auth, clock } = createAuth({ ambient: true });
  const first = createPart<void>();
  const second = createPart<void>();
  const router = t.router({
    plain: protectedProcedure.query(() => ({ title: "plain", late: first.promise.then(() => "late") })),
    deep: protectedProcedure.query(() => ({
      outer: first.promise.then(() => ({ inner: second.promise.then(() => "deep") })),
    })),
    events: protectedProcedure.query(async function* () {
      yield { part: first.promise.then(() => "in an event") };
    }),
    returned: protectedProcedure.query(async function* () {
      yield 1;
      await first.promise;
      return "returned";
    }),
    who: protectedProcedure.query(() => ({
      names: (async function* () {
        yield currentToken()?.sub;
        await first.promise;
        yield currentToken()?.sub;
      })(),
    })),
    mixed: protectedProcedure.query(() => ({ at: new Date(0), bytes: new Uint8Array([1]), late: Promise.resolve(1) })),
  });
  const { url } = await serve({ router, createContext: createTRPCContext(auth) });
  const headers = { authorization: `Bearer ${(await auth.authToken("alice", { maxAge: 60 })).signed}` };
  const client: TRPCClient<typeof router> = createTRPCClient({ links: [httpBatchStreamLink({ url, headers })] });
  const whole: TRPCClient<typeof router> = createTRPCClient({ links: [httpLink({ url, headers })] });
  const caller = t.createCallerFactory(router)({ auth: auth.forRequest({ headers }) });
  const expire = (): void => {
    clock.advance(60);
  };
  return { client, whole, caller, first, second, expire };
}

test("a streamed batch sends a part that settles in time, and withholds one that settles after exp", async () => {
  const { client, first, expire } = await start();
  const { title, late } = await client.plain.query();
  const again = await client.plain.query();
  expect(title).toBe("plain");
  first.settle();
  expect(await late).toBe("late");
  expect(await again.late).toBe("late");
  expire();
  expect(await clientRefusalOf(client.plain.query())).toEqual(expired);
});

test("a streamed batch checks a part of a part separately", async () => {
  const { client, first, second, expire } = await start();
  const { outer } = await client.deep.query();
  first.settle();
  const { inner } = await outer;
  expire();
  second.settle();
  expect(await clientRefusalOf(inner)).toEqual(expired);
});

test("a streamed batch checks a part of an event, and the return value of a generator", async () => {
  const { client, first, expire } = await start();
  const events = (await client.events.query())[Symbol.asyncIterator]();
  const returned = (await client.returned.query())[Symbol.asyncIterator]();
  const event = await events.next();
  expect(await returned.next()).toEqual({ done: false, value: 1 });
  expire();
  first.settle();
  expect(await clientRefusalOf(event.value.part)).toEqual(expired);
  expect(await clientRefusalOf(returned.next())).toEqual(expired);
});

test("a streamed batch sends the return value of a generator that returns in time", async () => {
  const { client, first } = await start();
  const returned = (await client.returned.query())[Symbol.asyncIterator]();
  await returned.next();
  first.settle();
  expect(await returned.next()).toEqual({ done: true, value: "returned" });
});

test("currentToken() is the caller's token in a generator that is a part", async () => {
  const { client, first } = await start();
  const names = (await client.who.query()).names[Symbol.asyncIterator]();
  expect((await names.next()).value).toBe("alice");
  first.settle();
  expect((await names.next()).value).toBe("alice");
});

test("a caller in the same process has its parts checked, and other values unchanged", async () => {
  const { caller, first, expire } = await start();
  const mixed = await caller.mixed();
  expect([mixed.at, mixed.bytes, await mixed.late]).toEqual([new Date(0), new Uint8Array([1]), 1]);
  const { late } = await caller.plain();
  expire();
  first.settle();
  await expect(late).rejects.toMatchObject({ code: "UNAUTHORIZED", cause: { reason: "TOKEN_EXPIRED" } });
});

test("a link that does not stream is rejected, and a late part leaves no unhandled rejection", async () => {
  const { whole, first, expire } = await start();
  expect(await clientRefusalOf(whole.plain.query())).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
  expire();
  first.settle();
  // An unhandled rejection would fail the run.
  await new Promise((resolve) => setImmediate(resolve));
});
