/** The messages of wrong rules, with the words of their remedies. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { defineRule } from "claimgate";
import { requireTokenDirective } from "claimgate/graphql";
import { requireToken } from "claimgate/trpc";
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { describe } from "vitest";
import { type MessageRow, testMessages } from "../support/message-table.ts";

const directive = requireTokenDirective();
const build = (given: string): unknown =>
  directive.apply(
    makeExecutableSchema({
      typeDefs: [directive.typeDefs, `type Query { me: String @requireToken(${given}) }`],
      assumeValid: true,
    } as never),
  );
const callTRPC = requireToken as (rule: unknown) => unknown;
const callExtensions = directive.extensions as (rule: unknown) => unknown;

const row = (mistake: string, make: () => unknown, ...says: string[]): MessageRow => ({
  mistake,
  make,
  error: "TypeError",
  says,
});

/** The same mistake in each place that takes a rule. */
function everywhere(mistake: string, rule: unknown, ...says: string[]): MessageRow[] {
  return [
    row(`${mistake} in requireToken`, () => callTRPC(rule), ...says),
    row(`${mistake} in defineRule`, () => defineRule(rule as never), ...says),
    row(`${mistake} in extensions`, () => callExtensions(rule), ...says),
    row(
      `${mistake} in the extensions of a schema`,
      () => {
        const me = { type: GraphQLString, extensions: { directives: { requireToken: rule } } };
        return directive.apply(new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields: { me } }) }));
      },
      "@requireToken on Query.me: ",
      ...says,
    ),
  ];
}

describe("a key of a rule", () => {
  testMessages([
    ...everywhere("a misspelt key", { scopes: "read" }, "rule.scopes is not a key of a rule; did you mean scope?"),
    ...everywhere(
      "a misspelt key of anyOf",
      { anyOf: [{ claim: { a: 1 } }] },
      "rule.anyOf[0].claim is not a key of a rule; did you mean claims?",
    ),
    ...["role", "roles", "plan"].flatMap((claim) =>
      everywhere(
        `the claim ${claim} as a key`,
        { [claim]: "admin" },
        `rule.${claim} is not a key of a rule; did you mean { claims: { ${claim}: ... } }?`,
      ),
    ),
    ...everywhere(
      "a location in anyOf",
      { anyOf: [{ location: "header" }] },
      "rule.anyOf[0].location is not a key of a rule here (scope, claims, args, parent)",
    ),
    row(
      "a misspelt argument of SDL",
      () => build('scopes: "read"'),
      "@requireToken on Query.me: rule.scopes",
      "did you mean scope?",
    ),
    row(
      "the parent in tRPC",
      () => callTRPC({ parent: { sub: "id" } }),
      "rule.parent cannot be used in tRPC",
      ": use args",
    ),
  ]);
});

describe("a value of a rule", () => {
  testMessages([
    ...everywhere(
      "a location in the singular",
      { location: "cookie" },
      'rule.location must be "header" or "cookies"; did you mean "cookies"?',
    ),
    ...everywhere(
      "a type in capitals",
      { type: "AUTH" },
      'rule.type must be "auth" or "refresh"; did you mean "auth"?',
    ),
    row("a location of SDL in the singular", () => build('location: "cookie"'), 'did you mean "cookies"?'),
  ]);
});

describe("a rule", () => {
  const empty = "rule is empty: call requireToken() to require only a token";
  testMessages([
    ...everywhere("a scope in place of a rule", "admin", 'rule must be an object; did you mean { scope: "admin" }?'),
    row(
      "a list of rights in place of a rule of requireToken",
      () => callTRPC(["read", "write"]),
      'did you mean { scope: ["read","write"] }?',
    ),
    row("an empty rule of requireToken", () => callTRPC({}), empty),
    row("an empty rule of defineRule", () => defineRule({}), empty),
  ]);
});
