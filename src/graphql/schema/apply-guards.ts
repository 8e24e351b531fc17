/** Adds the guards to the resolvers of a schema. */
import { MapperKind, mapSchema } from "@graphql-tools/utils";
import {
  type GraphQLAbstractType,
  type GraphQLFieldConfig,
  GraphQLInterfaceType,
  GraphQLObjectType,
  type GraphQLSchema,
  GraphQLUnionType,
  isInterfaceType,
  isObjectType,
} from "graphql";
import { createGuardSets, type GuardSet } from "../execution/guard-set.ts";
import { guardResolver, guardSubscriber, guardTypeResolver } from "../execution/guarded-resolvers.ts";
import { isGuarded, isGuardedBy, keyOf, markGuarded } from "../guard.ts";
import { distrustReference, distrustRepresentations, isEntitiesField } from "./federation.ts";
import { type FieldGuards, guardsBehind, readFieldGuards } from "./field-guards.ts";

type FieldConfig = GraphQLFieldConfig<unknown, unknown>;

/**
 * Returns a copy of `schema` in which every covered field is guarded. A field that is already
 * guarded does not change. Throws a `TypeError` that names the location.
 */
export function applyGuards(schema: GraphQLSchema, directive: string): GraphQLSchema {
  const fieldGuards = readFieldGuards(schema, directive);
  const makeSet = createGuardSets();
  const subscriptionName = schema.getSubscriptionType()?.name;
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (config, fieldName, typeName) => {
      const type = schema.getType(typeName);
      const guards = isObjectType(type) ? fieldGuards.field(type, fieldName) : [];
      const given = config as FieldConfig;
      // The guards run first: a rejected request never reaches the representations.
      const distrusting =
        isEntitiesField(schema, typeName, fieldName) && !isGuarded(given.resolve)
          ? { ...given, resolve: distrustRepresentations(given.resolve) }
          : undefined;
      if (guards.length === 0) return distrusting;
      return guardField(distrusting ?? given, makeSet(guards), typeName === subscriptionName);
    },
    [MapperKind.OBJECT_TYPE]: (type) => {
      const extensions = distrustReference(type);
      return extensions && new GraphQLObjectType({ ...type.toConfig(), extensions });
    },
    [MapperKind.ABSTRACT_TYPE]: (type) => guardAbstractType(schema, fieldGuards, type),
  });
}

function guardField(config: FieldConfig, guards: GuardSet, isSubscription: boolean): FieldConfig {
  const key = keyOf(guards.guards);
  const guarded = { ...config };
  if (!isGuardedBy(config.resolve, key))
    guarded.resolve = markGuarded(guardResolver(config.resolve, guards), key, config.resolve);
  if (isSubscription && !isGuardedBy(config.subscribe, key))
    guarded.subscribe = markGuarded(guardSubscriber(config.subscribe, guards), key, config.subscribe);
  return guarded;
}

function guardAbstractType(
  schema: GraphQLSchema,
  fieldGuards: FieldGuards,
  type: GraphQLAbstractType,
): GraphQLAbstractType | undefined {
  const key = keyOf(guardsBehind(schema, fieldGuards, type));
  const extensions = distrustReference(type);
  if (key === "" || isGuardedBy(type.resolveType, key))
    return extensions && isInterfaceType(type)
      ? new GraphQLInterfaceType({ ...type.toConfig(), extensions })
      : undefined;
  const byName = new Map(schema.getPossibleTypes(type).map(({ name }) => [name, fieldGuards.runtimeType(type, name)]));
  const guarded = guardTypeResolver(type.resolveType ?? undefined, byName);
  const resolveType = markGuarded(guarded, key, type.resolveType);
  return isInterfaceType(type)
    ? new GraphQLInterfaceType({ ...type.toConfig(), ...(extensions ? { extensions } : {}), resolveType })
    : new GraphQLUnionType({ ...type.toConfig(), resolveType });
}
