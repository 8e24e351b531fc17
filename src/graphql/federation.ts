/** Apollo Federation: the types whose values a client can make up, because nothing looked them up. */
import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isUnionType,
} from "graphql";
import { resolvesByDefault } from "./enforce.ts";

/**
 * The names of entities without `__resolveReference`, which are what the client's representation says they are,
 * and of the types that their fields give without a resolver of their own.
 */
export function typesFilledByClient(schema: GraphQLSchema): ReadonlySet<string> {
  const entities = schema.getType("_Entity");
  const waiting = isUnionType(entities) ? entities.getTypes().filter((type) => !hasResolveReference(type)) : [];
  const found = new Set<string>();
  for (const type of waiting) {
    if (found.has(type.name)) continue;
    found.add(type.name);
    for (const field of Object.values(type.getFields())) {
      if (!resolvesByDefault(field.resolve)) continue;
      const given = getNamedType(field.type);
      if (isObjectType(given)) waiting.push(given);
      else if (isAbstractType(given)) waiting.push(...schema.getPossibleTypes(given));
    }
  }
  return found;
}

function hasResolveReference(type: GraphQLObjectType): boolean {
  const extensions = type.extensions as { apollo?: { subgraph?: { resolveReference?: unknown } } };
  const own = (type as { resolveReference?: unknown }).resolveReference;
  return extensions.apollo?.subgraph?.resolveReference !== undefined || own !== undefined;
}
