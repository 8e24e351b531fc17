/** The program of a traced call: a GraphQL list of guarded fields with a cached token, on Yoga. */
import { createSchema, createYoga } from "graphql-yoga";
import { requireTokenDirective, useAuth } from "../../src/graphql/index.ts";
import { AuthManager } from "../../src/index.ts";
import { runTraced } from "./run-traced.ts";

const auth = new AuthManager({ issuer: "https://issuer.example", algorithm: "HS256", secret: "x".repeat(32) });
const directive = requireTokenDirective();
const users = [
  { name: "ann", plan: "pro" },
  { name: "ben", plan: "free" },
];
const schema = directive.apply(
  createSchema({
    typeDefs: [
      directive.typeDefs,
      `type Query { users: [User!]! @requireToken }
       type User { name: String @requireToken(scope: "read"), plan: String @requireToken(scope: "read") }`,
    ],
    resolvers: { Query: { users: () => users } },
  }),
);
const yoga = createYoga({ schema, plugins: [useAuth(auth)], logging: false });
const token = (await auth.authToken("ann", { scope: "read" })).signed;

async function call(): Promise<void> {
  const response = await yoga.fetch("http://localhost/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ users { name plan } }" }),
  });
  const { errors } = (await response.json()) as { errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
}

await runTraced(call);
