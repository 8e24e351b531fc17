/** Checks that a rule can apply to a field under the directive. */
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
} from "graphql";
import type { Guard } from "../guard.ts";

type AnyField = GraphQLField<unknown, unknown>;

/** Throws a `TypeError` if the rule cannot apply to this field. */
export function checkLocation(
  filledByClient: ReadonlySet<string>,
  guard: Guard,
  type: GraphQLObjectType,
  field: AnyField,
): void {
  const place = `${type.name}.${field.name}`;
  if (guard.onDeny === "NULL" && isNonNullType(field.type))
    throw new TypeError(`rule.onDeny cannot be NULL: ${place} is not nullable. Use ERROR, or make the field nullable`);
  if (guard.plan.usesParent && filledByClient.has(type.name)) {
    throw new TypeError(
      `rule.parent cannot be checked: a client's representation fills ${type.name}. Add __resolveReference to the entity`,
    );
  }
  for (const path of guard.plan.argPaths) checkArgPath(path, field, place);
}

function checkArgPath(path: readonly string[], field: AnyField, place: string): void {
  const shown = path.join(".");
  const [first, ...rest] = path;
  let type: GraphQLInputType | undefined = field.args.find((arg) => arg.name === first)?.type;
  for (const key of rest) {
    const outer: GraphQLInputType | undefined = type && getNullableType(type);
    // The value of a custom scalar is known only at run time. The guard rejects an absent path.
    if (isScalarType(outer) && !isSpecifiedScalarType(outer)) return;
    type = isInputObjectType(outer) ? outer.getFields()[key]?.type : undefined;
  }
  if (type === undefined)
    throw new TypeError(`rule.args: ${place} has no argument "${shown}"; correct the path or add it`);
  if (!isLeafType(getNullableType(type)))
    throw new TypeError(
      `rule.args: the argument "${shown}" of ${place} is not a scalar; name a scalar argument or input field`,
    );
}
