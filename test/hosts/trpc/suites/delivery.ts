/** The time at which streamed data arrives: at once, or at the end when the host buffers it. */
import { describe, expect, test, vi } from "vitest";
import { bearer, connectEvents, connectStream, subscribe } from "../clients.ts";
import type { Host } from "../host.ts";
import { collect, openTicker } from "../ticker.ts";

const open = async (host: Host) => {
  const { site, ...ticker } = await openTicker(host);
  return { site, ...ticker, headers: bearer((await site.auth.authToken("alice", { maxAge: site.short })).signed) };
};

export function describeStreamedDelivery(host: Host): void {
  describe("a stream", () => {
    test("in a batch arrives part by part", async () => {
      const { site, headers, tick } = await open(host);
      const values: number[] = [];
      const log = collect(await connectStream(site, headers).log.query({ events: 2 }), values);
      await vi.waitFor(() => expect(values).toHaveLength(1));
      const count = await tick();
      expect(await log).toEqual({ values: [count - 1, count] });
    });

    test("of a subscription arrives event by event, and ends when the client leaves", async () => {
      const { site, headers, tick, untilOpen } = await open(host);
      const events = subscribe(connectEvents(site, headers));
      const first = await events.next();
      expect(await tick()).toBe(first + 1);
      expect(await events.next()).toBe(first + 1);
      events.unsubscribe();
      await untilOpen(0);
    });
  });
}

export function describeWholeDelivery(host: Host): void {
  describe("a buffered stream", () => {
    test("in a batch arrives in full at its end", async () => {
      const { site, headers, tick, untilOpen } = await open(host);
      const values: number[] = [];
      const log = connectStream(site, headers)
        .log.query({ events: 2 })
        .then((events) => collect(events, values));
      await untilOpen(1);
      expect(values).toEqual([]);
      const count = await tick();
      expect(await log).toEqual({ values: [count - 1, count] });
    });

    test("of a subscription ends when the token expires, also if the client has left", async () => {
      const { site, headers, tick, streams, untilOpen } = await open(host);
      const events = subscribe(connectEvents(site, headers));
      await untilOpen(1);
      await tick();
      events.unsubscribe();
      await tick();
      expect(await streams()).toMatchObject({ open: 1 });
      await site.pass(site.short);
      await tick();
      await untilOpen(0);
    });
  });
}
