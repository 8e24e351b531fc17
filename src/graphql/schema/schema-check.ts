/** Checks that a schema has the guards of its directives. */
import type { GraphQLSchema } from "graphql";
import { withErrorContext } from "../../core/util/error-context.ts";
import { reportMisuse } from "../execution/report-misuse.ts";
import { isGuardedBy, keyOf } from "../guard.ts";
import { abstractTypesOf, guardsBehind, objectTypesOf, readFieldGuards } from "./field-guards.ts";
import { DEFAULT_DIRECTIVE, ownDirectives } from "./own-directives.ts";

/** Throws a `TypeError` for a schema with an unguarded field or type. Checks each schema once. */
export type SchemaCheck = (schema: GraphQLSchema, isServing: boolean) => void;

/**
 * Creates the check of `@directive` and of each other directive of ours in the schema. While a
 * server is serving, which masks errors, the check also reports the error as a process warning.
 */
export function createSchemaCheck(directive: string = DEFAULT_DIRECTIVE): SchemaCheck {
  const guarded = new WeakSet<GraphQLSchema>();
  return (schema, isServing) => {
    if (guarded.has(schema)) return;
    withErrorContext(
      () => {
        for (const name of new Set([directive, ...ownDirectives(schema)])) assertGuarded(schema, name);
      },
      (error) => (isServing && error instanceof TypeError ? reportMisuse(schema, error) : error),
    );
    guarded.add(schema);
  };
}

/** Throws a `TypeError` for the first field or type under `@directive` that has no guard. */
function assertGuarded(schema: GraphQLSchema, directive: string): void {
  const fieldGuards = readFieldGuards(schema, directive);
  const subscriptionName = schema.getSubscriptionType()?.name;
  for (const type of objectTypesOf(schema)) {
    for (const field of Object.values(type.getFields())) {
      const key = keyOf(fieldGuards.field(type, field.name));
      if (key === "") continue;
      const isOpen =
        !isGuardedBy(field.resolve, key) || (type.name === subscriptionName && !isGuardedBy(field.subscribe, key));
      if (isOpen) refuseSchema(directive, `${type.name}.${field.name}`);
    }
  }
  for (const type of abstractTypesOf(schema)) {
    const key = keyOf(guardsBehind(schema, fieldGuards, type));
    if (key !== "" && !isGuardedBy(type.resolveType, key)) refuseSchema(directive, type.name);
  }
}

function refuseSchema(directive: string, place: string): never {
  throw new TypeError(
    `@${directive} covers ${place}, but nothing guards it. ` +
      "Call apply after every other change of the schema, and serve the schema that it returns. " +
      "A schema function returns it too: schema: () => directive.apply(...). " +
      "A server that wraps resolvers, as Apollo Server does, changes the schema: call createGraphQLContext before it starts",
  );
}
