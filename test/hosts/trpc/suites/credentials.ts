/** Credentials at a host: two that differ, and cookies that another site can have sent. */
import { describe, expect, test } from "vitest";
import { ambiguous, forbidden, resultOf, sendCall, unauthorized, type WireResponse } from "../../../support/trpc.ts";
import type { Host, Site } from "../host.ts";

const rejected = forbidden("CSRF_REJECTED");

async function signedIn(site: Site): Promise<{ token: string; other: string; cookie: string }> {
  const token = (await site.auth.authToken("alice")).signed;
  const refresh = (await site.auth.refreshToken("alice")).signed;
  const other = (await site.auth.authToken("root")).signed;
  return { token, other, cookie: `theme=dark; auth=${token}; refresh=${refresh}` };
}

export function describeTwoHeaders(host: Host): void {
  describe("two Authorization headers", () => {
    test("that differ are rejected with 400", async () => {
      const response = await sendTwo(await host.open());
      expect([response.status, resultOf(response)]).toEqual([400, ambiguous]);
      expect(response.headers).not.toHaveProperty("www-authenticate");
    });
  });
}

/** For hosts that never see the second header. */
export function describeFirstHeader(host: Host): void {
  describe("two Authorization headers", () => {
    test("that differ are read as the first one", async () => {
      const response = await sendTwo(await host.open());
      expect([response.status, resultOf(response)]).toEqual([200, "alice"]);
    });
  });
}

async function sendTwo(site: Site): Promise<WireResponse> {
  const { token, other } = await signedIn(site);
  return sendCall(`${site.url}/me`, { headers: { authorization: [`Bearer ${token}`, `Bearer ${other}`] } });
}

export function describeCredentials(host: Host): void {
  test("an Authorization header that is sent twice counts once", async () => {
    const site = await host.open();
    const { token } = await signedIn(site);
    const response = await sendCall(`${site.url}/me`, {
      headers: { authorization: [`Bearer ${token}`, `Bearer ${token}`] },
    });
    expect(resultOf(response)).toBe("alice");
  });

  describe("a cookie", () => {
    const move = JSON.stringify({ id: "alice", department: "research" });
    const post = (site: Site, headers: Record<string, string>, name = "move") =>
      sendCall(`${site.url}/${name}`, { method: "POST", headers, ...(name === "move" ? { body: move } : {}) });

    test("is accepted from this origin, for queries, mutations and refresh", async () => {
      const site = await host.open();
      const { cookie } = await signedIn(site);
      for (const marks of [{ "sec-fetch-site": "same-origin" }, { origin: site.origin }]) {
        const headers = { cookie, ...marks };
        expect(resultOf(await sendCall(`${site.url}/me`, { headers }))).toBe("alice");
        expect(resultOf(await post(site, headers))).toBe("alice moved to research");
        expect(resultOf(await post(site, headers, "refresh"))).toBeTypeOf("string");
      }
    });

    test("is rejected from another site, with every method", async () => {
      const site = await host.open();
      const { cookie } = await signedIn(site);
      const elsewhere = [
        { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
        { origin: "https://evil.example" },
        { origin: site.origin.replace(/:\d+$/, ":1"), "sec-fetch-site": "same-site" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
      ];
      for (const marks of elsewhere) {
        const headers = { cookie, ...marks };
        const refused = await post(site, headers);
        expect([refused.status, resultOf(refused)]).toEqual([403, rejected]);
        expect(refused.headers["www-authenticate"]).toMatch(/^Bearer error="invalid_request"/);
        expect(resultOf(await sendCall(`${site.url}/me`, { headers }))).toEqual(rejected);
      }
    });

    test("is rejected from an http page of the same host when the app uses TLS", async () => {
      const site = await host.open();
      const { cookie } = await signedIn(site);
      const inTheClear = await post(site, { cookie, origin: site.origin.replace("https:", "http:") });
      expect(resultOf(inTheClear)).toEqual(site.origin.startsWith("https:") ? rejected : "alice moved to research");
    });

    test("is accepted without Origin and Sec-Fetch-Site for a query, and rejected for a mutation", async () => {
      const site = await host.open();
      const { cookie } = await signedIn(site);
      expect(resultOf(await sendCall(`${site.url}/me`, { headers: { cookie } }))).toBe("alice");
      expect(resultOf(await post(site, { cookie }))).toEqual(rejected);
      expect(resultOf(await post(site, { cookie }, "refresh"))).toEqual(rejected);
    });

    test("is accepted only under its own name, and rejected next to a different cookie of that name", async () => {
      const site = await host.open();
      const { token, other } = await signedIn(site);
      const ask = async (cookie: string): Promise<unknown> =>
        resultOf(await sendCall(`${site.url}/me`, { headers: { cookie } }));
      expect(await ask(`refresh=${token}`)).toEqual(unauthorized("TOKEN_MISSING"));
      expect(await ask(`auth=${token}; auth=${other}`)).toEqual(ambiguous);
      expect(await ask(`auth=${token}; auth=${token}`)).toBe("alice");
    });

    test("is ignored when a header has a token", async () => {
      const site = await host.open();
      const { token, other } = await signedIn(site);
      const headers = { cookie: `auth=${token}`, authorization: `Bearer ${other}`, origin: "https://evil.example" };
      expect(resultOf(await sendCall(`${site.url}/me`, { headers }))).toBe("root");
    });
  });
}
