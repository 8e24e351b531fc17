/** The memory that guards cost per field: a guarded list allocates as much as an unguarded one. */
import { Session } from "node:inspector/promises";
import { type GraphQLSchema, graphqlSync } from "graphql";
import { expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { createGuardedSchema } from "../../support/graphql.ts";

const FIELDS = 10;
const OBJECTS = 100;
const ROUNDS = 10;
const WARM_UP = 300;

const names = Array.from({ length: FIELDS }, (_, i) => `f${i}`);
const items = Array.from({ length: OBJECTS }, () => Object.fromEntries(names.map((name) => [name, 1])));
const source = `{ items { ${names.join(" ")} } }`;

const createSchema = (rule: string): GraphQLSchema =>
  createGuardedSchema(
    `type Query { items: [Item!]! } type Item { ${names.map((name) => `${name}: Int ${rule}`).join(" ")} }`,
    { Query: { items: () => items } },
  );

interface Node {
  readonly callFrame: { readonly url: string };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

const sizeIn = (node: Node, isOurs: (url: string) => boolean): number =>
  node.children.reduce((sum, child) => sum + sizeIn(child, isOurs), isOurs(node.callFrame.url) ? node.selfSize : 0);

/** Bytes that the files of src allocate for a field, by V8's sampling of every 128th byte. */
async function bytesPerField(run: () => void): Promise<number> {
  for (let i = 0; i < WARM_UP; i++) run();
  const session = new Session();
  session.connect();
  try {
    const options = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post("HeapProfiler.startSampling", { samplingInterval: 128, ...options });
    for (let i = 0; i < ROUNDS; i++) run();
    const { profile } = await session.post("HeapProfiler.stopSampling");
    return sizeIn(profile.head, (url) => url.includes("/src/")) / (ROUNDS * FIELDS * OBJECTS);
  } finally {
    session.disconnect();
  }
}

test.each([
  ["requires a token", "@requireToken"],
  ["requires a scope", '@requireToken(scope: "read write")'],
  [
    "requires scope, claims or an alternative",
    '@requireToken(scope: "read", claims: { plan: "pro" }, anyOf: [{ scope: "read" }])',
  ],
  ["binds a claim to the parent", '@requireToken(parent: { level: "f0" })'],
  ["has two directives", '@requireToken(scope: "read") @requireToken(claims: { plan: "pro" })'],
])("a field whose rule %s allocates nothing once a guard has accepted the token", async (_, rule) => {
  const { auth } = createAuth();
  const { signed: token } = await auth.authToken("ada", { scope: "read write", claims: { plan: "pro", level: 1 } });
  const schema = createSchema(rule);
  const request = auth.forRequest({ token });
  await request.authenticate();
  const run = (): void => {
    const result = graphqlSync({ schema, source, contextValue: { auth: request } });
    if (result.errors) throw result.errors[0] as Error;
  };
  // The costs of one request are spread over its fields: a byte or so.
  expect(await bytesPerField(run)).toBeLessThan(4);
});

test("the measurement detects allocations: a guard for refresh tokens creates a context per field", async () => {
  const { auth } = createAuth();
  const { signed: token } = await auth.refreshToken("ada");
  const request = auth.forRequest({ token });
  await request.require({ type: "refresh" });
  const schema = createSchema('@requireToken(type: "refresh")');
  const run = (): void => void graphqlSync({ schema, source, contextValue: { auth: request } });
  expect(await bytesPerField(run)).toBeGreaterThan(40);
});
