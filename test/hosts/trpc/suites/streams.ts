/** Streamed batches at a host: a refusal per item, and no data before the guard. */
import { describe, expect, test } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { clientRefusalOf, failureOf, forbidden, unauthorized } from "../../../support/trpc.ts";
import { bearer, type Client, connectStream } from "../clients.ts";
import type { Host } from "../host.ts";
import { collect, openTicker } from "../ticker.ts";

const admin = { scope: { admin: true }, claims: { admin: true } };

export function describeStreams(host: Host): void {
  const start = async () => {
    const { site, ...ticker } = await openTicker(host);
    const stream = async (sub: string, rights: object, raw?: string[]): Promise<Client> =>
      connectStream(site, bearer((await site.auth.authToken(sub, { ...rights, maxAge: site.short })).signed), raw);
    return { site, stream, ...ticker };
  };

  describe("a streamed batch", () => {
    test("has each refusal in its own item, and the others resolve", async () => {
      const { stream } = await start();
      const client = await stream("alice", {});
      const [own, stats, greeting, other] = await Promise.all([
        client.me.query(),
        failureOf(client.stats.query()),
        client.greeting.query(),
        failureOf(client.user.query({ id: "root" })),
      ]);
      expect([own, greeting]).toEqual(["alice", "Hello, alice"]);
      expect(stats).toEqual({ ...forbidden("SCOPE_INSUFFICIENT"), status: 200, challenge: undefined });
      expect(other).toMatchObject(forbidden("CLAIMS_INSUFFICIENT"));
    });

    test("has no challenge, also if its token is known before the headers are sent", async () => {
      const { stream } = await start();
      const client = await stream("alice", {});
      expect(await client.me.query()).toBe("alice");
      const stats = await failureOf(client.stats.query());
      expect(stats).toEqual({ ...forbidden("SCOPE_INSUFFICIENT"), status: 200, challenge: undefined });
    });

    test("sends no data of a rejected item, and does not start its resolver", async () => {
      const { site, stream, streams } = await start();
      const before = await streams();
      const refused: string[] = [];
      const client = await stream("alice", {}, refused);
      const anonymous = connectStream(site, {}, refused);
      await Promise.all([
        client.me.query(),
        refusalOf(client.stats.query()),
        refusalOf(client.report.query({ events: 1 })),
        refusalOf(anonymous.report.query({ events: 1 })),
        refusalOf(anonymous.log.query({ events: 1 })),
      ]);
      expect(refused.join("")).toContain("alice");
      expect(refused.join("")).not.toMatch(/confidential|visits/);
      expect(await streams()).toEqual(before);
      const allowed: string[] = [];
      const root = await stream("root", admin, allowed);
      await root.stats.query();
      expect(allowed.join("")).toContain("42 visits");
    });

    test("has a refusal in every item when all are rejected", async () => {
      const { site } = await start();
      const client = connectStream(site, bearer("garbage"));
      const refused = unauthorized("TOKEN_MALFORMED");
      expect(
        await Promise.all([clientRefusalOf(client.me.query()), clientRefusalOf(client.log.query({ events: 1 }))]),
      ).toEqual([refused, refused]);
    });
  });

  describe("a query that streams", () => {
    test("is checked again at every event, and ends when the token has expired", async () => {
      const { site, stream, tick, untilOpen } = await start();
      const client = await stream("alice", {});
      const log = client.log.query({ events: 3 }).then((events) => collect(events));
      await untilOpen(1);
      await site.pass(site.short);
      const count = await tick();
      expect(await log).toEqual({ values: [count - 1], refusal: unauthorized("TOKEN_EXPIRED") });
      await tick();
      await untilOpen(0);
    });

    test("sends later parts to an authorized caller", async () => {
      const { stream, tick, untilOpen } = await start();
      const client = await stream("root", admin);
      const report = client.report.query({ events: 2 });
      const parts = report.then(async ({ title, next, ticks }) => [title, await next, await collect(ticks)]);
      await untilOpen(1);
      const count = await tick();
      expect(await parts).toEqual(["The confidential report", count, { values: [count - 1, count] }]);
    });

    test("withholds later parts when the token has expired", async () => {
      const { site, stream, tick, untilOpen } = await start();
      const client = await stream("root", admin);
      const report = client.report.query({ events: 3 });
      const parts = report.then(({ next, ticks }) => Promise.all([clientRefusalOf(next), collect(ticks)]));
      await untilOpen(1);
      await site.pass(site.short);
      const count = await tick();
      const expired = unauthorized("TOKEN_EXPIRED");
      expect(await parts).toEqual([expired, { values: [count - 1], refusal: expired }]);
    });
  });
}
