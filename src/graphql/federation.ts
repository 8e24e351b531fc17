/** Apollo Federation: the values that a client can make up, because nothing looked them up. */
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isUnionType,
} from "graphql";
import type { RequestAuth } from "../core/request-auth.ts";
import type { RequestGate } from "../core/request-gate.ts";
import { resolvesByDefault } from "./enforce.ts";

/** Where `@apollo/subgraph` keeps `__resolveReference`. */
interface EntityExtensions {
  readonly apollo?: { readonly subgraph?: { readonly resolveReference?: ResolveReference } };
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type ResolveReference = (reference: unknown, context: unknown, ...rest: readonly unknown[]) => unknown;

const DISTRUSTING: unique symbol = Symbol.for("claimgate.distrusting") as never;

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

/** Whether this is the field by which federation's gateway asks for entities, with representations that any client can send as well. */
export function isEntitiesField(schema: GraphQLSchema, typeName: string, fieldName: string): boolean {
  if (fieldName !== "_entities" || typeName !== schema.getQueryType()?.name) return false;
  const field = schema.getQueryType()?.getFields()[fieldName];
  return field !== undefined && getNamedType(field.type).name === "_Entity";
}

/** The resolver of that field, after which no representation is trusted as a parent, also where it is handed on as the entity. */
export function distrustRepresentations(original: Resolver = defaultFieldResolver): Resolver {
  return distrusting(original, (source, args, context, info) => {
    gateOf(context)?.distrust(args["representations"]);
    return original(source, args, context, info);
  });
}

/** The extensions of an entity whose `__resolveReference` may give its argument back, which is then not trusted either. */
export function distrustReference(extensions: object): Readonly<Record<string, unknown>> | undefined {
  const { apollo } = extensions as EntityExtensions;
  const original = apollo?.subgraph?.resolveReference;
  if (original === undefined) return undefined;
  const resolveReference = distrusting(original, (reference, context, ...rest) => {
    gateOf(context)?.distrust(reference);
    return original(reference, context, ...rest);
  });
  return { ...extensions, apollo: { ...apollo, subgraph: { ...apollo?.subgraph, resolveReference } } };
}

// Done once only, so that a schema may be gone through again.
function distrusting<F extends object>(original: F, wrapper: F): F {
  if (Object.hasOwn(original, DISTRUSTING)) return original;
  return Object.defineProperty(wrapper, DISTRUSTING, { value: true });
}

function gateOf(context: unknown): RequestGate | undefined {
  return (context as { auth?: RequestAuth } | null | undefined)?.auth?.["~gate"];
}

function hasResolveReference(type: GraphQLObjectType): boolean {
  return (type.extensions as EntityExtensions).apollo?.subgraph?.resolveReference !== undefined;
}
