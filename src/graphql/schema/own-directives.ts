/** The SDL of the directive, and how a schema shows that a directive is one of ours. */
import type { GraphQLSchema } from "graphql";
import { directivesInExtensions, locationsOf } from "./directive-locations.ts";

/** The name of the directive without the option `name`. */
export const DEFAULT_DIRECTIVE = "requireToken";

// A name of our own, so that an argument of this type makes a directive one of ours.
const DENY_TYPE = "RequireTokenDeny";
const MADE_HERE: unique symbol = Symbol.for("claimgate.rule") as never;

/** The SDL of the directive `@name` and of its two types. */
export function typeDefsOf(name: string): string {
  return `"""
Any JSON value that a rule of @${name} accepts.
"""
scalar RequireTokenValue

"""
The result of a rejected field: an error, or null.
"""
enum ${DENY_TYPE} {
  ERROR
  NULL
}

"""
Accepts only callers whose token satisfies the rule.
"""
directive @${name}(
  type: String
  location: String
  scope: RequireTokenValue
  claims: RequireTokenValue
  args: RequireTokenValue
  parent: RequireTokenValue
  override: RequireTokenValue
  anyOf: [RequireTokenValue!]
  optional: Boolean
  onDeny: ${DENY_TYPE}
) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE
`;
}

/** Marks a rule in `extensions` as one that claimgate made. */
export function markRule<R extends object>(rule: R): R {
  return Object.defineProperty(rule, MADE_HERE, { value: true });
}

/**
 * The names of our directives in a schema, under any name: those whose SDL declares them, and those
 * whose marked rules are in `extensions`.
 */
export function ownDirectives(schema: GraphQLSchema): readonly string[] {
  const names = new Set<string>();
  // As text, because the type may be of another copy of graphql.
  for (const { name, args } of schema.getDirectives())
    if (args.some((arg) => arg.name === "onDeny" && String(arg.type) === DENY_TYPE)) names.add(name);
  for (const { carrier } of locationsOf(schema)) {
    const { directives: _, ...underNames } = (carrier.extensions ?? {}) as Readonly<Record<string, unknown>>;
    const held = [...directivesInExtensions(carrier.extensions), ...Object.entries(underNames)];
    for (const [name, rules] of held) if ([rules].flat().some(isMadeHere)) names.add(name);
  }
  return [...names];
}

/** Whether `held` is a rule that claimgate made, or an entry of a list that has it as `args`. */
function isMadeHere(held: unknown): boolean {
  const { args = held } = (held ?? {}) as { args?: unknown };
  return [held, args].some((rule) => (rule as { [MADE_HERE]?: unknown } | null | undefined)?.[MADE_HERE] === true);
}
