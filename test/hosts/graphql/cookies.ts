/** A cookie counts only where it cannot have been sent by another site, whatever the client says of itself afterwards. */
import { describe, expect, test } from "vitest";
import { reasonsOf } from "../../graphql/server/stream-support.ts";
import { openSocketEvents } from "../../graphql/server/ws-support.ts";
import { type Answer, ask, connect, expectData, expectRefused } from "./ask.ts";
import { type Host, type Served, serve, type Transport } from "./host.ts";

type Headers = Record<string, string>;
type Says = (served: Served) => Headers;

const EVIL = { origin: "https://evil.test" };

/** Cookies sent to `host` over `transport`. */
export function describeCookies(host: Host, transport: Transport): void {
  describe("cookies", () => {
    const served = serve(host, { cookies: { auth: "auth" } });
    const cookie = async (): Promise<string> => `auth=${await served.mint()}`;
    const hostOf = (): string => new URL(transport === "http" ? served.url : served.wsUrl).host;
    const send = async (headers: Headers): Promise<Answer> =>
      ask(served, transport, "{ me { id } }", { headers: { cookie: await cookie(), ...headers } });

    test.each<[what: string, says: Says]>([
      ["the origin of this host", () => ({ origin: `http://${hostOf()}` })],
      ["Sec-Fetch-Site same-origin", () => ({ "sec-fetch-site": "same-origin" })],
    ])("a cookie with %s is let in", async (_, says) => {
      expectData(await send(says(served)), { me: { id: "ada" } });
    });

    test.each<[what: string, says: Says]>([
      ["another origin", () => EVIL],
      ["Sec-Fetch-Site cross-site", () => ({ "sec-fetch-site": "cross-site" })],
      ["nothing that says where from", () => ({})],
    ])("a cookie with %s is refused", async (_, says) => {
      expectRefused(await send(says(served)), "CSRF_REJECTED");
    });

    test("a token in the header is no matter of where from", async () => {
      const headers = { ...EVIL, cookie: "auth=bad" };
      expectData(await ask(served, transport, "{ me { id } }", { headers, token: await served.mint() }), {
        me: { id: "ada" },
      });
    });
  });
}

/** Cookies sent to `host` with a GET. */
export function describeCookiesByGet(host: Host): void {
  const served = serve(host, { cookies: { auth: "auth" } });
  const get = async (headers: Headers): Promise<Answer> => {
    const cookie = `auth=${await served.mint()}`;
    // What Apollo Server asks of a GET, so that no other page's form can send one.
    const sent = { "apollo-require-preflight": "true", cookie, ...headers };
    return ask(served, "http", "{ me { id } }", { method: "GET", headers: sent });
  };

  test("a cookie by GET that says nothing of where from is let in, and one from another site refused", async () => {
    expectData(await get({}), { me: { id: "ada" } });
    expectRefused(await get(EVIL), "CSRF_REJECTED");
  });
}

/** What a client of `host` says of itself once its WebSocket is open. */
export function describeForgedOrigins(host: Host): void {
  const served = serve(host, { cookies: { auth: "auth" } });
  const cookie = async (): Promise<string> => `auth=${await served.mint()}`;
  const hostOf = (): string => new URL(served.wsUrl).host;

  // Some servers write what a client sends when it connects into the headers of the upgrade
  // request.
  describe.each<[what: string, forge: (headers: Headers) => Record<string, unknown>]>([
    ["connection parameters", (headers) => headers],
    ["headers in the connection parameters", (headers) => ({ headers })],
  ])("%s say nothing of where from", (_, forge) => {
    test.each<[what: string, upgrade: Headers, says: Says]>([
      ["Sec-Fetch-Site same-origin", EVIL, () => ({ "sec-fetch-site": "same-origin" })],
      ["Sec-Fetch-Site none", EVIL, () => ({ "sec-fetch-site": "none" })],
      ["the origin of this host", {}, () => ({ origin: `http://${hostOf()}` })],
      ["Sec-Fetch-Site and the origin", {}, () => ({ "sec-fetch-site": "same-origin", origin: `http://${hostOf()}` })],
      ["a host that is the page's own", EVIL, () => ({ host: "evil.test" })],
    ])("%s", async (_, upgrade, says) => {
      const connectionParams = forge(says(served));
      const client = connect(served.wsUrl, { headers: { cookie: await cookie(), ...upgrade }, connectionParams });
      // More than once: the server may have written them by then.
      for (const query of ["{ me { id } }", "subscription { messages { text } }", "{ me { id } }"])
        expect(reasonsOf(await openSocketEvents(client, query)())).toEqual(["CSRF_REJECTED"]);
      expect(served.feed.listenerCount("message")).toBe(0);
      await client.dispose();
      const own = connect(served.wsUrl, {
        headers: { cookie: await cookie(), origin: `http://${hostOf()}` },
        connectionParams,
      });
      expect(await openSocketEvents(own, "{ me { id } }")()).toEqual({ data: { me: { id: "ada" } } });
      await own.dispose();
    });
  });
}
