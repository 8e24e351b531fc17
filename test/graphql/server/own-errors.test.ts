/** A resolver's errors keep their form; a refusal by its `require` looks like a guard's refusal. */
import { type Rule, UnauthorizedError } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { GraphQLError } from "graphql";
import { describe, expect, test } from "vitest";
import { createGate, refusedWith } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    open(kind: String!): Item
    guarded(kind: String!): Item @requireToken
  }
  type Mutation { change(kind: String!): Item, guardedChange(kind: String!): Item @requireToken }
  type Item { id: ID, kind(kind: String!): String }
`;

class DatabaseError extends Error {
  readonly status = 401;
  readonly reason = "TOKEN_MISSING";
}

const admin = { scope: { admin: true } } satisfies Rule;
const answer = async (
  _: unknown,
  { kind }: { kind: string },
  ctx: { auth: { require(rule: Rule): Promise<unknown> } },
): Promise<unknown> => {
  if (kind === "require") await ctx.auth.require(admin);
  if (kind === "error") throw new DatabaseError("the password of the database is hunter2");
  if (kind === "graphql")
    throw new GraphQLError("no such item", { extensions: { code: "NOT_FOUND", http: { status: 404 } } });
  if (kind === "text") throw "just a text";
  if (kind === "wrapped") throw new Error("wrapped", { cause: new UnauthorizedError("TOKEN_MISSING") });
  if (kind === "meaningless") await ctx.auth.require({ scope: " " });
  return { id: "1" };
};
const { auth, ask } = createGate(typeDefs, {
  Query: { open: answer, guarded: answer },
  Mutation: { change: answer, guardedChange: answer },
  Item: { kind: answer },
});
const { signed: token } = await auth.authToken("ada");
const { signed: adminToken } = await auth.authToken("root", { scope: { admin: true } });

test("a change to the extensions of one error does not appear in the next error", async () => {
  const refuse = createGraphQLContext(auth)({ headers: {} }).auth.require();
  const refused: unknown = await refuse.catch((error: unknown) => error);
  const [first, second] = [0, 1].map(() => new GraphQLError("rejected", { originalError: refused as Error }));
  Object.assign(first?.extensions ?? {}, { requestId: 1 });
  expect(first?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" }, requestId: 1 });
  expect(second?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } });
});

const masked = { message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } };

describe.each(["open", "guarded"])("a resolver of the %s field", (field) => {
  test.each(["error", "text", "wrapped", "meaningless"])("has its failure masked by Yoga: %s", async (kind) => {
    const { status, challenge, body } = await ask(`{ ${field}(kind: "${kind}") { id } }`, { token });
    expect(status).toBe(200);
    expect(challenge).toBeNull();
    expect(body.data).toEqual({ [field]: null });
    expect(body.errors).toMatchObject([{ ...masked, path: [field] }]);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|TOKEN_MISSING|wrapped|blank/);
  });

  test("has its GraphQLError passed on unchanged by Yoga", async () => {
    const { status, body } = await ask(`{ ${field}(kind: "graphql") { id } }`, { token });
    expect(status).toBe(404);
    expect(body.errors).toMatchObject([{ message: "no such item", path: [field], extensions: { code: "NOT_FOUND" } }]);
  });

  test("has a refusal by its require reported like a guard's refusal", async () => {
    const { status, body } = await ask(`{ ${field}(kind: "require") { id } }`, { token });
    expect(body.errors).toEqual([
      {
        message: "The scope of the token does not allow this",
        path: [field],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } },
      },
    ]);
    // The resolver ran, and `data` is not null.
    expect(status).toBe(200);
    expect(body.data).toEqual({ [field]: null });
    const passed = await ask(`{ ${field}(kind: "require") { id } }`, { token: adminToken });
    expect(passed.body).toEqual({ data: { [field]: { id: "1" } } });
  });
});

test("a refusal by require below the root has the path of its field", async () => {
  const query = '{ open(kind: "none") { id mine: kind(kind: "require") } }';
  const { status, body } = await ask(query, { token });
  expect(status).toBe(200);
  expect(body.data).toEqual({ open: { id: "1", mine: null } });
  expect(body.errors).toMatchObject([
    { path: ["open", "mine"], extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } } },
  ]);
});

test("a refusal by require without a token has the code of a 401", async () => {
  const { body } = await ask('{ open(kind: "require") { id } }');
  expect(body.errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } });
});

test("a mutation that ran and then rejected the caller has status 200", async () => {
  for (const field of ["change", "guardedChange"]) {
    const { status, body } = await ask(`mutation { ${field}(kind: "require") { id } }`, { token });
    expect(status).toBe(200);
    expect(body.data).toEqual({ [field]: null });
    expect(body.errors?.[0]?.extensions).toEqual({ code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } });
  }
});

test("a guard's refusal does not expose its cause", async () => {
  const { refused, body } = await ask('{ guarded(kind: "none") { id } }', { token: "not.a.token" });
  expect(refused).toEqual(refusedWith("TOKEN_MALFORMED"));
  expect(body).toEqual({
    errors: [
      {
        message: "The token cannot be read",
        path: ["guarded"],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MALFORMED" } },
      },
    ],
  });
});
