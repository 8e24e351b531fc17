/** Puts the guards into a schema, and tells whether a schema has them. */
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
import { guardResolver, guardSubscriber, guardTypeResolver } from "../execution/guard-resolvers.ts";
import { createGuardSets, type GuardSet } from "../execution/guard-set.ts";
import { isGuarded, isGuardedBy, keyOf, markGuarded } from "../guard.ts";
import { distrustReference, distrustRepresentations, isEntitiesField } from "./federation.ts";
import { abstractTypesOf, type FieldGuards, objectTypesOf, readFieldGuards } from "./field-guards.ts";

type FieldConfig = GraphQLFieldConfig<unknown, unknown>;

/** A copy of `schema` whose covered fields are guarded; those that are already stay as they are. Throws `TypeError` that names the place. */
export function applyGuards(schema: GraphQLSchema, directive: string): GraphQLSchema {
  const fieldGuards = readFieldGuards(schema, directive);
  const makeSet = createGuardSets();
  const subscriptionName = schema.getSubscriptionType()?.name;
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (config, fieldName, typeName) => {
      const type = schema.getType(typeName);
      const guards = isObjectType(type) ? fieldGuards.field(type, fieldName) : [];
      const given = config as FieldConfig;
      // The guards stand outside: what they refuse is not looked at.
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

/** Throws `TypeError` that names the first place which `@directive` covers and no guard stands before. */
export function assertGuarded(schema: GraphQLSchema, directive: string): void {
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
    const key = abstractKey(schema, fieldGuards, type);
    if (key !== "" && !isGuardedBy(type.resolveType, key)) refuseSchema(directive, type.name);
  }
}

function refuseSchema(directive: string, place: string): never {
  throw new TypeError(
    `@${directive} covers ${place}, but nothing guards it: call apply on the schema, after everything else that changes it (a server that wrapped its resolvers, as Apollo Server does, changed it)`,
  );
}

function guardField(config: FieldConfig, guards: GuardSet, isSubscription: boolean): FieldConfig {
  const key = keyOf(guards.guards);
  const guarded = { ...config };
  if (!isGuardedBy(config.resolve, key)) guarded.resolve = markGuarded(guardResolver(config.resolve, guards), key);
  if (isSubscription && !isGuardedBy(config.subscribe, key))
    guarded.subscribe = markGuarded(guardSubscriber(config.subscribe, guards), key);
  return guarded;
}

function guardAbstractType(
  schema: GraphQLSchema,
  fieldGuards: FieldGuards,
  type: GraphQLAbstractType,
): GraphQLAbstractType | undefined {
  const key = abstractKey(schema, fieldGuards, type);
  const extensions = distrustReference(type);
  if (key === "" || isGuardedBy(type.resolveType, key))
    return extensions && isInterfaceType(type)
      ? new GraphQLInterfaceType({ ...type.toConfig(), extensions })
      : undefined;
  const byName = new Map(schema.getPossibleTypes(type).map(({ name }) => [name, fieldGuards.runtimeType(type, name)]));
  const resolveType = markGuarded(guardTypeResolver(type.resolveType ?? undefined, byName), key);
  return isInterfaceType(type)
    ? new GraphQLInterfaceType({ ...type.toConfig(), ...(extensions ? { extensions } : {}), resolveType })
    : new GraphQLUnionType({ ...type.toConfig(), resolveType });
}

function abstractKey(schema: GraphQLSchema, fieldGuards: FieldGuards, type: GraphQLAbstractType): string {
  return keyOf(schema.getPossibleTypes(type).flatMap(({ name }) => fieldGuards.runtimeType(type, name)));
}
