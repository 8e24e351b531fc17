/** Finds the guards of each field, and rejects rules in locations where they cannot apply. */
import {
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from "graphql";
import type { Guard } from "../guard.ts";
import { checkLocation } from "./check-location.ts";
import { locationsOf } from "./directive-locations.ts";
import { typesFilledByClient } from "./federation.ts";
import { placing, readGuards } from "./read-guards.ts";

/** The guards of a schema by type and field. */
export interface FieldGuards {
  /** The guards that run before the field of an object type resolves. */
  field(type: GraphQLObjectType, fieldName: string): readonly Guard[];
  /** The guards that run once the type of a value of an interface or union is known. */
  runtimeType(abstract: GraphQLAbstractType, typeName: string): readonly Guard[];
}

type AnyField = GraphQLField<unknown, unknown>;
type TypeWithFields = GraphQLObjectType | GraphQLInterfaceType;

/** Reads the guards of `@directive` in a schema. Throws a `TypeError` that names the location. */
export function readFieldGuards(schema: GraphQLSchema, directive: string): FieldGuards {
  const ownOfType = memoize((type: TypeWithFields) =>
    readGuards(type, type.name, directive, {
      refuse: { args: "cannot be used on a type, which has no arguments; use it on fields" },
    }),
  );
  const ownOfField = memoize((field: AnyField, origin: string) => readGuards(field, origin, directive, {}));
  const ofType = memoize((type: TypeWithFields) => [type, ...type.getInterfaces()].flatMap((one) => ownOfType(one)));

  /** The guards of a type that can run before the value is known. */
  const beforeValue = (type: GraphQLNamedType): readonly Guard[] =>
    isObjectType(type) || isInterfaceType(type) ? ofType(type).filter((guard) => !guard.plan.usesParent) : [];

  const filledByClient = typesFilledByClient(schema);

  const coverField = memoize((field: AnyField, _name: string, type: GraphQLObjectType): readonly Guard[] => {
    const fromInterfaces = type.getInterfaces().flatMap((one) => {
      const same = one.getFields()[field.name];
      return same ? ownOfField(same, `${one.name}.${field.name}`) : [];
    });
    const guards = [
      ...(isServiceField(schema, type, field) ? [] : ofType(type)),
      ...fromInterfaces,
      ...ownOfField(field, `${type.name}.${field.name}`),
      ...beforeValue(getNamedType(field.type)),
    ];
    const unique = [...new Set(guards)];
    for (const guard of unique)
      placing(directive, guard.origin, () => checkLocation(filledByClient, guard, type, field));
    return unique;
  });

  const fieldGuards: FieldGuards = {
    field: (type, fieldName) => coverField(type.getFields()[fieldName] as AnyField, fieldName, type),
    runtimeType(abstract, typeName) {
      const type = schema.getType(typeName);
      if (!isObjectType(type)) return [];
      const known = beforeValue(abstract);
      return beforeValue(type).filter((guard) => !known.includes(guard));
    },
  };
  checkSchema(schema, directive, fieldGuards, ownOfType, ownOfField);
  return fieldGuards;
}

/** The guards of all types that a value of an interface or union can have. */
export function guardsBehind(schema: GraphQLSchema, fieldGuards: FieldGuards, type: GraphQLAbstractType): Guard[] {
  return schema.getPossibleTypes(type).flatMap(({ name }) => fieldGuards.runtimeType(type, name));
}

/** Every object type of a schema, except those of introspection. */
export function objectTypesOf(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith("__"),
  ) as GraphQLObjectType[];
}

/** Every interface and union of a schema. */
export function abstractTypesOf(schema: GraphQLSchema): GraphQLAbstractType[] {
  return Object.values(schema.getTypeMap()).filter((type): type is GraphQLAbstractType => isAbstractType(type));
}

// Reads every location once, to reject an invalid rule even on a type that no field returns.
function checkSchema(
  schema: GraphQLSchema,
  directive: string,
  fieldGuards: FieldGuards,
  ownOfType: (type: TypeWithFields) => readonly Guard[],
  ownOfField: (field: AnyField, origin: string) => readonly Guard[],
): void {
  const returned = new Set<GraphQLNamedType>();
  for (const type of objectTypesOf(schema)) {
    for (const field of Object.values(type.getFields())) {
      fieldGuards.field(type, field.name);
      returned.add(getNamedType(field.type));
    }
  }
  for (const { carrier, origin, canBeGuarded } of locationsOf(schema)) {
    if (canBeGuarded || readGuards(carrier, origin, directive, {}).length === 0) continue;
    placing(directive, origin, () => {
      throw new TypeError("a rule must be on a field, an object type or an interface");
    });
  }
  for (const type of abstractTypesOf(schema)) {
    if (isInterfaceType(type)) {
      ownOfType(type);
      for (const field of Object.values(type.getFields())) ownOfField(field, `${type.name}.${field.name}`);
    }
    if (!returned.has(type)) continue;
    for (const { name } of schema.getPossibleTypes(type)) {
      const hidden = fieldGuards.runtimeType(type, name).find((guard) => guard.onDeny === "NULL");
      if (!hidden) continue;
      const kind = isUnionType(type) ? "union" : "interface";
      placing(directive, hidden.origin, () => {
        throw new TypeError(
          `onDeny: NULL cannot apply to values of the ${kind} ${type.name}, which cannot become null; put it on fields`,
        );
      });
    }
  }
}

// A federation gateway reads the schema from this field. As with introspection, a rule on the root
// type does not cover it.
function isServiceField(schema: GraphQLSchema, type: GraphQLObjectType, field: AnyField): boolean {
  return type === schema.getQueryType() && field.name === "_service" && getNamedType(field.type).name === "_Service";
}

/** Caches the result by the first argument. */
function memoize<K extends object, A extends unknown[], R>(make: (key: K, ...rest: A) => R): (key: K, ...rest: A) => R {
  const known = new Map<K, R>();
  return (key, ...rest) => {
    if (!known.has(key)) known.set(key, make(key, ...rest));
    return known.get(key) as R;
  };
}
