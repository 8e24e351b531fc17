/** AWS Lambda events as a request source: the header, the cookies and the CSRF check. */
import { AuthManager, isAuthError } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { createTRPCContext, type TRPCContextOptions } from "claimgate/trpc";
import { describe, expect, test } from "vitest";

const auth = new AuthManager({
  issuer: "test",
  algorithm: "HS256",
  secret: "k".repeat(32),
  cookies: { auth: "session" },
});
const token = (await auth.authToken("ada")).signed;
const other = (await auth.authToken("eve")).signed;

type Event = NonNullable<TRPCContextOptions["event"]>;

/** The subject of an event, `null`, or the reason of the rejection, equal on both transports. */
async function callerOf(event: Event): Promise<string | null> {
  const trpc = await createTRPCContext(auth)({ event });
  const graphql = createGraphQLContext(auth)({ event });
  const [first, second] = await Promise.all(
    [trpc, graphql].map(async (context) => {
      try {
        return (await context.auth.authenticate())?.sub ?? null;
      } catch (error) {
        if (!isAuthError(error)) throw error;
        return error.reason;
      }
    }),
  );
  expect(first).toBe(second);
  return first as string | null;
}

const v2 = (headers: object, method = "POST", cookies?: string[]): Event => ({
  headers: { host: "api.test", ...headers },
  ...(cookies ? { cookies } : {}),
  requestContext: { http: { method } },
});
const v1 = (multi: Record<string, string[]>, method = "POST", context: object = {}): Event => ({
  httpMethod: method,
  headers: Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1)])),
  multiValueHeaders: multi,
  requestContext: context,
});

describe("the Authorization header of a Lambda event", () => {
  test.each<[string, Event, string | null]>([
    ["2.0", v2({ authorization: `Bearer ${token}` }), "ada"],
    ["2.0, without a header", v2({}), null],
    ["2.0, repeated", v2({ authorization: `Bearer ${token},Bearer ${other}` }), "CREDENTIALS_AMBIGUOUS"],
    ["1.0", v1({ Authorization: [`Bearer ${token}`] }), "ada"],
    ["1.0, repeated", v1({ Authorization: [`Bearer ${token}`, `Bearer ${other}`] }), "CREDENTIALS_AMBIGUOUS"],
    ["1.0 without multiValueHeaders", { httpMethod: "GET", headers: { Authorization: `Bearer ${token}` } }, "ada"],
    ["1.0 with null headers", { httpMethod: "GET", headers: null, multiValueHeaders: null, cookies: null }, null],
    [
      "1.0 with header names in another case",
      { headers: { authorization: "x" }, multiValueHeaders: { Authorization: [`Bearer ${token}`] } },
      "ada",
    ],
  ])("identifies the caller or gives the reason: format %s", async (_, event, caller) =>
    expect(await callerOf(event)).toBe(caller));
});

describe("the cookies of a Lambda event", () => {
  const cookie = `session=${token}`;
  const https = { origin: "https://api.test" };
  const http = { origin: "http://api.test" };
  test.each<[string, Event, string | null]>([
    ["2.0, same origin", v2(https, "POST", ["a=b", cookie]), "ada"],
    ["2.0, another site", v2({ origin: "https://evil.test" }, "POST", [cookie]), "CSRF_REJECTED"],
    ["2.0, an origin with http", v2(http, "POST", [cookie]), "CSRF_REJECTED"],
    ["2.0, GET without Origin", v2({}, "GET", [cookie]), "ada"],
    ["2.0, POST without Origin", v2({}, "POST", [cookie]), "CSRF_REJECTED"],
    [
      "2.0, a different cookie among the headers",
      v2({ cookie: `session=${other}` }, "GET", [cookie]),
      "CREDENTIALS_AMBIGUOUS",
    ],
    ["2.0, the same cookie among the headers", v2({ cookie }, "GET", [cookie]), "ada"],
    ["2.0, two different cookies", v2({}, "GET", [cookie, `session=${other}`]), "CREDENTIALS_AMBIGUOUS"],
    ["1.0, same origin", v1({ Host: ["api.test"], Cookie: [cookie], Origin: [https.origin] }), "ada"],
    ["1.0, GET without Origin", v1({ Cookie: [cookie] }, "GET"), "ada"],
    ["1.0, an origin with http", v1({ Host: ["api.test"], Cookie: [cookie], Origin: [http.origin] }), "CSRF_REJECTED"],
    [
      "a load balancer with http",
      v1({ Host: ["api.test"], Cookie: [cookie], Origin: [http.origin] }, "POST", { elb: {} }),
      "ada",
    ],
  ])("identifies the caller or gives the reason: format %s", async (_, event, caller) =>
    expect(await callerOf(event)).toBe(caller));
});
