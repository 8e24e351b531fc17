/** A schema does not build with a directive at a meaningless location or with a malformed one. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { MapperKind, mapSchema } from "@graphql-tools/utils";
import { type GraphQLRule, requireTokenDirective } from "claimgate/graphql";
import { buildASTSchema, type GraphQLSchema, parse } from "graphql";
import { describe, expect, test } from "vitest";

const requireToken = requireTokenDirective();

describe("a malformed directive", () => {
  test.each([
    ["an unknown argument", '@requireToken(roles: "a")', '@requireToken(scope: "a")'],
    ["an argument given twice", '@requireToken(scope: "a", scope: "b")', '@requireToken(scope: "a")'],
    ["a key given twice", "@requireToken(claims: { a: 1, a: 2 })", "@requireToken(claims: { a: 1, b: 2 })"],
    ["an argument of another type", "@requireToken(optional: 1)", "@requireToken(optional: true)"],
    ["an unknown onDeny", "@requireToken(onDeny: HIDE)", "@requireToken(onDeny: ERROR)"],
  ])("is rejected by GraphQL's validation: %s", (_, wrong, right) => {
    const sdl = (directive: string): string => `${requireToken.typeDefs} type Query { f: Int ${directive} }`;
    const strict = (directive: string): GraphQLSchema => requireToken.apply(buildASTSchema(parse(sdl(directive))));
    expect(() => strict(wrong)).toThrow();
    expect(() => strict(right)).not.toThrow();
  });

  test.each([
    ["an unknown argument", '@requireToken(roles: "a")', /rule\.roles/],
    ["an argument given twice", '@requireToken(scope: "a", scope: "b")', /rule\.scope must not be given twice/],
    [
      "a nested key given twice",
      "@requireToken(scope: { a: { b: 1, b: 1 } })",
      /rule\.scope\.a\.b must not be given twice/,
    ],
    ["an argument of another type", "@requireToken(optional: 1)", /rule\.optional/],
    ["an unknown onDeny", "@requireToken(onDeny: HIDE)", /rule\.onDeny/],
  ])("is also rejected without GraphQL's validation: %s", (_, directive, key) => {
    const sdl = `${requireToken.typeDefs} type Query { f: Int ${directive} }`;
    const unchecked = (): GraphQLSchema => buildASTSchema(parse(sdl), { assumeValidSDL: true });
    expect(unchecked).not.toThrow();
    expect(() => requireToken.apply(unchecked())).toThrow(key);
  });
});

describe("apply rejects", () => {
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
      "args on an interface without an implementing type",
      'type Query { a: Int } interface I @requireToken(args: { sub: "id" }) { f(id: ID): Int }',
      "type Query { a: Int } interface I @requireToken { f(id: ID): Int }",
      /@requireToken on I: rule\.args/,
    ],
    [
      "an empty scope on a field of an interface without an implementing type",
      'type Query { a: Int } interface I { f: Int @requireToken(scope: "") }',
      'type Query { a: Int } interface I { f: Int @requireToken(scope: "a") }',
      /@requireToken on I\.f: rule\.scope/,
    ],
    [
      "an invalid rule on a type that no field returns",
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
      "onDeny NULL on an interface's field that an implementing type makes non-null",
      "type Query { t: T } interface I { f: Int @requireToken(onDeny: NULL) } type T implements I { f: Int! }",
      "type Query { t: T } interface I { f: Int @requireToken(onDeny: NULL) } type T implements I { f: Int }",
      /@requireToken on I\.f: rule\.onDeny/,
    ],
    [
      "onDeny NULL on a member type of a union",
      "type Query { u: U } union U = T type T @requireToken(onDeny: NULL) { f: Int }",
      "type Query { u: U } union U = T type T { f: Int @requireToken(onDeny: NULL) }",
      /@requireToken on T: onDeny/,
    ],
    [
      "args on an interface's field with a name that the implementing type's field lacks",
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

describe("a rule in extensions", () => {
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
  ])("with %s is rejected by extensions() and by apply", (_, wrong, right, message) => {
    expect(() => requireToken.extensions(wrong as GraphQLRule)).toThrow(TypeError);
    expect(() => requireToken.extensions(wrong as GraphQLRule)).toThrow(message);
    expect(() => extend({ directives: { requireToken: wrong } })).toThrow(message);
    expect(() => extend({ directives: [{ name: "requireToken", args: wrong }] })).toThrow(message);
    expect(() => extend(requireToken.extensions(right))).not.toThrow();
    expect(() => extend({ directives: [{ name: "requireToken", args: right }] })).not.toThrow();
  });

  test("with args that the field does not have is rejected by apply", () => {
    expect(() => extend(requireToken.extensions({ args: { sub: "user" } }))).toThrow(/no argument "user"/);
    expect(() => extend(requireToken.extensions({ args: { sub: "id" } }))).not.toThrow();
  });

  test("that is empty requires a token", () => {
    expect(requireToken.extensions()).toEqual({ directives: { requireToken: [{}] } });
    expect(() => extend(requireToken.extensions())).not.toThrow();
  });
});
