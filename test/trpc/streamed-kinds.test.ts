/** Every kind of stream in a guarded query is checked again for each event, by every guard. */
import { Readable } from "node:stream";
import { createTRPCClient, httpBatchStreamLink, httpLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthManagerConfig } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, unauthorized } from "../support/trpc.ts";
import { serve, startSockets } from "./adapters.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);
const expired = unauthorized("TOKEN_EXPIRED");

/** A source that waits after its first event. */
function createSource() {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const late = released.then(() => "late");
  const iterate = (): AsyncIterableIterator<string> => {
    const events = ["first", "late"];
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        if (events.length < 2) await released;
        const value = events.shift();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    };
  };
  return { release: () => release(), late, iterate, iterable: { [Symbol.asyncIterator]: iterate } };
}

type Source = ReturnType<typeof createSource>;

class Cursor {
  readonly #iterate: () => AsyncIterator<string>;

  constructor(iterate: () => AsyncIterator<string>) {
    this.#iterate = iterate;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this.#iterate();
  }
}

interface Site {
  readonly source: Source;
  /** Makes the token expire, and releases the late event. */
  expire(): void;
}

/** The client of a router that reads `source`, with a token that lives 60 seconds. */
async function start<R extends Parameters<typeof t.router>[0]>(
  create: (source: Source) => R,
  config: Partial<AuthManagerConfig> = {},
) {
  const { auth, clock } = createAuth(config);
  const source = createSource();
  const router = t.router(create(source));
  const { url } = await serve({ router, createContext: createTRPCContext(auth) });
  const connect = (headers: Record<string, string>): TRPCClient<typeof router> =>
    createTRPCClient<typeof router>({ links: [httpBatchStreamLink({ url, headers } as never)] });
  const expire = (): void => {
    clock.advance(60);
    source.release();
  };
  const token = (await auth.authToken("alice", { maxAge: 60 })).signed;
  return { auth, connect, expire, source, client: connect({ authorization: `Bearer ${token}` }) };
}

type Make = (source: Source) => AsyncIterable<string>;

const kinds: readonly [string, Make][] = [
  ["a hand-written iterator", ({ iterate }) => iterate()],
  ["a hand-written iterable", ({ iterable }) => iterable],
  ["a cursor", ({ iterate }) => new Cursor(iterate)],
  ["a ReadableStream", ({ iterate }) => Readable.toWeb(Readable.from(iterate()))],
];

const shapes: readonly [string, (make: Make) => Promise<{ events: AsyncIterator<string>; site: Site }>][] = [
  [
    "as the whole result",
    async (make) => {
      const site = await start((source) => ({ query: protectedProcedure.query(() => make(source)) }));
      return { events: (await site.client.query.query())[Symbol.asyncIterator](), site };
    },
  ],
  [
    "as a part of the result",
    async (make) => {
      const site = await start((source) => ({ query: protectedProcedure.query(() => ({ events: make(source) })) }));
      return { events: (await site.client.query.query()).events[Symbol.asyncIterator](), site };
    },
  ],
];

describe.each(shapes)("%s", (_, open) => {
  test.each(
    kinds,
  )("%s sends its events in time, and withholds them once the token has expired", async (_kind, make) => {
    const inTime = await open(make);
    expect((await inTime.events.next()).value).toBe("first");
    inTime.site.source.release();
    expect((await inTime.events.next()).value).toBe("late");
    const tooLate = await open(make);
    expect((await tooLate.events.next()).value).toBe("first");
    tooLate.site.expire();
    expect(await clientRefusalOf(tooLate.events.next())).toEqual(expired);
  });
});

test.each<[string, (source: Source) => Promise<string>]>([
  ["a promise", ({ late }) => late],
  [
    "a hand-written thenable",
    // oxlint-disable-next-line unicorn/no-thenable
    ({ late }) => ({ then: late.then.bind(late), catch: late.catch.bind(late) }) as unknown as Promise<string>,
  ],
  ["a list that can be awaited and iterated", ({ late, iterable }) => Object.assign(late.then(String), iterable)],
])("the value of %s is sent in time, and withheld once the token has expired", async (_, make) => {
  const create = (source: Source) => ({ part: protectedProcedure.query(() => ({ late: make(source) })) });
  const inTime = await start(create);
  const { late } = await inTime.client.part.query();
  inTime.source.release();
  expect(await late).toBe("late");
  const tooLate = await start(create);
  const part = await tooLate.client.part.query();
  tooLate.expire();
  expect(await clientRefusalOf(Promise.resolve(part.late))).toEqual(expired);
});

test("two guards with different tokens both check a stream: the outer one ends it when its token expires", async () => {
  const { auth, connect, expire } = await start(
    ({ iterate, late }) => ({
      both: protectedProcedure.use(requireToken({ type: "refresh" })).query(() => ({ events: iterate(), late })),
    }),
    { cookies: { auth: "auth", refresh: "refresh" } },
  );
  const tokens = [auth.authToken("alice", { maxAge: 60 }), auth.refreshToken("alice", { maxAge: 6000 })];
  const [short, long] = await Promise.all(tokens);
  const client = connect({ cookie: `auth=${short?.signed}; refresh=${long?.signed}` });
  const result = await client.both.query();
  const events = result.events[Symbol.asyncIterator]();
  expect((await events.next()).value).toBe("first");
  expire();
  expect(await clientRefusalOf(events.next())).toEqual(expired);
  expect(await clientRefusalOf(result.late)).toEqual(expired);
});

/** A page of a list, as API clients return it: iterable, with JSON of its items. */
class Page {
  readonly items = [1, 2];

  toArray(): readonly number[] {
    return this.items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield* this.items;
  }
}

describe("an iterable result without a stream is unchanged", () => {
  const pages = t.router({
    page: protectedProcedure.query(() => ({ page: new Page() })),
    stream: protectedProcedure.query(() => Readable.toWeb(Readable.from(["a"]))),
    list: protectedProcedure.query(() =>
      Object.assign([1, 2], { [Symbol.asyncIterator]: () => new Page()[Symbol.asyncIterator]() }),
    ),
  });
  const router = t.router({
    pages,
    inside: protectedProcedure.query(async ({ ctx }) => {
      const caller = t.createCallerFactory(pages)(ctx);
      const { page } = await caller.page();
      const { value } = await (await caller.stream()).getReader().read();
      return [page.toArray(), page instanceof Page, JSON.stringify(page), value];
    }),
  });

  test("on a WebSocket, in JSON", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startSockets);
    const socket = openSocket(url, { token: (await auth.authToken("alice")).signed });
    const client = createTRPCClient<typeof router>({ links: [wsLink({ client: socket })] });
    expect(await client.pages.page.query()).toEqual({ page: { items: [1, 2] } });
  });

  test("in a caller that a resolver creates from its own context", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) });
    const headers = { authorization: `Bearer ${(await auth.authToken("alice")).signed}` };
    const client = createTRPCClient<typeof router>({ links: [httpLink({ url, headers })] });
    expect(await client.inside.query()).toEqual([[1, 2], true, '{"items":[1,2]}', "a"]);
    expect(await client.pages.list.query()).toEqual([1, 2]);
  });
});
