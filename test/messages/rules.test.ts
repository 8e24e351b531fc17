/** The messages of wrong rules, with the words of their remedies. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { defineRule } from "claimgate";
import { requireTokenDirective } from "claimgate/graphql";
import { requireToken } from "claimgate/trpc";
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { describe, expect, it } from "vitest";
import { type MessageRow, testMessages } from "../support/message-table.ts";

const directive = requireTokenDirective();
const build = (given: string): unknown =>
  directive.apply(
    makeExecutableSchema({
      typeDefs: [directive.typeDefs, `type Query { me: String @requireToken(${given}) }`],
      assumeValid: true,
    } as never),
  );
const ARGS_ON_TYPE = `type Query @requireToken(args: { sub: "id" }) { me(id: ID): String }`;
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
    ...everywhere(
      "onDeny in anyOf",
      { anyOf: [{ onDeny: "null" }] },
      "rule.anyOf[0].onDeny is not a key of a rule here (scope, claims, args, parent)",
    ),
    ...everywhere("an undefined key", { scope: undefined }, "rule.scope is undefined; leave the key out instead"),
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
    row(
      "args on a type",
      () => directive.apply(makeExecutableSchema({ typeDefs: [directive.typeDefs, ARGS_ON_TYPE] })),
      "@requireToken on Query: rule.args cannot be used on a type, which has no arguments; use it on fields",
    ),
    row(
      "the parent in one branch in tRPC",
      () => callTRPC({ anyOf: [{ scope: "a" }, { parent: { sub: "id" } }] }),
      "rule.parent cannot be used in tRPC",
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
    ...everywhere(
      "a location in capitals",
      { location: "Header" },
      'rule.location must be "header" or "cookies"; did you mean "header"?',
    ),
    ...everywhere(
      "a type that begins with a capital",
      { type: "Refresh" },
      'rule.type must be "auth" or "refresh"; did you mean "refresh"?',
    ),
    ...everywhere(
      "undefined in a claim",
      { claims: { a: undefined } },
      "rule.claims.a must be a JSON value, not undefined",
    ),
    ...everywhere(
      "a function as a claim",
      { claims: { a: () => true } },
      "rule.claims.a must be a JSON value, not a function",
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
    row("a list of rules in place of a rule", () => callTRPC([{ scope: "a" }]), "rule must be a plain object"),
    row("a number in place of a rule", () => callTRPC(5), "rule must be a plain object"),
    row("undefined in defineRule", () => defineRule(undefined as never), "rule must be a plain object"),
    row("an empty rule of requireToken", () => callTRPC({}), empty),
    row("an empty rule of defineRule", () => defineRule({}), empty),
  ]);
});

describe("a value that is like no other", () => {
  it.each([
    ["type", "access", 'rule.type must be "auth" or "refresh"'],
    ["type", 5, 'rule.type must be "auth" or "refresh"'],
    ["location", "query", 'rule.location must be "header" or "cookies"'],
    ["location", null, 'rule.location must be "header" or "cookies"'],
  ])("gets no suggestion: %s %j", (key, value, message) => {
    expect(() => defineRule({ [key]: value } as never)).toThrow(new TypeError(message));
  });
});
