/** A query or a batch of it through `fetchRequestHandler`, up to the text of the answer. */
import assert from "node:assert/strict";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Work } from "../../harness/types.ts";
import { inTurn } from "../graphql/tokens.ts";
import { type Api, ITEM } from "./api.ts";

const ENDPOINT = "/trpc";

export function overFetch(api: Api, batch: number): Work {
  const { router, createContext, tokens } = api;
  const url = urlOf(batch);
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetchRequestHandler({ endpoint: ENDPOINT, req: new Request(url, { headers }), router, createContext });
  const nextHeaders = inTurn(tokens.good.map(headersOf));
  const one = { result: { data: ITEM } };
  const expected = JSON.stringify(batch === 1 ? one : Array.from({ length: batch }, () => one));
  return {
    async call() {
      const response = await ask(nextHeaders());
      const { length } = await response.text();
      if (length !== expected.length)
        throw new Error(`The answer must have ${expected.length} characters, but has ${length}`);
    },
    async prove() {
      for (const token of tokens.good.slice(0, 2))
        assert.equal(await (await ask(headersOf(token))).text(), expected, "as a caller with the scope");
      for (const [who, token, status] of rejectedBy(api)) {
        const response = await ask(headersOf(token));
        assert.equal(response.status, status, `as ${who}`);
        for (const answer of [await response.json()].flat() as Record<string, unknown>[])
          assert.ok(answer["error"] && !("result" in answer), `as ${who}`);
      }
    },
  };
}

function urlOf(batch: number): string {
  const paths = Array.from({ length: batch }, () => "item").join(",");
  return `http://bench.example${ENDPOINT}/${paths}${batch === 1 ? "" : `?batch=1&input=${encodeURIComponent("{}")}`}`;
}

function headersOf(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function rejectedBy({ rejects, tokens }: Api): readonly [string, string | undefined, number][] {
  if (rejects === "none") return [];
  const withoutToken: [string, string | undefined, number][] = [
    ["a caller without a token", undefined, 401],
    ["a caller with a forged token", tokens.forged, 401],
  ];
  return rejects === "without a valid token"
    ? withoutToken
    : [...withoutToken, ["a caller without the scope", tokens.poor, 403]];
}
