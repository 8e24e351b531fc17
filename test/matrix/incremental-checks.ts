/** `@defer` and `@stream` of `graphql` 17: each part has its own refusal, after its own guard. */
import assert from "node:assert/strict";
import { createGraphQLContext } from "claimgate/graphql";
import * as graphql from "graphql";
import { createAuth } from "../support/create-auth.ts";
import type { Check } from "./checks.ts";
import { createSchema } from "./graphql-app.ts";

/** The additions of `graphql` 17 to 16, whose types this file uses. */
interface Incremental {
  /** Returns a plain result when no part is deferred. */
  readonly experimentalExecuteIncrementally?: (
    args: graphql.ExecutionArgs,
  ) => Promise<Delivery | Part> | Delivery | Part;
  readonly GraphQLDeferDirective?: graphql.GraphQLDirective;
  readonly GraphQLStreamDirective?: graphql.GraphQLDirective;
}

interface Delivery {
  readonly initialResult: Part;
  readonly subsequentResults: AsyncIterable<Part>;
}

interface Part {
  readonly data?: unknown;
  readonly errors?: readonly PartError[];
  readonly pending?: readonly { readonly id: string; readonly path: readonly (string | number)[] }[];
  readonly incremental?: readonly {
    readonly id: string;
    readonly data?: unknown;
    readonly items?: readonly unknown[];
    readonly errors?: readonly PartError[];
  }[];
}

interface PartError {
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly auth?: { readonly reason: string } };
}

const { experimentalExecuteIncrementally, GraphQLDeferDirective, GraphQLStreamDirective } =
  graphql as unknown as Incremental;

/** Checks nothing when `graphql` cannot deliver incrementally. */
export async function checkIncremental(check: Check): Promise<void> {
  if (!experimentalExecuteIncrementally || !GraphQLDeferDirective || !GraphQLStreamDirective) return;
  const { auth } = createAuth();
  const seen = { notes: 0, ticks: 0 };
  const guarded = createSchema(seen);
  const directives = [...guarded.getDirectives(), GraphQLDeferDirective, GraphQLStreamDirective];
  const schema = new graphql.GraphQLSchema({ ...guarded.toConfig(), directives });
  const createContext = createGraphQLContext(auth, { schema });
  const alice = (await auth.authToken("alice")).signed;
  const admin = (await auth.authToken("root", { scope: { admin: true } })).signed;

  const deliver = async (query: string, token: string): Promise<Part[]> => {
    const document = graphql.parse(query);
    assert.deepEqual(graphql.validate(schema, document), []);
    const contextValue = createContext({ headers: { authorization: `Bearer ${token}` } });
    const result = await experimentalExecuteIncrementally({ schema, document, contextValue });
    const parts = ["initialResult" in result ? result.initialResult : result];
    if ("initialResult" in result) for await (const part of result.subsequentResults) parts.push(part);
    // The parts as JSON, as a client receives them.
    return JSON.parse(JSON.stringify(parts)) as Part[];
  };

  await check("@defer: a rejected root field is rejected in its part", async () => {
    const query = "{ open ... @defer { stats } }";
    assert.deepEqual(summary(await deliver(query, admin)), [{ open: "open" }, { stats: 42 }]);
    assert.deepEqual(summary(await deliver(query, alice)), [
      { open: "open" },
      { stats: null },
      "SCOPE_INSUFFICIENT at stats",
    ]);
  });
  await check(
    "@defer: a rejected field of an object is rejected in its part, and its resolver does not run",
    async () => {
      const query = '{ user(id: "alice") { id ... @defer { notes } } }';
      const parts = await deliver(query, alice);
      assert.deepEqual(summary(parts), [
        { user: { id: "alice" } },
        { notes: null },
        "SCOPE_INSUFFICIENT at user.notes",
      ]);
      assert.equal(seen.notes, 0);
      assert.deepEqual(summary(await deliver(query, admin)), [{ user: { id: "alice" } }, { notes: "GUARDED" }]);
      seen.notes = 0;
    },
  );
  await check("@defer: no part behind a rejected field is announced", async () => {
    const parts = await deliver('{ open user(id: "bob") { id ... @defer { notes } } }', alice);
    assert.deepEqual(summary(parts), [{ open: "open", user: null }, "CLAIMS_INSUFFICIENT at user"]);
    assert.equal(parts.length, 1);
  });
  await check("@stream: a rejected field of an item is rejected in the item's part", async () => {
    const query = "{ users @stream(initialCount: 1) { id notes } }";
    const parts = await deliver(query, alice);
    assert.deepEqual(summary(parts), [
      { users: [{ id: "alice", notes: null }] },
      "SCOPE_INSUFFICIENT at users.0.notes",
      [{ id: "bob", notes: null }],
      "SCOPE_INSUFFICIENT at users.1.notes",
    ]);
    assert.equal(seen.notes, 0);
    assert.doesNotMatch(JSON.stringify(parts), /GUARDED/);
    assert.match(JSON.stringify(await deliver(query, admin)), /GUARDED.*GUARDED/);
  });
  await check("@stream: an item of a guarded type is rejected in its part", async () => {
    const query = "{ found @stream(initialCount: 1) { __typename ... on Vault { code } } }";
    const parts = await deliver(query, alice);
    assert.deepEqual(summary(parts).slice(0, 1), [{ found: [{ __typename: "User" }] }]);
    assert.doesNotMatch(JSON.stringify(parts), /Vault|1234/);
    assert.match(JSON.stringify(parts.slice(1)), /SCOPE_INSUFFICIENT/);
    assert.match(JSON.stringify(await deliver(query, admin)), /1234/);
  });
}

/**
 * The content of the parts in order: data or items, then their refusals. Each refusal must lie
 * within the path of its part.
 */
function summary(parts: readonly Part[]): unknown[] {
  const paths = new Map(parts.flatMap(({ pending = [] }) => pending).map(({ id, path }) => [id, path]));
  return parts.flatMap(({ data, errors = [], incremental = [] }) => [
    ...(data === undefined ? [] : [data]),
    ...errors.map(refusal),
    ...incremental.flatMap((part) => {
      for (const { path } of part.errors ?? [])
        assert.deepEqual(path?.slice(0, paths.get(part.id)?.length), paths.get(part.id));
      return [part.data ?? part.items, ...(part.errors ?? []).map(refusal)];
    }),
  ]);
}

function refusal({ path, extensions }: PartError): string {
  return `${extensions?.auth?.reason} at ${path?.join(".")}`;
}
