/** Subscriptions by server-sent events at a host: checked before the start and at every event. */
import { describe, expect, test } from "vitest";
import { type Refusal, resultOf, sendCall, unauthorized } from "../../../support/trpc.ts";
import { bearer, connectEvents, subscribe } from "../clients.ts";
import type { Host } from "../host.ts";
import { openTicker } from "../ticker.ts";

export function describeSubscriptions(host: Host): void {
  const start = async () => {
    const { site, ...ticker } = await openTicker(host);
    const token = async (): Promise<string> => (await site.auth.authToken("alice", { maxAge: site.short })).signed;
    return { site, ...ticker, token };
  };

  describe("a subscription", () => {
    test("that is rejected never starts", async () => {
      const { site, streams, token } = await start();
      const before = await streams();
      const refresh = (await site.auth.refreshToken("alice")).signed;
      const old = (await site.past.authToken("alice", { maxAge: 60 })).signed;
      const [anonymous, garbage, wrongType, expired, inParams] = [
        subscribe(connectEvents(site)),
        subscribe(connectEvents(site, bearer("garbage"))),
        subscribe(connectEvents(site, bearer(refresh))),
        subscribe(connectEvents(site, bearer(old))),
        subscribe(connectEvents(site, {}, { authorization: "Bearer garbage" })),
      ];
      expect(await anonymous.ended).toEqual(unauthorized("TOKEN_MISSING"));
      expect(await garbage.ended).toEqual(unauthorized("TOKEN_MALFORMED"));
      expect(await wrongType.ended).toEqual(unauthorized("TOKEN_TYPE_INVALID"));
      expect(await expired.ended).toEqual(unauthorized("TOKEN_EXPIRED"));
      expect(await inParams.ended).toEqual(unauthorized("TOKEN_MALFORMED"));
      expect(await streams()).toEqual(before);
      // Connection parameters replace the header only for subscriptions.
      const params = encodeURIComponent(JSON.stringify({ authorization: `Bearer ${await token()}` }));
      const query = await sendCall(`${site.url}/me?connectionParams=${params}`);
      expect(resultOf(query)).toEqual(unauthorized("TOKEN_MISSING"));
    });

    const ways = [
      ["a header", (token: string) => [{ authorization: `Bearer ${token}` }]],
      ["connection parameters", (token: string) => [{}, { authorization: `Bearer ${token}` }]],
      ["a cookie", (token: string) => [{ cookie: `auth=${token}`, "sec-fetch-site": "same-origin" }]],
    ] as const;

    test.each(ways)("accepted by %s ends when the token has expired, without the events after that", async (_, by) => {
      const { site, untilOpen, tick, token } = await start();
      const [headers, params] = by(await token()) as [Record<string, string>, Record<string, string>?];
      const events = subscribe(connectEvents(site, headers, params));
      await untilOpen(1);
      await site.pass(site.short);
      const withheld = await tick();
      expect(await events.next()).toBe(withheld - 1);
      await expect(events.next()).rejects.toEqual(unauthorized("TOKEN_EXPIRED"));
      expect(await events.ended).toEqual<Refusal>(unauthorized("TOKEN_EXPIRED"));
      await tick();
      await untilOpen(0);
    });
  });
}
