/** Apollo Federation: no rule trusts the values that a client sends as representations. */
import {
  defaultFieldResolver,
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isUnionType,
} from "graphql";
import { authIn } from "../../core/request/auth-in.ts";
import type { RequestGate } from "../../core/request/request-gate.ts";
import { andThen } from "../../core/util/promises/maybe-promise.ts";
import { resolvesByDefault } from "../guard.ts";

// The directives of Apollo Federation 2, and `@link`, which imports them.
const DIRECTIVES =
  /^(link|key|requires|provides|external|tag|extends|shareable|inaccessible|override|composeDirective|interfaceObject|authenticated|requiresScopes|policy|context|fromContext|cost|listSize|cacheTag|federation__.+)$/;

/** Whether a subgraph may use this directive undeclared, as code-first builders do. */
export function isFederationDirective(schema: GraphQLSchema, name: string): boolean {
  return DIRECTIVES.test(name) && isObjectType(schema.getType("_Service"));
}

/** The extensions in which `@apollo/subgraph` keeps `__resolveReference`. */
interface EntityExtensions {
  readonly apollo?: { readonly subgraph?: { readonly resolveReference?: ResolveReference } };
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;
type ResolveReference = (reference: unknown, context: unknown, ...rest: readonly unknown[]) => unknown;

const DISTRUSTING: unique symbol = Symbol.for("claimgate.distrusting") as never;

/**
 * The names of the types whose values come from the client's representation. These are entities
 * without `__resolveReference`, and the types of their fields without a resolver.
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

/**
 * Whether this is the field from which a federation gateway queries entities. Any client can send
 * representations to it.
 */
export function isEntitiesField(schema: GraphQLSchema, typeName: string, fieldName: string): boolean {
  if (fieldName !== "_entities" || typeName !== schema.getQueryType()?.name) return false;
  const field = schema.getQueryType()?.getFields()[fieldName];
  return field !== undefined && getNamedType(field.type).name === "_Entity";
}

/**
 * Returns a resolver of the entities field that distrusts the representations. No rule then accepts
 * one as a parent, even if the entity is the representation itself.
 */
export function distrustRepresentations(original: Resolver = defaultFieldResolver): Resolver {
  return distrusting(original, (source, args, context, info) => {
    authIn(context)?.["~gate"].distrust(args["representations"]);
    return original(source, args, context, info);
  });
}

/**
 * Returns the extensions of an entity, with a `__resolveReference` that distrusts a result which is
 * the representation itself. Returns `undefined` if the entity has no `__resolveReference`.
 */
export function distrustReference(
  type: GraphQLObjectType | GraphQLAbstractType,
): Readonly<Record<string, unknown>> | undefined {
  const { apollo } = type.extensions as EntityExtensions;
  const original = apollo?.subgraph?.resolveReference;
  if (original === undefined) return undefined;
  // A variable can repeat one representation many times, so each request copies it once.
  const echoesOf = new WeakMap<RequestGate, WeakMap<object, object>>();
  const resolveReference = distrusting(original, (reference, context, ...rest) => {
    const gate = authIn(context)?.["~gate"];
    gate?.distrust(reference);
    return andThen(original(reference, context, ...rest), (entity) =>
      gate?.isMadeByClient(entity) ? echo(entity as object, gate) : entity,
    );
  });
  const echo = (entity: object, gate: RequestGate): object => {
    const echoes = echoesOf.get(gate) ?? new WeakMap<object, object>();
    echoesOf.set(gate, echoes);
    const known = echoes.get(entity);
    if (known) return known;
    const made = echoOf(entity, type);
    gate.distrust(made);
    echoes.set(entity, made);
    return made;
  };
  return { ...type.extensions, apollo: { ...apollo, subgraph: { ...apollo?.subgraph, resolveReference } } };
}

// Federation copies an entity whose `__typename` differs from the type, and rules would trust that
// copy. So this copy omits `__typename`, unless federation needs it to resolve the type.
function echoOf(entity: object, type: GraphQLObjectType | GraphQLAbstractType): object {
  const { __typename: given, ...echo } = entity as { readonly __typename?: unknown };
  const isNamedByClient = isAbstractType(type) && !type.resolveType && given !== undefined;
  return isNamedByClient ? { ...echo, __typename: given } : echo;
}

// Wraps a resolver only once, even if `apply` gets its own result.
function distrusting<F extends object>(original: F, wrapper: F): F {
  if (Object.hasOwn(original, DISTRUSTING)) return original;
  return Object.defineProperty(wrapper, DISTRUSTING, { value: true });
}

function hasResolveReference(type: GraphQLObjectType): boolean {
  return (type.extensions as EntityExtensions).apollo?.subgraph?.resolveReference !== undefined;
}
