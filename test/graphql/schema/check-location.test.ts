/** Where the directive stands and how it is written can make a rule meaningless too; then the schema is not built. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { MapperKind, mapSchema } from "@graphql-tools/utils";
import { type GraphQLRule, requireTokenDirective } from "claimgate/graphql";
import { buildASTSchema, type GraphQLSchema, parse } from "graphql";
import { describe, expect, test } from "vitest";

const requireToken = requireTokenDirective();

describe("what GraphQL itself refuses", () => {
  test.each([
    ["an unknown argument", '@requireToken(roles: "a")', '@requireToken(scope: "a")'],
    ["an argument that stands twice", '@requireToken(scope: "a", scope: "b")', '@requireToken(scope: "a")'],
    ["a key that stands twice", "@requireToken(claims: { a: 1, a: 2 })", "@requireToken(claims: { a: 1, b: 2 })"],
    ["another type of argument", "@requireToken(optional: 1)", "@requireToken(optional: true)"],
    ["an unknown onDeny", "@requireToken(onDeny: HIDE)", "@requireToken(onDeny: ERROR)"],
  ])("%s", (_, wrong, right) => {
    const sdl = (directive: string): string => `${requireToken.typeDefs} type Query { f: Int ${directive} }`;
    const strict = (directive: string): GraphQLSchema => requireToken.apply(buildASTSchema(parse(sdl(directive))));
    expect(() => strict(wrong)).toThrow();
    expect(() => strict(right)).not.toThrow();
  });

  test.each([
    ["an unknown argument", '@requireToken(roles: "a")', /rule\.roles/],
    ["an argument that stands twice", '@requireToken(scope: "a", scope: "b")', /rule\.scope stands twice/],
    ["a nested key that stands twice", "@requireToken(scope: { a: { b: 1, b: 1 } })", /rule\.scope\.a\.b stands twice/],
    ["another type of argument", "@requireToken(optional: 1)", /rule\.optional/],
    ["an unknown onDeny", "@requireToken(onDeny: HIDE)", /rule\.onDeny/],
  ])("is refused too where GraphQL is told not to look: %s", (_, directive, key) => {
    const sdl = `${requireToken.typeDefs} type Query { f: Int ${directive} }`;
    const unchecked = (): GraphQLSchema => buildASTSchema(parse(sdl), { assumeValidSDL: true });
    expect(unchecked).not.toThrow();
    expect(() => requireToken.apply(unchecked())).toThrow(key);
  });
});

describe("where the directive stands", () => {
  const place = (sdl: string): GraphQLSchema =>
    requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, sdl] }));

  test.each([
    [
      "args on a type",
      'type Query { t: T } type T @requireToken(args: { sub: "id" }) { f(id: ID): Int }',
      'type Query { t: T } type T { f(id: ID): Int @requireToken(args: { sub: "id" }) }',
      /@requireToken on T: rule\.args/,
    ],
    [
      "args in a branch on a type",
      'type Query { t: T } type T @requireToken(anyOf: [{ args: { sub: "id" } }]) { f(id: ID): Int }',
      'type Query { t: T } type T @requireToken(anyOf: [{ parent: { sub: "id" } }]) { f(id: ID): Int }',
      /@requireToken on T: rule\.args/,
    ],
    [
      "args on an interface that nothing implements",
      'type Query { a: Int } interface I @requireToken(args: { sub: "id" }) { f(id: ID): Int }',
      "type Query { a: Int } interface I @requireToken { f(id: ID): Int }",
      /@requireToken on I: rule\.args/,
    ],
    [
      "an empty scope on an interface's field that nothing implements",
      'type Query { a: Int } interface I { f: Int @requireToken(scope: "") }',
      'type Query { a: Int } interface I { f: Int @requireToken(scope: "a") }',
      /@requireToken on I\.f: rule\.scope/,
    ],
    [
      "a wrong rule on a type that nothing returns",
      "type Query { a: Int } type T @requireToken(claims: {}) { f: Int }",
      "type Query { a: Int } type T @requireToken(claims: { a: 1 }) { f: Int }",
      /@requireToken on T: rule\.claims/,
    ],
    [
      "onDeny NULL on a non-null field",
      "type Query { f: Int! @requireToken(onDeny: NULL) }",
      "type Query { f: Int @requireToken(onDeny: NULL) }",
      /@requireToken on Query\.f: rule\.onDeny/,
    ],
    [
      "onDeny NULL on a non-null list",
      "type Query { f: [Int]! @requireToken(onDeny: NULL) }",
      "type Query { f: [Int!] @requireToken(onDeny: NULL) }",
      /@requireToken on Query\.f: rule\.onDeny/,
    ],
    [
      "onDeny NULL on a type with a non-null field",
      "type Query { t: T } type T @requireToken(onDeny: NULL) { f: Int! }",
      "type Query { t: T } type T @requireToken(onDeny: NULL) { f: Int }",
      /@requireToken on T: rule\.onDeny/,
    ],
    [
      "onDeny NULL on a type that a non-null field returns",
      "type Query { t: T! } type T @requireToken(onDeny: NULL) { f: Int }",
      "type Query { t: [T!] } type T @requireToken(onDeny: NULL) { f: Int }",
      /@requireToken on T: rule\.onDeny/,
    ],
    [
      "onDeny NULL on an interface's field that a type makes non-null",
      "type Query { t: T } interface I { f: Int @requireToken(onDeny: NULL) } type T implements I { f: Int! }",
      "type Query { t: T } interface I { f: Int @requireToken(onDeny: NULL) } type T implements I { f: Int }",
      /@requireToken on I\.f: rule\.onDeny/,
    ],
    [
      "onDeny NULL on a type behind a union",
      "type Query { u: U } union U = T type T @requireToken(onDeny: NULL) { f: Int }",
      "type Query { u: U } union U = T type T { f: Int @requireToken(onDeny: NULL) }",
      /@requireToken on T: onDeny/,
    ],
    [
      "an interface's args that a type's field does not have in that shape",
      'type Query { t: T } interface I { f(id: ID): Int @requireToken(args: { sub: "user" }) } type T implements I { f(id: ID): Int }',
      'type Query { t: T } interface I { f(id: ID): Int @requireToken(args: { sub: "id" }) } type T implements I { f(id: ID): Int }',
      /@requireToken on I\.f: rule\.args/,
    ],
  ])("%s", (_, wrong, right, message) => {
    expect(() => place(wrong)).toThrow(TypeError);
    expect(() => place(wrong)).toThrow(message);
    expect(() => place(right)).not.toThrow();
  });
});

describe("extensions", () => {
  const extend = (extensions: Record<string, unknown>): GraphQLSchema => {
    const schema = makeExecutableSchema({ typeDefs: [requireToken.typeDefs, "type Query { f(id: ID): Int }"] });
    return requireToken.apply(
      mapSchema(schema, { [MapperKind.OBJECT_FIELD]: (config) => ({ ...config, extensions }) }),
    );
  };

  test.each<[string, unknown, GraphQLRule, RegExp]>([
    ["an explicit undefined", { scope: undefined }, { scope: "a" }, /rule\.scope is undefined/],
    ["an undefined claim", { claims: { a: undefined } }, { claims: { a: 1 } }, /rule\.claims\.a/],
    [
      "an undefined type beside a scope",
      { type: undefined, scope: "a" },
      { type: "auth", scope: "a" },
      /rule\.type is undefined/,
    ],
    ["an undefined key in a branch", { anyOf: [{ scope: undefined }] }, { anyOf: [{ scope: "a" }] }, /rule\.anyOf/],
    ["an unknown key", { scopes: "a" }, { scope: "a" }, /rule\.scopes/],
    ["an empty list", { claims: { a: [] } }, { claims: { a: [1] } }, /rule\.claims\.a/],
    ["a function", { claims: { a: () => 1 } }, { claims: { a: "1" } }, /rule\.claims\.a/],
    ["a date", { claims: { a: new Date(0) } }, { claims: { a: 0 } }, /rule\.claims\.a/],
    ["a bigint", { claims: { a: 1n } }, { claims: { a: 1 } }, /rule\.claims\.a/],
    ["NaN", { claims: { a: Number.NaN } }, { claims: { a: 0 } }, /rule\.claims\.a/],
    ["optional beside a scope", { optional: true, scope: "a" }, { optional: true }, /rule\.optional/],
    ["an unknown onDeny", { onDeny: "HIDE" }, { onDeny: "NULL" }, /rule\.onDeny/],
  ])("refuse %s at once, and where they are written by hand", (_, wrong, right, message) => {
    expect(() => requireToken.extensions(wrong as GraphQLRule)).toThrow(TypeError);
    expect(() => requireToken.extensions(wrong as GraphQLRule)).toThrow(message);
    expect(() => extend({ directives: { requireToken: wrong } })).toThrow(message);
    expect(() => extend({ directives: [{ name: "requireToken", args: wrong }] })).toThrow(message);
    expect(() => extend(requireToken.extensions(right))).not.toThrow();
    expect(() => extend({ directives: [{ name: "requireToken", args: right }] })).not.toThrow();
  });

  test("refuse args that the field does not have where they are applied", () => {
    expect(() => extend(requireToken.extensions({ args: { sub: "user" } }))).toThrow(/no argument "user"/);
    expect(() => extend(requireToken.extensions({ args: { sub: "id" } }))).not.toThrow();
  });

  test("without a rule require a token", () => {
    expect(requireToken.extensions()).toEqual({ directives: { requireToken: [{}] } });
    expect(() => extend(requireToken.extensions())).not.toThrow();
  });
});
