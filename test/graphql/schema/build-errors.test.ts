/** A meaningless rule is rejected when the schema is built; the nearest valid rule is accepted. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { requireTokenDirective } from "claimgate/graphql";
import type { GraphQLSchema } from "graphql";
import { describe, expect, test } from "vitest";

const requireToken = requireTokenDirective();

/** A schema whose field `Query.f` has the given directive. */
function build(directive: string): GraphQLSchema {
  const sdl = `
    input Outer { id: ID, inner: Inner!, list: [ID] }
    input Inner { id: ID! }
    scalar Anything
    enum Colour { RED }
    type Query { f(id: ID, outer: Outer, list: [ID], any: Anything, colour: Colour!): Int ${directive}, strict: Int! }
  `;
  return requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, sdl] }));
}

function expectRefused(directive: string, message: RegExp): void {
  expect(() => build(directive)).toThrow(TypeError);
  expect(() => build(directive)).toThrow(message);
  expect(() => build(directive)).toThrow(/@requireToken on Query\.f/);
}

describe.each<[what: string, wrong: string, right: string, key: RegExp]>([
  ["a blank scope", '(scope: " ")', '(scope: "a")', /rule\.scope/],
  ["an empty scope", '(scope: "")', '(scope: "a b")', /rule\.scope/],
  ["a blank scope in a list", '(scope: ["a", " "])', '(scope: ["a", "b"])', /rule\.scope/],
  ["a null scope", "(scope: null)", "(scope: true)", /rule\.scope/],
  ["a blank scope among claims", '(claims: { scope: "" })', '(claims: { scope: "a" })', /rule\.claims\.scope/],
  ["a blank scope among override", '(override: { scope: " " })', '(override: { scope: "a" })', /rule\.override\.scope/],
  ["an empty object for scope", "(scope: {})", "(scope: { a: null })", /rule\.scope/],
  ["an empty list for scope", "(scope: [])", '(scope: ["a"])', /rule\.scope/],
  ["empty claims", "(claims: {})", "(claims: { a: 1 })", /rule\.claims/],
  ["an empty object in claims", "(claims: { a: {} })", "(claims: { a: { b: 1 } })", /rule\.claims\.a/],
  ["an empty list in claims", "(claims: { a: [] })", "(claims: { a: [1] })", /rule\.claims\.a/],
  [
    "an empty object deep down",
    "(claims: { a: { b: [1, { c: {} }] } })",
    "(claims: { a: { b: [1, { c: 1 }] } })",
    /rule\.claims\.a\.b\[1\]\.c/,
  ],
  ["claims that are not an object", '(claims: "a")', "(claims: { a: true })", /rule\.claims/],
  ["claims that are null", "(claims: null)", "(claims: { a: null })", /rule\.claims/],
  ["an empty override", "(override: {})", "(override: { admin: true })", /rule\.override/],
  ["an empty anyOf", "(anyOf: [])", '(anyOf: [{ scope: "a" }])', /rule\.anyOf/],
  ["an empty branch", '(anyOf: [{ scope: "a" }, {}])', '(anyOf: [{ scope: "a" }, { scope: "b" }])', /rule\.anyOf\[1\]/],
  [
    "an unknown key in a branch",
    '(anyOf: [{ roles: ["a"] }])',
    '(anyOf: [{ claims: { roles: ["a"] } }])',
    /rule\.anyOf\[0\]\.roles/,
  ],
  [
    "a type in a branch",
    '(anyOf: [{ type: "refresh" }])',
    '(type: "refresh", anyOf: [{ scope: "a" }])',
    /rule\.anyOf\[0\]\.type/,
  ],
  [
    "an override in a branch",
    "(anyOf: [{ override: { a: 1 } }])",
    "(anyOf: [{ claims: { a: 1 } }])",
    /rule\.anyOf\[0\]\.override/,
  ],
  ["a blank scope in a branch", '(anyOf: [{ scope: " " }])', '(anyOf: [{ scope: "b" }])', /rule\.anyOf\[0\]\.scope/],
  ["an integer past 2^53", "(claims: { n: 9007199254740993 })", "(claims: { n: 9007199254740991 })", /rule\.claims\.n/],
  [
    "a negative integer past 2^53",
    "(claims: { n: -9007199254740993 })",
    "(claims: { n: -9007199254740991 })",
    /rule\.claims\.n/,
  ],
  ["a number that overflows", "(claims: { n: 1e999 })", "(claims: { n: 1.5 })", /rule\.claims\.n/],
  ["an unknown type", '(type: "Auth")', '(type: "auth")', /rule\.type/],
  ["an unknown location", '(location: "query")', '(location: "header")', /rule\.location/],
  ["optional beside a scope", '(optional: true, scope: "a")', '(optional: false, scope: "a")', /rule\.optional/],
  ["optional beside claims", "(optional: true, claims: { a: 1 })", "(claims: { a: 1 })", /rule\.optional/],
  ["optional beside args", '(optional: true, args: { sub: "id" })', '(args: { sub: "id" })', /rule\.optional/],
  ["optional beside parent", '(optional: true, parent: { sub: "id" })', '(parent: { sub: "id" })', /rule\.optional/],
  ["optional beside an override", "(optional: true, override: { a: 1 })", "(optional: true)", /rule\.optional/],
  [
    "optional beside anyOf",
    '(optional: true, anyOf: [{ scope: "a" }])',
    '(optional: true, type: "refresh", location: "cookies")',
    /rule\.optional/,
  ],
  ["optional that is null", "(optional: null)", "(optional: false)", /rule\.optional/],
  ["a type that is null", "(type: null)", '(type: "refresh")', /rule\.type/],
  ["empty args", "(args: {})", '(args: { sub: "id" })', /rule\.args/],
  ["args with a path that is not a string", "(args: { sub: 1 })", '(args: { sub: "id" })', /rule\.args\.sub/],
  ["args with an empty list of paths", "(args: { sub: [] })", '(args: { sub: ["id"] })', /rule\.args\.sub/],
  [
    "args with an empty name in a path",
    '(args: { sub: "outer..id" })',
    '(args: { sub: "outer.id" })',
    /rule\.args\.sub/,
  ],
  ["args that name a missing argument", '(args: { sub: "user" })', '(args: { sub: "id" })', /no argument "user"/],
  ["args with an empty path", '(args: { sub: "" })', '(args: { sub: "colour" })', /rule\.args/],
  [
    "args that name a missing argument in a list of paths",
    '(args: { sub: ["id", "user"] })',
    '(args: { sub: ["id", "any"] })',
    /no argument "user"/,
  ],
  [
    "args that name a missing field of an input object",
    '(args: { sub: "outer.user" })',
    '(args: { sub: "outer.id" })',
    /no argument "outer\.user"/,
  ],
  [
    "args that name a missing field of a nested input object",
    '(args: { sub: "outer.inner.user" })',
    '(args: { sub: "outer.inner.id" })',
    /no argument "outer\.inner\.user"/,
  ],
  [
    "args that name a field of a scalar",
    '(args: { sub: "outer.inner.id.x" })',
    '(args: { sub: "any.deep.id" })',
    /rule\.args/,
  ],
  ["args that name an input object", '(args: { sub: "outer" })', '(args: { sub: "any" })', /is not a scalar/],
  [
    "args that name a nested input object",
    '(args: { sub: "outer.inner" })',
    '(args: { sub: "outer.inner.id" })',
    /is not a scalar/,
  ],
  ["args that name a list", '(args: { sub: "list" })', '(args: { sub: "id" })', /is not a scalar/],
  [
    "args that name a list in an input object",
    '(args: { sub: "outer.list" })',
    '(args: { sub: "outer.id" })',
    /is not a scalar/,
  ],
  ["args that name an item of a list", '(args: { sub: "list.0" })', '(args: { sub: "id" })', /rule\.args/],
  [
    "args in a branch that name a missing argument",
    '(anyOf: [{ args: { sub: "user" } }])',
    '(anyOf: [{ args: { sub: "id" } }])',
    /no argument "user"/,
  ],
  ["an empty parent", "(parent: {})", '(parent: { sub: "owner.id" })', /rule\.parent/],
  ["an enum in the place of a value", "(claims: { role: ADMIN })", '(claims: { role: "ADMIN" })', /rule\.claims\.role/],
  ["an enum in the place of a scope", "(scope: [admin])", '(scope: ["admin"])', /rule\.scope\[0\]/],
])("%s", (_, wrong, right, key) => {
  test(`rejects ${wrong}`, () => expectRefused(`@requireToken${wrong}`, key));
  test(`accepts ${right}`, () => expect(() => build(`@requireToken${right}`)).not.toThrow());
});
