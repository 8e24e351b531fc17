/** Subscriptions by server-sent events: a guard before the source and per event, a final 401. */
import { type AuthManagerConfig, currentToken, type RequestAuth } from "claimgate";
import type { TestClock } from "claimgate/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { createGuardedSchema, createGuardedYoga } from "../../support/graphql.ts";
import { createSource, type EventStream, openEvents, reasonsOf, type Source } from "./stream-support.ts";

interface Tick {
  readonly tick?: number;
  readonly admins?: number;
  readonly open?: number;
  readonly item?: unknown;
  readonly asks?: number;
}

const typeDefs = `
  type Query { a: Int }
  type Subscription {
    tick: Int @requireToken
    admins: Int @requireToken(scope: { admin: true })
    own(id: ID): Int @requireToken(args: { sub: "id" })
    open: Int
    item: Item
    hidden: Int @requireToken(onDeny: NULL)
    asks: Int
    mine: String @requireToken
    askingSource: Int
    guardedAskingSource: Int @requireToken
    askingSubscribe: Int
    failingSource: Int @requireToken
  }
  type Item { open: Int, secret: Int @requireToken, strict: Int @requireToken(scope: { admin: true }) }
`;

const opened: EventStream[] = [];
afterEach(async () => {
  for (const stream of opened.splice(0)) await stream.close();
});

function setUp(overrides: Partial<AuthManagerConfig> = {}) {
  const { auth, clock } = createAuth(overrides);
  const source: Source<Tick> = createSource();
  const subscribe = { subscribe: () => source.subscribe() };
  const admin = { scope: { admin: true } };
  const asks = async ({ asks }: Tick, _: unknown, ctx: { auth: RequestAuth }): Promise<number | undefined> => {
    await ctx.auth.require(admin);
    return asks;
  };
  const askingSource = {
    subscribe: async function* (_: unknown, __: unknown, ctx: { auth: RequestAuth }) {
      await ctx.auth.require(admin);
      yield 1;
    },
    resolve: (value: number) => value,
  };
  const schema = createGuardedSchema(typeDefs, {
    Subscription: {
      tick: subscribe,
      askingSource,
      guardedAskingSource: askingSource,
      askingSubscribe: {
        subscribe: async (_, __, ctx) => {
          await ctx.auth.require(admin);
          return source.subscribe();
        },
        resolve: ({ tick }: Tick) => tick,
      },
      failingSource: {
        // biome-ignore lint/correctness/useYield: a source that fails before its first event
        subscribe: async function* () {
          throw new Error("the password of the database is hunter2");
        },
      },
      admins: subscribe,
      own: { ...subscribe, resolve: ({ tick }: Tick) => tick },
      open: subscribe,
      item: subscribe,
      hidden: { ...subscribe, resolve: ({ tick }: Tick) => tick },
      asks: { ...subscribe, resolve: asks },
      mine: {
        subscribe: async function* () {
          const before = currentToken()?.sub;
          for await (const _ of source.subscribe()) yield { mine: `${before} ${currentToken()?.sub}` };
        },
        resolve: ({ mine }: { mine: string }) => `${mine} ${currentToken()?.sub}`,
      },
    },
  });
  const yoga = createGuardedYoga(schema, auth);
  const open = async (query: string, options: Parameters<typeof openEvents>[2] = {}): Promise<EventStream> => {
    const stream = await openEvents(yoga, query, options);
    opened.push(stream);
    return stream;
  };
  const mint = async (options: Parameters<typeof auth.authToken>[1] = {}, subject = "ada") =>
    (await auth.authToken(subject, options)).signed;
  return { auth, clock, source, open, mint };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("before the source starts", () => {
  test.each([
    ["without a token", undefined, "{ tick }", "TOKEN_MISSING"],
    ["without a token on a field with onDeny: NULL", undefined, "{ hidden }", "TOKEN_MISSING"],
    ["with an invalid token", "bad", "{ tick }", "TOKEN_MALFORMED"],
    ["without the scope", "good", "{ admins }", "SCOPE_INSUFFICIENT"],
    ["with another user's id as the argument", "good", '{ own(id: "eve") }', "CLAIMS_INSUFFICIENT"],
  ])("a caller is rejected %s", async (_, kind, selection, reason) => {
    const { source, open, mint } = setUp();
    const token = kind === "good" ? await mint() : kind;
    const stream = await open(`subscription ${selection}`, token === undefined ? {} : { token });
    const event = await stream.next();
    expect(reasonsOf(event)).toEqual([reason]);
    expect(event?.data ?? null).toBeNull();
    expect(stream.response.status).toBe(event?.errors?.[0]?.extensions?.code === "FORBIDDEN" ? 403 : 401);
    expect(await stream.next()).toBeUndefined();
    await settle();
    expect(source.started).toBe(0);
  });

  test.each([
    "{ tick }",
    "{ x: tick }",
    '{ own(id: "ada") }',
    "{ hidden }",
    "{ open }",
  ])("a caller with a token is accepted: %s", async (selection) => {
    const { source, open, mint } = setUp();
    const stream = await open(`subscription ${selection}`, { token: await mint() });
    source.push({ tick: 1, open: 1 });
    const event = await stream.next();
    expect(Object.values(event?.data ?? {})).toEqual([1]);
    expect(source.started).toBe(1);
  });
});

describe("in an event", () => {
  test("a rejected field does not end the stream", async () => {
    const { source, open, mint } = setUp();
    const stream = await open("subscription { item { open secret strict } }", { token: await mint() });
    for (const open of [1, 2]) {
      source.push({ item: { open, secret: 7, strict: 8 } });
      const event = await stream.next();
      expect(event?.data).toEqual({ item: { open, secret: 7, strict: null } });
      expect(reasonsOf(event)).toEqual(["SCOPE_INSUFFICIENT"]);
    }
  });

  test("a refusal by the resolver's require is reported like a guard's refusal", async () => {
    const { source, open, mint } = setUp();
    const stream = await open("subscription { asks }", { token: await mint() });
    source.push({ asks: 1 });
    const event = await stream.next();
    expect(event?.data).toEqual({ asks: null });
    expect(event?.errors).toMatchObject([
      {
        message: "The scope of the token does not allow this",
        path: ["asks"],
        extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } },
      },
    ]);
    const admin = await setUpAsking();
    expect(admin).toEqual({ asks: 5 });
  });

  async function setUpAsking(): Promise<unknown> {
    const { source, open, mint } = setUp();
    const stream = await open("subscription { asks }", { token: await mint({ scope: { admin: true } }) });
    source.push({ asks: 5 });
    return (await stream.next())?.data;
  }

  test.each([
    "askingSubscribe",
    "askingSource",
    "guardedAskingSource",
  ])("a refusal by the source's require is reported like a guard's refusal: %s", async (field) => {
    const { source, open, mint } = setUp();
    const stream = await open(`subscription { ${field} }`, { token: await mint() });
    const event = await stream.next();
    expect(event?.data ?? null).toBeNull();
    expect(event?.errors).toMatchObject([
      {
        message: "The scope of the token does not allow this",
        extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } },
      },
    ]);
    expect(await stream.next()).toBeUndefined();
    const token = await mint({ scope: { admin: true } });
    const admitted = await open(`subscription { ${field} }`, { token });
    source.push({ tick: 1 });
    expect(await admitted.next()).toEqual({ data: { [field]: 1 } });
  });

  test("an error of the source is masked by Yoga", async () => {
    const { open, mint } = setUp();
    const stream = await open("subscription { failingSource }", { token: await mint() });
    const event = await stream.next();
    expect(event?.errors).toMatchObject([
      { message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } },
    ]);
    expect(JSON.stringify(event)).not.toContain("hunter2");
  });

  test("currentToken is the subscriber's own token, in the generator and in the resolver", async () => {
    const { source, open, mint } = setUp({ ambient: true });
    const stream = await open("subscription { mine }", { token: await mint() });
    source.push({});
    expect(await stream.next()).toEqual({ data: { mine: "ada ada ada" } });
    const other = setUp({ ambient: true });
    const second = await other.open("subscription { mine }", { token: await other.mint({}, "eve") });
    other.source.push({});
    source.push({});
    expect(await second.next()).toEqual({ data: { mine: "eve eve eve" } });
    expect(await stream.next()).toEqual({ data: { mine: "ada ada ada" } });
    expect(currentToken()).toBeNull();
  });
});

describe("when the token expires", () => {
  async function subscribed(): Promise<{ clock: TestClock; source: Source<Tick>; stream: EventStream }> {
    const { clock, source, open, mint } = setUp();
    const stream = await open("subscription { tick }", { token: await mint({ maxAge: 60 }) });
    source.push({ tick: 1 });
    expect(await stream.next()).toEqual({ data: { tick: 1 } });
    return { clock, source, stream };
  }

  test("the next event is a 401 without data, and the last one", async () => {
    const { clock, source, stream } = await subscribed();
    clock.advance(60);
    source.push({ tick: 2 });
    const event = await stream.next();
    expect(event).toMatchObject({
      data: { tick: null },
      errors: [{ path: ["tick"], extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_EXPIRED" } } }],
    });
    expect(await stream.next()).toBeUndefined();
    await source.ended;
  });

  test("the stream does not end a second earlier", async () => {
    const { clock, source, stream } = await subscribed();
    clock.advance(59);
    source.push({ tick: 2 });
    expect(await stream.next()).toEqual({ data: { tick: 2 } });
  });

  test("an idle stream ends with a 401", { timeout: 5000 }, async () => {
    const start = Date.now();
    const { source, open, mint } = setUp({ now: () => NOW + (Date.now() - start) / 1000 });
    const stream = await open("subscription { tick }", { token: await mint({ maxAge: 1 }) });
    const event = await stream.next();
    expect(event?.data).toEqual({ tick: null });
    expect(reasonsOf(event)).toEqual(["TOKEN_EXPIRED"]);
    expect(await stream.next()).toBeUndefined();
    expect(source.started).toBe(1);
  });
});

describe("a subscription with rights that are looked up at request time", () => {
  test("is rejected before it starts when the look-up fails", async () => {
    let isDown = true;
    const { source, open, mint } = setUp({
      authorizeAt: "request",
      authorize: () => {
        if (isDown) throw new Error("down");
        return {};
      },
    });
    const token = await mint();
    const stream = await open("subscription { tick }", { token });
    expect(reasonsOf(await stream.next())).toEqual(["STORE_UNAVAILABLE"]);
    expect(source.started).toBe(0);
    isDown = false;
    const again = await open("subscription { tick }", { token });
    source.push({ tick: 1 });
    expect(await again.next()).toEqual({ data: { tick: 1 } });
  });
});

describe("an unguarded subscription", () => {
  test("outlives its token and accepts an invalid one", async () => {
    const { clock, source, open, mint } = setUp();
    const stream = await open("subscription { open }", { token: await mint({ maxAge: 5 }) });
    clock.advance(3600);
    source.push({ open: 1 });
    expect(await stream.next()).toEqual({ data: { open: 1 } });
    const other = setUp();
    const bad = await other.open("subscription { open }", { token: "bad" });
    other.source.push({ open: 2 });
    expect(await bad.next()).toEqual({ data: { open: 2 } });
  });
});
