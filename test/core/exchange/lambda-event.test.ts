/** AWS Lambda's events as `createTRPCContext` reads them: where their credentials are, and from which sites a cookie counts. */
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

/**
 * Who an event is from: a subject, `null` for nobody, or the reason of the refusal. The same
 * through both transports.
 */
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

describe("the Authorization header", () => {
  test.each<[string, Event, string | null]>([
    ["2.0", v2({ authorization: `Bearer ${token}` }), "ada"],
    ["2.0, none", v2({}), null],
    ["2.0, repeated", v2({ authorization: `Bearer ${token},Bearer ${other}` }), "CREDENTIALS_AMBIGUOUS"],
    ["1.0", v1({ Authorization: [`Bearer ${token}`] }), "ada"],
    ["1.0, repeated", v1({ Authorization: [`Bearer ${token}`, `Bearer ${other}`] }), "CREDENTIALS_AMBIGUOUS"],
    ["1.0 without multiValueHeaders", { httpMethod: "GET", headers: { Authorization: `Bearer ${token}` } }, "ada"],
    ["1.0 with null headers", { httpMethod: "GET", headers: null, multiValueHeaders: null, cookies: null }, null],
    [
      "1.0 whose two maps differ in case",
      { headers: { authorization: "x" }, multiValueHeaders: { Authorization: [`Bearer ${token}`] } },
      "ada",
    ],
  ])("%s", async (_, event, caller) => expect(await callerOf(event)).toBe(caller));
});

describe("cookies", () => {
  const cookie = `session=${token}`;
  const https = { origin: "https://api.test" };
  const http = { origin: "http://api.test" };
  test.each<[string, Event, string | null]>([
    ["2.0, same origin", v2(https, "POST", ["a=b", cookie]), "ada"],
    ["2.0, another site", v2({ origin: "https://evil.test" }, "POST", [cookie]), "CSRF_REJECTED"],
    ["2.0, a page in the clear", v2(http, "POST", [cookie]), "CSRF_REJECTED"],
    ["2.0, unmarked GET", v2({}, "GET", [cookie]), "ada"],
    ["2.0, unmarked POST", v2({}, "POST", [cookie]), "CSRF_REJECTED"],
    ["2.0, one more among the headers", v2({ cookie: `session=${other}` }, "GET", [cookie]), "CREDENTIALS_AMBIGUOUS"],
    ["2.0, the same among the headers", v2({ cookie }, "GET", [cookie]), "ada"],
    ["2.0, two that differ", v2({}, "GET", [cookie, `session=${other}`]), "CREDENTIALS_AMBIGUOUS"],
    ["1.0, same origin", v1({ Host: ["api.test"], Cookie: [cookie], Origin: [https.origin] }), "ada"],
    ["1.0, unmarked GET", v1({ Cookie: [cookie] }, "GET"), "ada"],
    ["1.0, a page in the clear", v1({ Host: ["api.test"], Cookie: [cookie], Origin: [http.origin] }), "CSRF_REJECTED"],
    [
      "a load balancer in the clear",
      v1({ Host: ["api.test"], Cookie: [cookie], Origin: [http.origin] }, "POST", { elb: {} }),
      "ada",
    ],
  ])("%s", async (_, event, caller) => expect(await callerOf(event)).toBe(caller));
});
