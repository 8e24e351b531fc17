/** Collects the root fields of an operation by response key, as execution does. */
import {
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/**
 * The names of the root fields by response key, after fragments, `@skip` and `@include`.
 * @see GraphQL specification (October 2021), section 6.3.2
 */
export function collectRootFields(info: GraphQLResolveInfo): Map<string, string> {
  const fields = new Map<string, string>();
  collect(info, info.operation.selectionSet, fields, new Set());
  return fields;
}

function collect(
  info: GraphQLResolveInfo,
  set: SelectionSetNode,
  fields: Map<string, string>,
  visited: Set<string>,
): void {
  for (const node of set.selections) {
    if (!isIncluded(info, node)) continue;
    if (node.kind === Kind.FIELD) {
      fields.set(node.alias?.value ?? node.name.value, node.name.value);
      continue;
    }
    const isNamed = node.kind === Kind.FRAGMENT_SPREAD;
    if (isNamed && visited.has(node.name.value)) continue;
    if (isNamed) visited.add(node.name.value);
    const fragment = isNamed ? info.fragments[node.name.value] : node;
    if (fragment && appliesToRoot(info, fragment.typeCondition?.name.value))
      collect(info, fragment.selectionSet, fields, visited);
  }
}

function isIncluded(info: GraphQLResolveInfo, node: SelectionNode): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, info.variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues);
  return skip?.["if"] !== true && include?.["if"] !== false;
}

function appliesToRoot({ schema, operation }: GraphQLResolveInfo, typeName: string | undefined): boolean {
  const rootType = schema.getRootType(operation.operation);
  if (typeName === undefined || typeName === rootType?.name) return true;
  const type = schema.getType(typeName);
  return isAbstractType(type) && rootType != null && schema.isSubType(type, rootType);
}
