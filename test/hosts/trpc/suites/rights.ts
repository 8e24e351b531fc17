/** Rights that a host looks up: once for each request, and a 503 during an outage. */
import type { AuthManagerConfig } from "claimgate";
import { describe, expect, test } from "vitest";
import { failureOf, forbidden, unauthorized } from "../../../support/trpc.ts";
import { bearer, type Client, connect, connectBatch, connectStream } from "../clients.ts";
import type { Host, Site } from "../host.ts";

type Authorize = NonNullable<AuthManagerConfig["authorize"]>;

async function open(host: Host, authorize: Authorize): Promise<{ site: Site; headers: Record<string, string> }> {
  const site = await host.open({ authorize, authorizeAt: "request" });
  return { site, headers: { ...bearer((await site.auth.authToken("alice")).signed) } };
}

export function describeRights(host: Host): void {
  describe("rights that are looked up per request", () => {
    test("are current", async () => {
      const now = { admin: true };
      const { site, headers } = await open(host, () => ({ scope: { admin: now.admin } }));
      const client = connect(site, headers);
      expect(await client.stats.query()).toBe("42 visits");
      now.admin = false;
      expect(await failureOf(client.stats.query())).toMatchObject({ ...forbidden("SCOPE_INSUFFICIENT"), status: 403 });
    });

    test("cause TOKEN_REVOKED when the user has lost them", async () => {
      const { site, headers } = await open(host, () => null);
      const failure = await failureOf(connect(site, headers).me.query());
      expect(failure).toMatchObject({ ...unauthorized("TOKEN_REVOKED"), status: 401 });
      expect(await connect(site).greeting.query()).toBe("Hello, stranger");
    });

    test("cause a 503 during an outage, not a 401", async () => {
      const { site, headers } = await open(host, () => Promise.reject(new Error("The database is down")));
      const outage = { code: "SERVICE_UNAVAILABLE", httpStatus: 503, reason: "STORE_UNAVAILABLE" };
      expect(await failureOf(connect(site, headers).me.query())).toEqual({
        ...outage,
        status: 503,
        challenge: undefined,
      });
      expect(await failureOf(connectBatch(site, headers).me.query())).toMatchObject({ ...outage, status: 503 });
      expect(await connect(site, headers).article.query({ id: "published" })).toBe("The published article");
    });

    test.each([
      ["call", connect, 1],
      ["batch", connectBatch, 3],
      ["streamed batch", connectStream, 3],
    ] as const)("are looked up once in a %s, and not for open procedures", async (_, link, calls) => {
      let asked = 0;
      const { site, headers } = await open(host, () => {
        asked += 1;
        return { scope: { admin: true } };
      });
      const client: Client = link(site, headers);
      await client.article.query({ id: "published" });
      expect(asked).toBe(0);
      await Promise.all(Array.from({ length: calls }, () => client.stats.query()));
      expect(asked).toBe(1);
    });
  });
}
