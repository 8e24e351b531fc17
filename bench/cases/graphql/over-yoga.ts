/** A query through `yoga.fetch`, up to the text of the answer. */
import assert from "node:assert/strict";
import { createYoga } from "graphql-yoga";
import type { Work } from "../../harness/types.ts";
import type { Query } from "./schema.ts";
import { type Answer, ENDPOINT, prove, type Server } from "./server.ts";
import { inTurn } from "./tokens.ts";

export function overYoga(server: Server, query: Query, inFlight = 1): Work {
  const yoga = createYoga({
    schema: server.schema,
    logging: false,
    plugins: [...(server.plugins ?? [])],
    ...(server.plugins || !server.contextOf ? {} : { context: server.contextOf }),
  });
  const body = JSON.stringify({ query: query.text });
  const requestOf = (token: string | undefined): RequestInit => ({
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body,
  });
  const nextRequest = inTurn(server.tokens.good.map(requestOf));
  const expected = JSON.stringify({ data: query.data }).length;
  return {
    inFlight,
    async call() {
      const response = await yoga.fetch(ENDPOINT, nextRequest());
      const { length } = await response.text();
      if (length !== expected) throw new Error(`The answer must have ${expected} characters, but has ${length}`);
    },
    async prove() {
      await prove(server, query, async (token) => {
        const response = await yoga.fetch(ENDPOINT, requestOf(token));
        assert.match(response.headers.get("content-type") ?? "", /json/);
        return (await response.json()) as Answer;
      });
    },
    close: async () => yoga.dispose(),
  };
}
