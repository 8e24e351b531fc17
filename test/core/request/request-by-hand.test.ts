/** Node requests without a socket, as adapters for Express on AWS Lambda create them. */
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
  ["a GET from another site", "GET", { "sec-fetch-site": "cross-site", origin: "https://evil.test" }, "CSRF_REJECTED"],
  ["a POST from another site", "POST", { "sec-fetch-site": "cross-site" }, "CSRF_REJECTED"],
  ["a GET from another origin", "GET", { origin: "https://evil.test" }, "CSRF_REJECTED"],
  ["a POST from the same origin", "POST", { "sec-fetch-site": "same-origin" }, "ada"],
  ["a POST with the host's origin", "POST", { origin: "http://api.test" }, "ada"],
  ["a GET without Origin and Sec-Fetch-Site", "GET", {}, "ada"],
])("judges the cookie of %s", async (_, method, headers, caller) => {
  expect(await callerOf(method, headers as Record<string, string>)).toBe(caller);
});

test.each<[string, unknown]>([
  ["Hapi's request and response", { req: {}, res: {} }],
  ["an unparsed body", "raw"],
  ["null", null],
])("reads the request's own headers when its raw is %s", async (_, raw) => {
  const headers = { authorization: `Bearer ${(await auth.authToken("ada")).signed}` };
  const context = createGraphQLContext(auth)({ headers, method: "get", raw });
  expect((await context.auth.authenticate())?.sub).toBe("ada");
});
