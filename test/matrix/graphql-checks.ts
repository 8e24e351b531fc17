/** A guarded schema: queries over HTTP by fetch, `subscribe`, and a code-first schema. */
import assert from "node:assert/strict";
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import {
  type ExecutionResult,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  graphql,
  parse,
  subscribe,
} from "graphql";
import { createAuth } from "../support/create-auth.ts";
import type { Check } from "./checks.ts";
import { createSchema, type Seen, serveGraphQL } from "./graphql-app.ts";

interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: { readonly data?: unknown; readonly errors?: readonly AnswerError[] };
}

interface AnswerError {
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly auth?: { readonly reason: string } };
}

type Ask = (query: string, token?: string, variables?: object) => Promise<Answer>;

/** Checks `claimgate/graphql`. */
export async function checkGraphQL(check: Check): Promise<void> {
  const { auth, clock } = createAuth({ ambient: true });
  const seen = { notes: 0, ticks: 0 };
  const schema = createSchema(seen);
  const server = await serveGraphQL(schema, auth);
  const alice = (await auth.authToken("alice", { maxAge: 60 })).signed;
  const admin = (await auth.authToken("root", { scope: { admin: true } })).signed;
  const refresh = (await auth.refreshToken("alice")).signed;
  try {
    await checkOperations(check, asker(server.url), { alice, admin, refresh });
    await checkTypes(check, asker(server.url), { alice, admin, seen });
  } finally {
    server.close();
  }
  const createContext = createGraphQLContext(auth, { schema });
  await checkSubscription(check, {
    seen,
    expire: () => clock.advance(60),
    start: (token) =>
      subscribe({
        schema,
        document: parse("subscription { ticks }"),
        contextValue: createContext({ headers: token ? { authorization: `Bearer ${token}` } : {} }),
      }) as Promise<AsyncGenerator<ExecutionResult> | ExecutionResult>,
    alice,
  });
  await checkCodeFirst(check);
  await check("GraphQL: a schema that lost a guard does not start", () => {
    const open = createSchema(seen);
    const me = open.getQueryType()?.getFields()["me"];
    if (me) me.resolve = () => "anybody";
    assert.throws(() => createGraphQLContext(auth, { schema: open }), TypeError);
  });
}

async function checkOperations(
  check: Check,
  ask: Ask,
  { alice, admin, refresh }: { readonly alice: string; readonly admin: string; readonly refresh: string },
): Promise<void> {
  await check("GraphQL: accepts", async () => {
    const data = { open: "open", me: "alice", current: "alice" };
    assert.deepEqual(await ask("{ open me current }", alice), { status: 200, challenge: null, body: { data } });
    assert.deepEqual((await ask("{ stats }", admin)).body, { data: { stats: 42 } });
    assert.deepEqual((await ask("mutation { rotate }", refresh)).body, { data: { rotate: "refresh" } });
  });
  await check("GraphQL: 401 with a challenge, without a token and with an invalid one", async () => {
    const missing = await ask("{ me }");
    assert.deepEqual([missing.status, missing.challenge, "data" in missing.body], [401, "Bearer", false]);
    assert.deepEqual(refusals(missing), [["me", "UNAUTHENTICATED", "TOKEN_MISSING"]]);
    const changed = await ask("{ me }", `${alice.slice(0, -8)}AAAAAAAA`);
    assert.equal(changed.status, 401);
    assert.match(changed.challenge ?? "", /^Bearer error="invalid_token"/);
    assert.deepEqual(refusals(changed), [["me", "UNAUTHENTICATED", "SIGNATURE_INVALID"]]);
  });
  await check("GraphQL: 403 with a challenge", async () => {
    const refused = await ask("{ stats }", alice);
    assert.equal(refused.status, 403);
    assert.match(refused.challenge ?? "", /^Bearer error="insufficient_scope"/);
    assert.deepEqual(refusals(refused), [["stats", "FORBIDDEN", "SCOPE_INSUFFICIENT"]]);
  });
  await check("GraphQL: a refusal that a resolver throws looks the same", async () => {
    const refused = await ask("{ byHand }", alice);
    assert.equal(refused.status, 200);
    assert.deepEqual(refusals(refused), [["byHand", "FORBIDDEN", "SCOPE_INSUFFICIENT"]]);
    assert.deepEqual((await ask("{ byHand }", admin)).body, { data: { byHand: 42 } });
  });
  await check("GraphQL: a rejected field next to one that ran has status 200", async () => {
    const mixed = await ask("{ open stats }", alice);
    assert.deepEqual([mixed.status, mixed.body.data], [200, { open: "open", stats: null }]);
    assert.deepEqual(refusals(mixed), [["stats", "FORBIDDEN", "SCOPE_INSUFFICIENT"]]);
  });
  await check("GraphQL: skipped fields and fragments at the root do not count", async () => {
    const query =
      "query ($no: Boolean!, $yes: Boolean!) { open @skip(if: $yes) stats @include(if: $yes) me @include(if: $no) }";
    assert.equal((await ask(query, alice, { no: false, yes: true })).status, 403);
    assert.equal((await ask("{ ... on Query { stats } }", alice)).status, 403);
  });
  await check("GraphQL: args and override", async () => {
    const query = "query ($id: ID!) { user(id: $id) { id } }";
    assert.deepEqual((await ask(query, alice, { id: "alice" })).body, { data: { user: { id: "alice" } } });
    const refused = await ask(query, alice, { id: "bob" });
    assert.deepEqual([refused.status, refusals(refused)], [403, [["user", "FORBIDDEN", "CLAIMS_INSUFFICIENT"]]]);
    assert.deepEqual((await ask(query, admin, { id: "bob" })).body, { data: { user: { id: "bob" } } });
  });
}

async function checkTypes(
  check: Check,
  ask: Ask,
  { alice, admin, seen }: { readonly alice: string; readonly admin: string; readonly seen: Seen },
): Promise<void> {
  await check("GraphQL: parent and onDeny", async () => {
    const emails = (...of: (string | null)[]): object => ({ data: { users: of.map((email) => ({ email })) } });
    assert.deepEqual((await ask("{ users { email } }", alice)).body, emails("alice@example.com", null));
    assert.deepEqual((await ask("{ users { email } }")).body, emails(null, null));
  });
  await check("GraphQL: a rejected field's resolver does not run", async () => {
    assert.deepEqual(refusals(await ask("{ users { notes } }", alice)), [
      ["users.0.notes", "FORBIDDEN", "SCOPE_INSUFFICIENT"],
      ["users.1.notes", "FORBIDDEN", "SCOPE_INSUFFICIENT"],
    ]);
    assert.equal(seen.notes, 0);
    await ask("{ users { notes } }", admin);
    assert.equal(seen.notes, 2);
  });
  await check("GraphQL: a guarded type behind a union", async () => {
    const query = "{ found { __typename ... on Vault { code } } }";
    const found = [{ __typename: "User" }, { __typename: "Vault", code: "1234" }];
    assert.deepEqual((await ask(query, admin)).body, { data: { found } });
    const refused = await ask(query, alice);
    assert.deepEqual(refusals(refused), [["found.1", "FORBIDDEN", "SCOPE_INSUFFICIENT"]]);
    assert.doesNotMatch(JSON.stringify(refused.body), /Vault|1234/);
  });
}

interface Subscribing {
  readonly seen: Seen;
  readonly alice: string;
  readonly expire: () => void;
  readonly start: (token?: string) => Promise<AsyncGenerator<ExecutionResult> | ExecutionResult>;
}

async function checkSubscription(check: Check, { seen, alice, expire, start }: Subscribing): Promise<void> {
  await check("GraphQL: a rejected subscription's source never starts", async () => {
    const refused = (await start()) as ExecutionResult;
    assert.deepEqual(reasonsOf(refused), ["TOKEN_MISSING"]);
    assert.equal(seen.ticks, 0);
  });
  await check("GraphQL: events come until the token expires", async () => {
    const events = (await start(alice)) as AsyncGenerator<ExecutionResult>;
    const first = await events.next();
    assert.deepEqual({ ...first.value.data }, { ticks: 1 });
    expire();
    const last = await events.next();
    assert.deepEqual(reasonsOf(last.value), ["TOKEN_EXPIRED"]);
    assert.equal(last.value.data?.["ticks"] ?? null, null);
    assert.equal((await events.next()).done, true);
  });
}

async function checkCodeFirst(check: Check): Promise<void> {
  await check("GraphQL: a code-first schema is guarded", async () => {
    const { auth } = createAuth();
    const requireToken = requireTokenDirective();
    const query = new GraphQLObjectType({
      name: "Query",
      fields: {
        open: { type: GraphQLString, resolve: () => "open" },
        stats: {
          type: GraphQLInt,
          extensions: requireToken.extensions({ scope: { admin: true } }),
          resolve: () => 42,
        },
      },
    });
    const schema = requireToken.apply(new GraphQLSchema({ query }));
    const ask = async (scope: { readonly admin?: true }): Promise<ExecutionResult> => {
      const { signed } = await auth.authToken("alice", { scope });
      return graphql({ schema, source: "{ open stats }", contextValue: { auth: auth.forRequest({ token: signed }) } });
    };
    assert.deepEqual({ ...(await ask({ admin: true })).data }, { open: "open", stats: 42 });
    assert.deepEqual(reasonsOf(await ask({})), ["SCOPE_INSUFFICIENT"]);
  });
}

function asker(url: string): Ask {
  return async (query, token, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    return {
      status: response.status,
      challenge: response.headers.get("www-authenticate"),
      body: (await response.json()) as Answer["body"],
    };
  };
}

function refusals({ body }: Answer): unknown[] {
  return (body.errors ?? []).map(({ path, extensions }) => [
    path?.join("."),
    extensions?.code,
    extensions?.auth?.reason,
  ]);
}

function reasonsOf(result: ExecutionResult): unknown[] {
  return (result.errors ?? []).map(
    ({ extensions }) => (extensions?.["auth"] as { reason?: string } | undefined)?.reason,
  );
}
