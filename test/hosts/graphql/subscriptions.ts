/** Subscriptions: a guard before the source, a guard per event, and a 401 at the end. */
import type { EventEmitter } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { openEvents, reasonsOf, type StreamEvent } from "../../graphql/server/stream-support.ts";
import { openSocketEvents } from "../../graphql/server/ws-support.ts";
import { NOW } from "../../support/create-auth.ts";
import { type AskOptions, ask, connect } from "./ask.ts";
import { type Host, type Served, serve } from "./host.ts";

type Next = () => Promise<StreamEvent | undefined>;
type Stream = Host["streams"][number];

const MESSAGES = "subscription { messages { text } }";

/** The subscriptions of `host` over `stream`. */
export function describeSubscriptions(host: Host, stream: Stream): void {
  describe(`subscriptions by ${stream}`, () => {
    const served = serve(host);
    const opened: (() => unknown)[] = [];
    afterEach(async () => {
      for (const close of opened.splice(0)) await close();
    });
    const open = (query: string, options: AskOptions = {}, on: Served = served): Promise<Next> =>
      openStream(on, stream, query, options, opened);
    /** Opens a subscription, and waits until its source listens. */
    const start = async (query: string, options: AskOptions, on: Served = served): Promise<Next> => {
      const listening = until(on.feed, "newListener");
      const [next] = await Promise.all([open(query, options, on), listening]);
      return next;
    };

    test("are rejected before the source starts", async () => {
      let started = 0;
      const count = (name: string): void => void (name === "message" && started++);
      served.feed.on("newListener", count);
      const token = await served.mint();
      expect(await (await open(MESSAGES))()).toEqual({
        errors: [
          {
            message: "A token is required",
            path: ["messages"],
            locations: [{ line: 1, column: 16 }],
            extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } },
          },
        ],
      });
      expect(reasonsOf(await (await open(MESSAGES, { token: "bad" }))())).toEqual(["TOKEN_MALFORMED"]);
      expect(reasonsOf(await (await open("subscription { alerts { text } }", { token }))())).toEqual([
        "SCOPE_INSUFFICIENT",
      ]);
      served.feed.off("newListener", count);
      expect(started).toBe(0);
    });

    test("are accepted, checked again in every event, and ended by a 401", async () => {
      const { clock, feed, mint } = served;
      const next = await start(MESSAGES, { token: await mint({ maxAge: 60 }) });
      feed.emit("message", { text: "one" });
      expect(await next()).toEqual({ data: { messages: { text: "one" } } });
      clock.advance(59);
      feed.emit("message", { text: "two" });
      expect(await next()).toEqual({ data: { messages: { text: "two" } } });
      clock.advance(1);
      const stopped = until(feed, "removeListener");
      feed.emit("message", { text: "three" });
      const last = await next();
      expect(last).toMatchObject({
        data: { messages: null },
        errors: [{ path: ["messages"], extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_EXPIRED" } } }],
      });
      expect(await next()).toBeUndefined();
      await stopped;
    });

    test("continue after an event with a field that is rejected with 403", async () => {
      const { feed, mint } = served;
      const query = "subscription { messages { text address } }";
      const next = await start(query, { token: await mint() });
      for (const text of ["one", "two"]) {
        feed.emit("message", { text });
        const event = await next();
        expect(event?.data).toEqual({ messages: { text, address: null } });
        expect(reasonsOf(event)).toEqual(["SCOPE_INSUFFICIENT"]);
      }
      const admin = await start(query, { token: await mint({ scope: { admin: true } }) });
      feed.emit("message", { text: "three" });
      expect(await admin()).toEqual({ data: { messages: { text: "three", address: "127.0.0.1" } } });
    });

    test("mask an error of an event, and continue", async () => {
      const { feed, mint } = served;
      const next = await start("subscription { messages { text archive } }", { token: await mint() });
      for (const text of ["one", "two"]) {
        feed.emit("message", { text });
        const event = await next();
        expect(event?.data).toEqual({ messages: { text, archive: null } });
        expect(event?.errors).toMatchObject([{ extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
        expect(JSON.stringify(event)).not.toMatch(/hunter2|password/);
      }
    });

    test("mask an error of the source, before and after its start", async () => {
      const { feed, mint } = served;
      const isShown = host.cannot["mask what a source throws"] !== undefined;
      const before = await (await open("subscription { archive { text } }"))();
      expect(before?.errors).toHaveLength(1);
      expect(/hunter2/.test(JSON.stringify(before))).toBe(isShown);
      const next = await start(MESSAGES, { token: await mint() });
      feed.emit("error", new Error("The password is hunter2"));
      const after = await next();
      expect(after?.errors).toHaveLength(1);
      expect(/hunter2/.test(JSON.stringify(after))).toBe(isShown);
    });

    describe("without an event", () => {
      let begin: number | undefined;
      const served = serve(host, { now: () => NOW + (begin === undefined ? 0 : Date.now() - begin) / 1000 });

      test("end when the token expires", async () => {
        const token = await served.mint({ maxAge: 1 });
        const next = await start(MESSAGES, { token }, served);
        begin = Date.now(); // no sooner, so that it never expires before it starts
        expect(reasonsOf(await next())).toEqual(["TOKEN_EXPIRED"]);
        expect(await next()).toBeUndefined();
        expect(served.feed.listenerCount("message")).toBe(0);
      });
    });
  });
}

/** The connection parameters of a client of `host`. */
export function describeConnectionParams(host: Host): void {
  const served = serve(host);

  test.each(["authorization", "Authorization"])("connectionParams.%s replaces the header", async (name) => {
    const { signed } = await served.auth.authToken("ada");
    const send = (value: unknown) => ask(served, "ws", "{ me { id } }", { connectionParams: { [name]: value } });
    expect((await send(`Bearer ${signed}`)).body).toEqual({ data: { me: { id: "ada" } } });
    expect(reasonsOf((await send("Bearer bad")).body)).toEqual(["TOKEN_MALFORMED"]);
    expect(reasonsOf((await send({ token: signed })).body)).toEqual(["TOKEN_MISSING"]);

    const client = connect(served.wsUrl, { connectionParams: { [name]: `Bearer ${signed}` } });
    const listening = until(served.feed, "newListener");
    const next = openSocketEvents(client, MESSAGES);
    await listening;
    served.feed.emit("message", { text: host.name });
    expect(await next()).toEqual({ data: { messages: { text: host.name } } });
    await client.dispose();
  });
}

/** A subscription at a host without subscriptions. */
export function describeNoSubscriptions(host: Host): void {
  const served = serve(host);

  test("a subscription never starts", async () => {
    let started = 0;
    served.feed.on("newListener", () => started++);
    for (const token of [undefined, await served.mint()]) {
      const { body } = await ask(served, "http", MESSAGES, token === undefined ? {} : { token });
      expect((body["data"] as { messages: unknown } | undefined)?.messages ?? null).toBeNull();
    }
    expect(started).toBe(0);
  });
}

async function openStream(
  served: Served,
  stream: Stream,
  query: string,
  options: AskOptions,
  opened: (() => unknown)[],
): Promise<Next> {
  if (stream === "ws") {
    const client = connect(served.wsUrl, options);
    opened.push(() => client.dispose());
    return openSocketEvents(client, query);
  }
  const { token, headers } = options;
  const events = await openEvents({ fetch: (_url, init) => fetch(served.url, init) }, query, {
    ...(token === undefined ? {} : { token }),
    ...(headers === undefined ? {} : { headers }),
  });
  opened.push(() => events.close());
  return events.next;
}

/** Settles when a listener for messages is added or removed. */
function until(feed: EventEmitter, change: "newListener" | "removeListener"): Promise<void> {
  return new Promise((resolve) => {
    const look = (name: string): void => {
      if (name !== "message") return;
      feed.off(change, look);
      resolve();
    };
    feed.on(change, look);
  });
}
