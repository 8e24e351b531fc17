/** Refusals over HTTP: in whole and in part, by POST and GET, under both media types. */
import { Client, fetchExchange, gql } from "@urql/core";
import { ClientError, GraphQLClient } from "graphql-request";
import { describe, expect, test } from "vitest";
import { type Answer, type AskOptions, ask, expectData, expectRefused, fetchHttp } from "./ask.ts";
import { type Host, serve } from "./host.ts";

const MISSING = { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } };
const GRAPHQL = "application/graphql-response+json";
const ada = { id: "ada" };

/** The answers of `host` over HTTP. */
export function describeStatuses(host: Host): void {
  describe("statuses", () => {
    const served = serve(host);
    const send = (query: string, options?: AskOptions): Promise<Answer> => ask(served, "http", query, options);

    test("a rejected operation has exactly the refusal, and no data", async () => {
      expect(await send("{ me { id } }")).toEqual({
        status: 401,
        challenge: "Bearer",
        body: {
          errors: [
            { message: "A token is required", path: ["me"], locations: [{ line: 1, column: 3 }], extensions: MISSING },
          ],
        },
      });
    });

    test("a partly rejected operation has status 200 and keeps the other data", async () => {
      expect(await send("{ open me { id } }")).toEqual({
        status: 200,
        challenge: null,
        body: {
          data: { open: "for any caller", me: null },
          errors: [expect.objectContaining({ path: ["me"], extensions: MISSING })],
        },
      });
    });

    test("a refusal below the root has its path", async () => {
      const { status, body } = await send("{ users { id phone } }", { token: await served.mint() });
      const index = host.cannot["keep indexes in paths as numbers"] === undefined ? 1 : "1";
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          data: {
            users: [
              { ...ada, phone: "+44 3" },
              { id: "grace", phone: null },
            ],
          },
          errors: [expect.objectContaining({ path: ["users", index, "phone"] })],
        },
      });
    });

    test("a query whose data is null because of a refusal has the status of the refusal", async () => {
      for (const query of ["{ balance }", "{ open balance }"])
        expectRefused(await send(query), "TOKEN_MISSING", "balance");
      expectRefused(await send("{ open audit }"), "TOKEN_MISSING", "audit");
      expectData(await send("{ open balance }", { token: await served.mint() }), {
        open: "for any caller",
        balance: 100,
      });
    });

    test("every root field but __typename counts, through aliases, fragments, @skip and operation names", async () => {
      const fragment = "fragment Mine on Query { mine: me { id } }";
      expectRefused(await send("{ t: __typename me { id } }"), "TOKEN_MISSING");
      expectRefused(await send(`{ ...Mine } ${fragment}`), "TOKEN_MISSING", "mine");
      expectRefused(await send("{ ... on Query { me { id } } open @skip(if: true) }"), "TOKEN_MISSING");
      expect(await send(`{ ...Mine open } ${fragment}`)).toMatchObject({ status: 200, challenge: null });
      const two = "query Closed { me { id } } query Open { open }";
      expectRefused(await send(two, { operationName: "Closed" }), "TOKEN_MISSING");
      expectData(await send(two, { operationName: "Open" }), { open: "for any caller" });
    });

    test("a mutation has status 401 when no part of it ran, and 200 when a part ran", async () => {
      const seen: unknown[] = [];
      const listener = (message: unknown): void => void seen.push(message);
      served.feed.on("message", listener);
      expectRefused(await send('mutation { post(text: "a") { text } }'), "TOKEN_MISSING", "post");
      const login = 'login(user: "ada", password: "ada-password")';
      const partly = await send(`mutation { ${login} post(text: "a") { text } }`);
      expect(partly).toMatchObject({ status: 200, challenge: null, body: { data: { post: null } } });
      expect(partly.body["errors"]).toMatchObject([{ path: ["post"], extensions: MISSING }]);
      expect(seen).toEqual([]);
      const token = await served.mint();
      expectData(await send('mutation { post(text: "a") { text } }', { token }), { post: { text: "a" } });
      expect(seen).toEqual([{ text: "a" }]);
      served.feed.off("message", listener);
    });

    test("an invalid query is reported as such, whatever the token", async () => {
      for (const query of ["{ me { id } nothing }", "{ me("]) {
        const { status, challenge, body } = await send(query, { token: "bad" });
        expect({ status, challenge }).toEqual({ status: expect.any(Number) as number, challenge: null });
        expect(status).not.toBe(401);
        expect(body["errors"]).toMatchObject([{ message: expect.stringMatching(/nothing|Syntax Error/) as string }]);
      }
    });

    test("a GET has the same answer as a POST", async () => {
      // Apollo Server requires this header of a GET, because a form of another site cannot send it.
      const headers = { "apollo-require-preflight": "true" };
      const token = await served.mint();
      expectRefused(await send("{ me { id } }", { method: "GET", headers }), "TOKEN_MISSING");
      expectRefused(await send("{ stats }", { method: "GET", headers, token }), "SCOPE_INSUFFICIENT", "stats");
      expectData(await send("{ me { id } }", { method: "GET", headers, token }), { me: ada });
    });

    test.each(["application/json", GRAPHQL])("the status is the same under %s", async (accept) => {
      const headers = { accept };
      const type = host.cannot["negotiate the media type"] === undefined ? accept : "application/json";
      const token = await served.mint();
      for (const [query, status, options] of [
        ["{ me { id } }", 401, {}],
        ["{ stats }", 403, { token }],
        ["{ me { id } }", 200, { token }],
        ["{ open me { id } }", 200, {}],
      ] as const) {
        const response = await fetchHttp(served.url, query, { headers, ...options });
        expect(response.status).toBe(status);
        expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
        await response.body?.cancel();
      }
    });

    test("graphql-request and urql read the refusal and the data", async () => {
      const { url } = served;
      const token = await served.mint();
      const headers = { authorization: `Bearer ${token}` };
      const error: unknown = await new GraphQLClient(url).request("{ me { id } }").catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ClientError);
      expect(error).toMatchObject({ response: { status: 401, errors: [{ extensions: MISSING }] } });
      expect(await new GraphQLClient(url, { headers }).request("{ me { id } }")).toEqual({ me: ada });

      const open = (fetchOptions: RequestInit): Client =>
        new Client({ url, exchanges: [fetchExchange], preferGetMethod: false, fetchOptions });
      const refused = await open({}).query(gql`{ me { id } }`, {}).toPromise();
      expect(refused.error?.graphQLErrors.map(({ extensions }) => extensions)).toEqual([MISSING]);
      expect((await open({ headers }).query(gql`{ me { id } }`, {}).toPromise()).data).toMatchObject({ me: ada });
    });
  });
}
