/** A cookie is valid only if another site cannot have sent it, whatever the client sends later. */
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
    ])("a cookie with %s is accepted", async (_, says) => {
      expectData(await send(says(served)), { me: { id: "ada" } });
    });

    test.each<[what: string, says: Says]>([
      ["another origin", () => EVIL],
      ["Sec-Fetch-Site cross-site", () => ({ "sec-fetch-site": "cross-site" })],
      ["neither Origin nor Sec-Fetch-Site", () => ({})],
    ])("a cookie with %s is rejected", async (_, says) => {
      expectRefused(await send(says(served)), "CSRF_REJECTED");
    });

    test("a token in the header is accepted from another site", async () => {
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
    // Apollo Server requires this header of a GET, because a form of another site cannot send it.
    const sent = { "apollo-require-preflight": "true", cookie, ...headers };
    return ask(served, "http", "{ me { id } }", { method: "GET", headers: sent });
  };

  test("a cookie with a GET is accepted without Origin and Sec-Fetch-Site, and rejected from another site", async () => {
    expectData(await get({}), { me: { id: "ada" } });
    expectRefused(await get(EVIL), "CSRF_REJECTED");
  });
}

/** Forged origins that a client of `host` sends on an open WebSocket. */
export function describeForgedOrigins(host: Host): void {
  const served = serve(host, { cookies: { auth: "auth" } });
  const cookie = async (): Promise<string> => `auth=${await served.mint()}`;
  const hostOf = (): string => new URL(served.wsUrl).host;

  // Some servers copy connection parameters into the headers of the upgrade request.
  describe.each<[what: string, forge: (headers: Headers) => Record<string, unknown>]>([
    ["connection parameters", (headers) => headers],
    ["headers in the connection parameters", (headers) => ({ headers })],
  ])("a cookie from another site is rejected with forged %s", (_, forge) => {
    test.each<[what: string, upgrade: Headers, says: Says]>([
      ["Sec-Fetch-Site same-origin", EVIL, () => ({ "sec-fetch-site": "same-origin" })],
      ["Sec-Fetch-Site none", EVIL, () => ({ "sec-fetch-site": "none" })],
      ["the origin of this host", {}, () => ({ origin: `http://${hostOf()}` })],
      ["Sec-Fetch-Site and the origin", {}, () => ({ "sec-fetch-site": "same-origin", origin: `http://${hostOf()}` })],
      ["a host equal to the page's", EVIL, () => ({ host: "evil.test" })],
    ])("%s", async (_, upgrade, says) => {
      const connectionParams = forge(says(served));
      const client = connect(served.wsUrl, { headers: { cookie: await cookie(), ...upgrade }, connectionParams });
      // More than once, because the server may have copied them after the first operation.
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
