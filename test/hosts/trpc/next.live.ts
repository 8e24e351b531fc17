/** The promises of every host, and those of its pages, held against the Next.js example where it really runs. `scripts/check-next.ts` starts both. */
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

  /** What stands in the page's paragraphs. */
  async function render(headers: Record<string, string>): Promise<string[]> {
    const html = await (await fetch(page, { headers })).text();
    return [...html.matchAll(/<p>(.*?)<\/p>/g)].map(([, text = ""]) => text.replaceAll("<!-- -->", ""));
  }

  test("is rendered for whose cookie it came with", async () => {
    expect(await render({ cookie })).toEqual([
      "Hello, root",
      "Department: operations",
      "Statistics: SCOPE_INSUFFICIENT",
    ]);
    const { signed } = await manager.authToken("alice", { scope: { admin: true } });
    expect((await render({ cookie: `auth=${signed}` })).at(-1)).toBe("Statistics: 42 visits");
  });

  test("is rendered for a reader who followed a link from another site", async () => {
    expect((await render({ cookie, "sec-fetch-site": "cross-site" }))[0]).toBe("Hello, root");
  });

  test("says to others why they are refused", async () => {
    expect(await render({})).toEqual(["Hello, stranger", "Department: TOKEN_MISSING", "Statistics: TOKEN_MISSING"]);
    expect((await render({ cookie: "auth=garbage" }))[0]).toBe("TOKEN_MALFORMED");
  });

  test("has a server action for who sends it from this app, and for nobody else", async () => {
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
