/** The suites of every host, and tests of a page, on a running Next.js example. */
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { beforeAll, describe, expect, test } from "vitest";
import { onRealClock } from "./real-clock.ts";
import { describeCredentials, describeFirstHeader } from "./suites/credentials.ts";
import { describeStreamedDelivery } from "./suites/delivery.ts";
import { describeHttp } from "./suites/http.ts";
import { describeStreams } from "./suites/streams.ts";
import { describeSubscriptions } from "./suites/subscriptions.ts";

const page = process.env["NEXT_URL"] ?? "";
const config: AuthManagerConfig = {
  issuer: "claimgate-example",
  algorithm: "HS256",
  secret: process.env["NEXT_JWT_SECRET"] ?? "",
  cookies: { auth: "auth", refresh: "refresh" },
};
const host = onRealClock({ name: "Next.js", url: `${page}/api/trpc`, config });

describe("tRPC over Next.js", () => {
  describeHttp(host);
  describeFirstHeader(host);
  describeCredentials(host);
  describeStreams(host);
  describeSubscriptions(host);
  describeStreamedDelivery(host);
});

describe("a page of Next.js", () => {
  const manager = new AuthManager(config);
  let cookie = "";
  beforeAll(async () => {
    cookie = `auth=${(await manager.authToken("root", { claims: { department: "operations" } })).signed}`;
  });

  /** The text of the page's paragraphs. */
  async function render(headers: Record<string, string>): Promise<string[]> {
    const html = await (await fetch(page, { headers })).text();
    return [...html.matchAll(/<p>(.*?)<\/p>/g)].map(([, text = ""]) => text.replaceAll("<!-- -->", ""));
  }

  test("is rendered for the user of the cookie", async () => {
    expect(await render({ cookie })).toEqual([
      "Hello, root",
      "Department: operations",
      "Statistics: SCOPE_INSUFFICIENT",
    ]);
    const { signed } = await manager.authToken("alice", { scope: { admin: true } });
    expect((await render({ cookie: `auth=${signed}` })).at(-1)).toBe("Statistics: 42 visits");
  });

  test("is rendered for a user who followed a link from another site", async () => {
    expect((await render({ cookie, "sec-fetch-site": "cross-site" }))[0]).toBe("Hello, root");
  });

  test("shows the reason of a refusal to other callers", async () => {
    expect(await render({})).toEqual(["Hello, stranger", "Department: TOKEN_MISSING", "Statistics: TOKEN_MISSING"]);
    expect((await render({ cookie: "auth=garbage" }))[0]).toBe("TOKEN_MALFORMED");
  });

  test("has a server action that runs only for a request from this app with a cookie", async () => {
    const html = await (await fetch(page, { headers: { cookie } })).text();
    const [, action = ""] = /name="(\$ACTION_ID_[0-9a-f]+)"/.exec(html) ?? [];
    const act = async (headers: Record<string, string>): Promise<string | undefined> => {
      const body = new FormData();
      body.set(action, "");
      await fetch(page, { method: "POST", body, headers });
      return (await render({ cookie }))[1];
    };
    expect(await act({ origin: page })).toBe("Department: operations");
    expect(await act({ cookie, "sec-fetch-site": "cross-site" })).toBe("Department: operations");
    expect(await act({ cookie, origin: "https://evil.example" })).toBe("Department: operations");
    expect(await act({ cookie, origin: page })).toBe("Department: sales");
  });
});
