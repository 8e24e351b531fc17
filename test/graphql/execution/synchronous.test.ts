/** A field whose decision is known resolves synchronously, as it would without the directive. */
import { generateKeyPairSync } from "node:crypto";
import type { RequestAuth } from "claimgate";
import { type ExecutionResult, execute, graphqlSync, parse } from "graphql";
import { beforeEach, describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { createGuardedSchema } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    me: String @requireToken
    stats: Int @requireToken(scope: { admin: true }) @requireToken(claims: { plan: "pro" })
    node: Node
    greeting: String @requireToken(optional: true)
    hidden: Int @requireToken(scope: { admin: true }, onDeny: NULL)
  }
  interface Node { id: ID }
  type User implements Node @requireToken { id: ID, nickname: String }
`;

const { auth, clock } = createAuth();
const schema = createGuardedSchema(typeDefs, {
  Query: {
    me: (_, __, ctx) => ctx.auth.token?.sub,
    stats: () => 42,
    node: () => ({ __typename: "User", id: "1", nickname: "lady" }),
    greeting: () => "hello",
    hidden: () => 7,
  },
});
const admin = async (): Promise<string> =>
  (await auth.authToken("ada", { scope: { admin: true }, claims: { plan: "pro" } })).signed;
const everything = "{ me stats node { id ... on User { nickname } } greeting hidden }";
const answer = { me: "ada", stats: 42, node: { id: "1", nickname: "lady" }, greeting: "hello", hidden: 7 };

describe.each([
  ["without a token cache", false],
  ["with a token cache", { max: 10 }],
] as const)("%s", (_, cache) => {
  const local = createAuth({ cache });
  let request: RequestAuth;
  let minted = 0;

  beforeEach(async () => {
    // Each test mints its own token, because the cache would keep one for the next test.
    const claims = { plan: "pro", minted: ++minted };
    const { signed: token } = await local.auth.authToken("ada", { scope: { admin: true }, claims });
    request = local.auth.forRequest({ token });
  });

  test("graphqlSync works once the token is verified", async () => {
    await request.authenticate();
    expect(graphqlSync({ schema, source: everything, contextValue: { auth: request } })).toEqual({ data: answer });
  });

  test("execute returns no promise once the token is verified", async () => {
    await request.authenticate();
    const result = execute({ schema, document: parse(everything), contextValue: { auth: request } });
    expect(result).not.toBeInstanceOf(Promise);
    expect((result as ExecutionResult).data).toEqual(answer);
  });

  test("graphqlSync works at the first sight of a token with a synchronous key", () => {
    expect(graphqlSync({ schema, source: everything, contextValue: { auth: request } })).toEqual({ data: answer });
  });

  test("graphqlSync rejects an invalid token at its first sight", async () => {
    const bad = local.auth.forRequest({ token: `${(await local.auth.authToken("eve")).signed.slice(0, -4)}AAAA` });
    const result = graphqlSync({ schema, source: "{ me }", contextValue: { auth: bad } });
    expect(result.data).toEqual({ me: null });
    expect(result.errors?.[0]?.extensions["auth"]).toEqual({ reason: "SIGNATURE_INVALID" });
  });
});

describe("with a key whose signatures are computed on other threads", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const slow = createAuth({ keys: [{ kid: "slow", algorithm: "ES384", privateKey }], cache: false });

  test("graphqlSync throws while the token is not verified, and works afterwards", async () => {
    const request = slow.auth.forRequest({ token: await slow.auth.authToken("ada") });
    const args = { schema, source: "{ me }", contextValue: { auth: request } };
    expect(() => graphqlSync(args)).toThrow(/failed to complete synchronously/);
    await request.authenticate();
    expect(graphqlSync(args)).toEqual({ data: { me: "ada" } });
  });

  test("graphqlSync leaves no unhandled rejection when an unverified token is invalid", async () => {
    const { signed } = await slow.auth.authToken("eve");
    const bad = slow.auth.forRequest({ token: `${signed.slice(0, -4)}AAAA` });
    expect(() => graphqlSync({ schema, source: "{ me }", contextValue: { auth: bad } })).toThrow();
    await expect(bad.authenticate()).rejects.toMatchObject({ reason: "SIGNATURE_INVALID" });
  });
});

test("graphqlSync works in the next request with the same token, with the cache", async () => {
  const token = await admin();
  await auth.forRequest({ token }).authenticate();
  const contextValue = { auth: auth.forRequest({ token }) };
  expect(graphqlSync({ schema, source: everything, contextValue })).toEqual({ data: answer });
});

test("graphqlSync rejects a request without a token", () => {
  const result = graphqlSync({ schema, source: "{ me greeting hidden }", contextValue: { auth: auth.forRequest() } });
  expect(result.data).toEqual({ me: null, greeting: "hello", hidden: null });
  expect(result.errors?.map((error) => error.extensions)).toEqual([
    { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } },
  ]);
});

test("graphqlSync rejects a verified token that lacks the scope", async () => {
  const request = auth.forRequest({ token: (await auth.authToken("ada")).signed });
  await request.authenticate();
  const result = graphqlSync({ schema, source: "{ stats me hidden }", contextValue: { auth: request } });
  expect(result.data).toEqual({ stats: null, me: "ada", hidden: null });
  expect(result.errors?.map((error) => error.extensions["auth"])).toEqual([{ reason: "SCOPE_INSUFFICIENT" }]);
});

test("graphqlSync rejects a verified token that has expired", async () => {
  const request = auth.forRequest({ token: await admin() });
  await request.authenticate();
  clock.advance(3600);
  const result = graphqlSync({ schema, source: "{ me }", contextValue: { auth: request } });
  expect(result.data).toEqual({ me: null });
  expect(result.errors?.[0]?.extensions["auth"]).toEqual({ reason: "TOKEN_EXPIRED" });
});

test("graphqlSync gives an error and no data for a context without auth", () => {
  for (const contextValue of [undefined, {}, { auth: null }]) {
    const result = graphqlSync({ schema, source: "{ me }", contextValue });
    expect(result.data).toEqual({ me: null });
    expect(result.errors?.[0]?.originalError).toBeInstanceOf(TypeError);
  }
});
