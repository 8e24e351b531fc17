/** Tells, before an operation runs, for which tokens its fields may ask: one plan for each place that a token is read from. */
import {
  type ConstValueNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { Plan } from "../core/rules/compile.ts";
import { guardsOf } from "./enforce.ts";

/** An operation, as servers are asked for it. */
export interface OperationArgs {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Reads operations, and remembers what it read for as long as the server remembers their documents. */
export function createPlanReader(): (args: OperationArgs) => readonly Plan[] {
  const bySchema = new WeakMap<GraphQLSchema, WeakMap<OperationDefinitionNode, Reading>>();
  return (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return [];
    let known = bySchema.get(args.schema);
    if (!known) bySchema.set(args.schema, (known = new WeakMap()));
    let reading = known.get(operation);
    if (!reading) known.set(operation, (reading = readOperation(args, operation, undefined)));
    // What a variable takes out asks for nothing.
    return reading.isConditional ? readOperation(args, operation, args.variableValues ?? {}).plans : reading.plans;
  };
}

interface Reading {
  readonly plans: readonly Plan[];
  /** Whether variables decide about a part of it. */
  readonly isConditional: boolean;
}

/** A walk through an operation. Without `variables` it enters what they decide about. */
interface Walk {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly bySlot: Map<number, Plan>;
  /** Fragments, each with the types it was spread on. */
  readonly visited: Set<string>;
  isConditional: boolean;
}

type Types = readonly GraphQLObjectType[];

function readOperation(
  { schema, document }: OperationArgs,
  operation: OperationDefinitionNode,
  variables: Walk["variables"],
): Reading {
  const bySlot = new Map<number, Plan>();
  const walk: Walk = { schema, document, operation, variables, bySlot, visited: new Set(), isConditional: false };
  const root = schema.getRootType(operation.operation);
  if (root) enterSet(walk, operation.selectionSet, [root]);
  return { plans: [...bySlot.values()], isConditional: walk.isConditional && bySlot.size > 0 };
}

function enterSet(walk: Walk, set: SelectionSetNode, types: Types): void {
  if (types.length === 0) return;
  for (const node of set.selections) {
    if (!isIncluded(walk, node)) continue;
    if (node.kind === Kind.FIELD) enterField(walk, node, types);
    else if (node.kind === Kind.INLINE_FRAGMENT)
      enterSet(walk, node.selectionSet, narrow(walk, types, node.typeCondition?.name.value));
    else enterFragment(walk, node.name.value, types);
  }
}

function enterFragment(walk: Walk, name: string, types: Types): void {
  const key = [name, ...types.map((type) => type.name)].join(" ");
  if (walk.visited.has(key)) return;
  walk.visited.add(key);
  for (const definition of walk.document.definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION || definition.name.value !== name) continue;
    enterSet(walk, definition.selectionSet, narrow(walk, types, definition.typeCondition.name.value));
  }
}

function enterField(walk: Walk, node: FieldNode, types: Types): void {
  // Entered once, for all types that the field may give: once for each would double with every level.
  const given = new Set<GraphQLObjectType>();
  for (const type of types) {
    const field = type.getFields()[node.name.value];
    if (!field) continue;
    note(walk, field.resolve);
    const returned = getNamedType(field.type);
    if (isAbstractType(returned)) note(walk, returned.resolveType);
    for (const one of typesOf(walk.schema, returned)) given.add(one);
  }
  if (node.selectionSet) enterSet(walk, node.selectionSet, [...given]);
}

function note(walk: Walk, resolver: object | null | undefined): void {
  for (const { plan } of guardsOf(resolver)) if (!walk.bySlot.has(plan.slot)) walk.bySlot.set(plan.slot, plan);
}

function narrow(walk: Walk, types: Types, condition: string | undefined): Types {
  if (condition === undefined) return types;
  const type = walk.schema.getType(condition);
  const allowed = type ? typesOf(walk.schema, type) : [];
  return types.filter((one) => allowed.includes(one));
}

function typesOf(schema: GraphQLSchema, type: GraphQLNamedType): Types {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}

function isIncluded(walk: Walk, { directives = [] }: SelectionNode): boolean {
  return directives.every((directive) => {
    const { value: name } = directive.name;
    if (name !== "skip" && name !== "include") return true;
    const condition = conditionOf(walk, directive);
    return condition === undefined || condition === (name === "include");
  });
}

/** `undefined` where it is not known, and so the selection may be there. */
function conditionOf(walk: Walk, directive: DirectiveNode): boolean | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === "if")?.value;
  if (value?.kind === Kind.BOOLEAN) return value.value;
  if (value?.kind !== Kind.VARIABLE) return undefined;
  walk.isConditional = true;
  if (!walk.variables) return undefined;
  const name = value.name.value;
  const given = Object.hasOwn(walk.variables, name) ? walk.variables[name] : defaultOf(walk.operation, name);
  return typeof given === "boolean" ? given : undefined;
}

function defaultOf({ variableDefinitions = [] }: OperationDefinitionNode, name: string): unknown {
  const value: ConstValueNode | undefined = variableDefinitions.find(
    ({ variable }) => variable.name.value === name,
  )?.defaultValue;
  return value?.kind === Kind.BOOLEAN ? value.value : undefined;
}
