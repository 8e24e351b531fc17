/** Reads the rules of `@requireToken` in SDL and in `extensions`, and compiles them into guards. */

import { type ConstDirectiveNode, type ConstValueNode, Kind } from "graphql";
import { isPlainObject } from "../../core/rules/check-json.ts";
import { type CompileOptions, checkNotScope, compileRule } from "../../core/rules/compile.ts";
import type { Rule } from "../../core/rules/rule.ts";
import { withErrorContext } from "../../core/util/error-context.ts";
import type { Guard, OnDeny } from "../guard.ts";
import { type Carrier, directiveNodes, directivesInExtensions } from "./directive-locations.ts";

/** A rule of the directive. */
export type GraphQLRule = Rule & {
  /**
   * The result of a rejected field. `"NULL"` gives null in place of a 401 or 403; a rejected
   * subscription is an error in any case. `apply` rejects `"NULL"` on a non-null field, and on a
   * type whose values a field returns as an interface or union.
   * @default "ERROR"
   */
  readonly onDeny?: OnDeny;
};

/** The guards of a carrier. Throws a `TypeError` that names the location and the key. */
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

/** Runs `build`, and adds the location of the directive to its `TypeError`. */
export function placing<T>(directive: string, origin: string, build: () => T): T {
  return withErrorContext(build, (error) =>
    error instanceof TypeError
      ? new TypeError(`@${directive} on ${origin}: ${error.message}`, { cause: error })
      : error,
  );
}

function compileGuard(given: unknown, origin: string, options: CompileOptions): Guard {
  checkNotScope(given);
  if (!isPlainObject(given)) {
    const shown = Array.isArray(given) ? "a list" : typeof given === "function" ? "a function" : String(given);
    throw new TypeError(`rule is ${shown}, not a plain object; write {} to require only a token`);
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
    if (Object.hasOwn(rule, name)) throw new TypeError(`rule.${name} must not be given twice`);
    define(rule, name, toJson(argument.value, `rule.${name}`));
  }
  return rule;
}

// Not `valueFromASTUntyped` of graphql: it rounds large integers and reads an enum as a string.
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
        if (Object.hasOwn(object, field.name.value))
          throw new TypeError(`${path}.${field.name.value} must not be given twice`);
        define(object, field.name.value, toJson(field.value, `${path}.${field.name.value}`));
      }
      return object;
    }
    case Kind.ENUM:
      if (path === "rule.onDeny") return node.value;
      throw new TypeError(`${path} must be a JSON value; write ${node.value} in quotes`);
    default:
      throw new TypeError(`${path} must be a JSON value; a rule takes no variables`);
  }
}

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function rulesInExtensions(extensions: unknown, directive: string): unknown[] {
  const isList = Array.isArray((extensions as { directives?: unknown } | null | undefined)?.directives);
  const held = directivesInExtensions(extensions).filter(([name]) => name === directive);
  // `extensions` may also have the rules under the name of the directive itself.
  const own = Object.hasOwn(extensions ?? {}, directive) ? [(extensions as Record<string, unknown>)[directive]] : [];
  const entries = held.map(([, entry]) => entry);
  return [
    ...(isList ? entries.map((entry) => argsOfEntry(entry as object)) : entries.flatMap(oneOrMany)),
    ...own.flatMap(oneOrMany),
  ];
}

// Returns an empty list as it is: it has no rule, so `compileGuard` rejects it.
function oneOrMany(rules: unknown): unknown[] {
  return Array.isArray(rules) && rules.length > 0 ? (rules as unknown[]) : [rules];
}

function argsOfEntry(entry: object): unknown {
  const extra = Object.keys(entry).find((key) => key !== "name" && key !== "args");
  if (extra !== undefined)
    throw new TypeError(`an entry of extensions.directives must have only name and args, not "${extra}"`);
  return "args" in entry ? entry.args : {};
}
