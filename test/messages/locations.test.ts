/** A rule in the extensions of what cannot have guards is rejected, and names its place. */
import { requireTokenDirective } from "claimgate/graphql";
import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLUnionType,
} from "graphql";
import { describe, expect, it } from "vitest";

const directive = requireTokenDirective();
const RULE = { directives: { requireToken: { scope: "a" } } };

/** A schema with every kind of location, and the rule in the one of this name. */
function schemaWithRuleOn(place: string): GraphQLSchema {
  const at = (name: string): object => (name === place ? { extensions: RULE } : {});
  const Thing = new GraphQLObjectType({ name: "Thing", fields: { id: { type: GraphQLInt } }, ...at("Thing") });
  const Any = new GraphQLUnionType({ name: "Any", types: [Thing], ...at("Any") });
  const Time = new GraphQLScalarType({ name: "Time", ...at("Time") });
  const Kind = new GraphQLEnumType({ name: "Kind", values: { A: { ...at("Kind.A") } }, ...at("Kind") });
  const fields = { kind: { type: Kind, ...at("Filter.kind") } };
  const Filter = new GraphQLInputObjectType({ name: "Filter", fields, ...at("Filter") });
  const args = { filter: { type: Filter, ...at("Query.any(filter)") } };
  const query = new GraphQLObjectType({
    name: "Query",
    fields: { any: { type: Any, args, ...at("Query.any") }, time: { type: Time } },
    ...at("Query"),
  });
  return new GraphQLSchema({ query, ...at("schema") });
}

describe("a rule on", () => {
  it.each([
    "schema",
    "Any",
    "Time",
    "Kind",
    "Kind.A",
    "Filter",
    "Filter.kind",
    "Query.any(filter)",
  ])("%s is rejected when the schema is built", (place) => {
    expect(() => directive.apply(schemaWithRuleOn(place))).toThrow(
      new TypeError(`@requireToken on ${place}: a rule must be on a field, an object type or an interface`),
    );
  });

  it.each(["Thing", "Query", "Query.any", "nothing"])("%s is accepted", (place) => {
    expect(() => directive.apply(schemaWithRuleOn(place))).not.toThrow();
  });
});
