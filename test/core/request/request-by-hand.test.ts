/** A Node request that no socket brought: adapters that run Express on AWS Lambda fill in `headers`, and nothing that was read off a wire. */
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { AuthManager, isAuthError } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { createTRPCContext } from "claimgate/trpc";
import { expect, test } from "vitest";

const auth = new AuthManager({
  issuer: "test",
  algorithm: "HS256",
  secret: "k".repeat(32),
  cookies: { auth: "session" },
});
const cookie = `session=${(await auth.authToken("ada")).signed}`;

async function callerOf(method: string, headers: Record<string, string>): Promise<string | null> {
  const req = Object.assign(new IncomingMessage(new Socket()), {
    method,
    headers: { host: "api.test", cookie, ...headers },
  });
  expect(req.rawHeaders).toEqual([]);
  const context = await createTRPCContext(auth)({ req });
  try {
    return (await context.auth.authenticate())?.sub ?? null;
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return error.reason;
  }
}

test.each([
  [
    "another site's page, reading",
    "GET",
    { "sec-fetch-site": "cross-site", origin: "https://evil.test" },
    "CSRF_REJECTED",
  ],
  ["another site's page, writing", "POST", { "sec-fetch-site": "cross-site" }, "CSRF_REJECTED"],
  ["another origin", "GET", { origin: "https://evil.test" }, "CSRF_REJECTED"],
  ["the app's own page, writing", "POST", { "sec-fetch-site": "same-origin" }, "ada"],
  ["the app's own origin", "POST", { origin: "http://api.test" }, "ada"],
  ["a request without marks, reading", "GET", {}, "ada"],
])("a cookie of %s", async (_, method, headers, caller) => {
  expect(await callerOf(method, headers as Record<string, string>)).toBe(caller);
});

test.each<[string, unknown]>([
  ["Hapi's pair of request and response", { req: {}, res: {} }],
  ["a body as it was sent", "raw"],
  ["nothing", null],
])("a request whose `raw` is %s has its own headers", async (_, raw) => {
  const headers = { authorization: `Bearer ${(await auth.authToken("ada")).signed}` };
  const context = createGraphQLContext(auth)({ headers, method: "get", raw });
  expect((await context.auth.authenticate())?.sub).toBe("ada");
});
