/** Reads `@requireToken` where it stands, in SDL, in `extensions.directives` or under its own name in `extensions`, and compiles each use into a guard. */

import { type ConstDirectiveNode, type ConstValueNode, Kind } from "graphql";
import { type CompileOptions, compileRule } from "../../core/rules/compile.ts";
import type { Rule } from "../../core/rules/rule.ts";
import { withErrorContext } from "../../core/util/error-context.ts";
import type { Guard, OnDeny } from "../guard.ts";
import { type Carrier, directiveNodes, directivesInExtensions } from "./directive-locations.ts";

/** A rule as GraphQL takes it. */
export type GraphQLRule = Rule & {
  /** Null in place of a 401 or 403. Default `"ERROR"`. */
  readonly onDeny?: OnDeny;
};

/** The guards that stand on `carrier`. Throws `TypeError` that names the place and the key. */
export function readGuards(
  carrier: Carrier,
  origin: string,
  directive: string,
  options: CompileOptions,
): readonly Guard[] {
  const fromSdl = directiveNodes(carrier)
    .filter((node) => node.name.value === directive)
    .map((node) => placing(directive, origin, () => argumentsOf(node)));
  const fromExtensions = placing(directive, origin, () => rulesInExtensions(carrier.extensions, directive));
  return [...fromSdl, ...fromExtensions].map((rule) =>
    placing(directive, origin, () => compileGuard(rule, origin, options)),
  );
}

/** Runs `build`; a `TypeError` of its says where the directive stands. */
export function placing<T>(directive: string, origin: string, build: () => T): T {
  return withErrorContext(build, (error) =>
    error instanceof TypeError
      ? new TypeError(`@${directive} on ${origin}: ${error.message}`, { cause: error })
      : error,
  );
}

function compileGuard(given: unknown, origin: string, options: CompileOptions): Guard {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(
      `rule is ${Array.isArray(given) ? "a list" : String(given)}, not an object; write {} to require a token only`,
    );
  }
  if ("onDeny" in given && given.onDeny === undefined)
    throw new TypeError("rule.onDeny is undefined; leave the key out instead");
  const { onDeny = "ERROR", ...rule } = given as GraphQLRule;
  if (onDeny !== "ERROR" && onDeny !== "NULL") throw new TypeError("rule.onDeny must be ERROR or NULL");
  const plan = compileRule(Object.keys(rule).length === 0 ? undefined : rule, options);
  const text = JSON.stringify(rule);
  return { plan, rule: text, onDeny, origin, key: `${origin} ${JSON.stringify(onDeny)} ${text}` };
}

function argumentsOf(node: ConstDirectiveNode): Record<string, unknown> {
  const rule: Record<string, unknown> = {};
  for (const argument of node.arguments ?? []) {
    const name = argument.name.value;
    if (Object.hasOwn(rule, name)) throw new TypeError(`rule.${name} stands twice`);
    define(rule, name, toJson(argument.value, `rule.${name}`));
  }
  return rule;
}

// GraphQL's own untyped reading rounds large integers and takes an enum for a string; a rule must
// not.
function toJson(node: ConstValueNode, path: string): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item, i) => toJson(item, `${path}[${i}]`));
    case Kind.OBJECT: {
      const object: Record<string, unknown> = {};
      for (const field of node.fields) {
        if (Object.hasOwn(object, field.name.value)) throw new TypeError(`${path}.${field.name.value} stands twice`);
        define(object, field.name.value, toJson(field.value, `${path}.${field.name.value}`));
      }
      return object;
    }
    case Kind.ENUM:
      if (path === "rule.onDeny") return node.value;
      throw new TypeError(`${path}: ${node.value} is no JSON value; write it in quotes`);
    default:
      throw new TypeError(`${path} is no JSON value`);
  }
}

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function rulesInExtensions(extensions: unknown, directive: string): unknown[] {
  const isList = Array.isArray((extensions as { directives?: unknown } | null | undefined)?.directives);
  const held = directivesInExtensions(extensions).filter(([name]) => name === directive);
  // By the directive's own name, where no printer of directives looks.
  const own = Object.hasOwn(extensions ?? {}, directive) ? [(extensions as Record<string, unknown>)[directive]] : [];
  const entries = held.map(([, entry]) => entry);
  return [
    ...(isList ? entries.map((entry) => argsOfEntry(entry as object)) : entries.flatMap(oneOrMany)),
    ...own.flatMap(oneOrMany),
  ];
}

// An empty list has no rule, and so is handed on as what it is: no object.
function oneOrMany(rules: unknown): unknown[] {
  return Array.isArray(rules) && rules.length > 0 ? (rules as unknown[]) : [rules];
}

function argsOfEntry(entry: object): unknown {
  const extra = Object.keys(entry).find((key) => key !== "name" && key !== "args");
  if (extra !== undefined) throw new TypeError(`an entry of extensions.directives takes name and args, not "${extra}"`);
  return "args" in entry ? entry.args : {};
}
