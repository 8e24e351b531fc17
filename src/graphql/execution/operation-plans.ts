/** Finds the tokens that an operation may need before it executes: one plan for each slot. */
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
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
import type { Plan } from "../../core/rules/compile.ts";
import { guardsOf } from "../guard.ts";

/** An operation of a request. */
export interface OperationArgs {
  /** The schema that executes it. */
  readonly schema: GraphQLSchema;
  /** The parsed document. */
  readonly document: DocumentNode;
  /**
   * The name of the operation. A document with several operations needs it.
   * @default the only operation
   */
  readonly operationName?: string | null | undefined;
  /**
   * The variables. Their values in `@skip` and `@include` decide which fields need a token.
   * @default none
   */
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * Creates a function that finds the plans of an operation. It remembers them as long as the server
 * keeps the document.
 */
export function createPlanReader(): (args: OperationArgs) => readonly Plan[] {
  const bySchema = new WeakMap<GraphQLSchema, WeakMap<OperationDefinitionNode, Reading>>();
  return (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return [];
    let known = bySchema.get(args.schema);
    if (!known) bySchema.set(args.schema, (known = new WeakMap()));
    let reading = known.get(operation);
    if (!reading) known.set(operation, (reading = new OperationWalk(args, operation, undefined).read()));
    return reading.conditions.length === 0 ? reading.plans : plansUnder(reading, args, operation);
  };
}

interface Reading {
  readonly plans: readonly Plan[];
  /** The variables in `@skip` and `@include`. */
  readonly conditions: readonly string[];
  /** The plans by the values of those variables. */
  readonly under: Map<string, readonly Plan[]>;
}

// Usual clients send one operation with few combinations of its conditions.
const MAX_COMBINATIONS = 16;

/**
 * The boolean value of a variable, or `null` for a value of another type. `undefined` for an absent
 * variable, which may have a default in the operation.
 */
function conditionIn(variables: Variables, name: string): boolean | null | undefined {
  if (!Object.hasOwn(variables, name)) return undefined;
  const value = variables[name];
  return typeof value === "boolean" ? value : null;
}

/**
 * The plans for the values of the variables, without those of skipped selections. Empty if there
 * are too many combinations: fields then wait for their tokens themselves.
 */
function plansUnder(reading: Reading, args: OperationArgs, operation: OperationDefinitionNode): readonly Plan[] {
  const variables = args.variableValues ?? {};
  const key = reading.conditions.map((name) => String(conditionIn(variables, name))).join();
  const known = reading.under.get(key);
  if (known) return known;
  if (reading.under.size >= MAX_COMBINATIONS) return [];
  const { plans } = new OperationWalk(args, operation, variables).read();
  reading.under.set(key, plans);
  return plans;
}

type Variables = Readonly<Record<string, unknown>>;
type Types = readonly GraphQLObjectType[];

/** A selection set, and the object types for which the walk must still read it. */
interface Task {
  readonly set: SelectionSetNode;
  readonly types: Types;
}

// A selection costs a step for each possible type of its parent: some hundreds in large schemas.
// With the first steps, short operations can use even larger schemas.
const FIRST_STEPS = 100_000;
const STEPS_A_SELECTION = 256;

/**
 * One walk through an operation. It reads a selection set once for each possible object type,
 * however many paths lead there. The length of the document bounds its steps. Beyond the bound it
 * finds no plans, and fields wait for the token themselves.
 */
class OperationWalk {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  readonly #operation: OperationDefinitionNode;
  /** Without variables the walk enters every conditional selection. */
  readonly #variables: Variables | undefined;
  readonly #bySlot: Map<number, Plan> = new Map();
  readonly #tasks: Task[] = [];
  readonly #entered: Map<SelectionSetNode, Set<GraphQLObjectType>> = new Map();
  readonly #noted: Set<object> = new Set();
  #fragments: ReadonlyMap<string, FragmentDefinitionNode> | undefined;
  #defaults: ReadonlyMap<string, boolean | undefined> | undefined;
  readonly #conditions: Set<string> = new Set();
  #stepsLeft = FIRST_STEPS;

  constructor({ schema, document }: OperationArgs, operation: OperationDefinitionNode, variables?: Variables) {
    this.#schema = schema;
    this.#document = document;
    this.#operation = operation;
    this.#variables = variables;
  }

  read(): Reading {
    const root = this.#schema.getRootType(this.#operation.operation);
    if (root) this.#enter(this.#operation.selectionSet, [root]);
    for (let task = this.#tasks.pop(); task; task = this.#tasks.pop()) this.#readSet(task);
    const plans = [...this.#bySlot.values()];
    return { plans, conditions: plans.length > 0 ? [...this.#conditions] : [], under: new Map() };
  }

  #enter(set: SelectionSetNode, types: Types): void {
    let entered = this.#entered.get(set);
    if (!entered) {
      this.#entered.set(set, (entered = new Set()));
      this.#stepsLeft += STEPS_A_SELECTION * set.selections.length;
    }
    const before = entered;
    const unread = types.filter((type) => !before.has(type));
    if (unread.length === 0) return;
    for (const type of unread) before.add(type);
    this.#tasks.push({ set, types: unread });
  }

  #readSet({ set, types }: Task): void {
    for (const node of set.selections) {
      this.#stepsLeft -= types.length + (node.directives?.length ?? 0);
      if (this.#stepsLeft < 0) return;
      if (!this.#isIncluded(node)) continue;
      if (node.kind === Kind.FIELD) this.#readField(node, types);
      else if (node.kind === Kind.INLINE_FRAGMENT)
        this.#enter(node.selectionSet, this.#narrow(types, node.typeCondition?.name.value));
      else this.#enterFragment(node.name.value, types);
    }
  }

  #enterFragment(name: string, types: Types): void {
    const fragment = this.#fragment(name);
    if (fragment) this.#enter(fragment.selectionSet, this.#narrow(types, fragment.typeCondition.name.value));
  }

  #readField(node: FieldNode, types: Types): void {
    const returned = new Set<GraphQLNamedType>();
    for (const type of types) {
      const field = type.getFields()[node.name.value];
      if (!field) continue;
      this.#note(field.resolve);
      returned.add(getNamedType(field.type));
    }
    const given = new Set<GraphQLObjectType>();
    for (const type of returned) {
      if (isAbstractType(type)) this.#note(type.resolveType);
      const possible = this.#typesOf(type);
      this.#stepsLeft -= possible.length;
      for (const one of possible) given.add(one);
    }
    if (node.selectionSet) this.#enter(node.selectionSet, [...given]);
  }

  #note(resolver: object | null | undefined): void {
    if (!resolver || this.#noted.has(resolver)) return;
    this.#noted.add(resolver);
    for (const { plan } of guardsOf(resolver)) if (!this.#bySlot.has(plan.slot)) this.#bySlot.set(plan.slot, plan);
  }

  #narrow(types: Types, condition: string | undefined): Types {
    if (condition === undefined) return types;
    const type = this.#schema.getType(condition);
    if (isAbstractType(type)) return types.filter((one) => this.#schema.isSubType(type, one));
    return types.filter((one) => one === type);
  }

  #typesOf(type: GraphQLNamedType): Types {
    if (isObjectType(type)) return [type];
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [];
  }

  #fragment(name: string): FragmentDefinitionNode | undefined {
    this.#fragments ??= new Map(
      this.#document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
    return this.#fragments.get(name);
  }

  #isIncluded({ directives = [] }: SelectionNode): boolean {
    return directives.every((directive) => {
      const { value: name } = directive.name;
      if (name !== "skip" && name !== "include") return true;
      const condition = this.#conditionOf(directive);
      return condition === undefined || condition === (name === "include");
    });
  }

  /** `undefined` if the value is unknown: the selection may be included. */
  #conditionOf(directive: DirectiveNode): boolean | undefined {
    const value = directive.arguments?.find((argument) => argument.name.value === "if")?.value;
    if (value?.kind === Kind.BOOLEAN) return value.value;
    if (value?.kind !== Kind.VARIABLE) return undefined;
    const name = value.name.value;
    this.#conditions.add(name);
    if (!this.#variables) return undefined;
    const given = conditionIn(this.#variables, name);
    return given === undefined ? this.#default(name) : (given ?? undefined);
  }

  #default(name: string): boolean | undefined {
    this.#defaults ??= new Map(
      (this.#operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
        variable.name.value,
        defaultValue?.kind === Kind.BOOLEAN ? defaultValue.value : undefined,
      ]),
    );
    return this.#defaults.get(name);
  }
}
