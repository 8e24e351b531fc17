/** `requireTokenDirective`: the directive's SDL, and what puts its rules into a schema. */
import type { GraphQLSchema } from "graphql";
import { checkGiven } from "../../core/rules/compile.ts";
import type { NoOtherKeys } from "../../core/rules/rule.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { applyGuards } from "./apply-guards.ts";
import { checkDirectiveNames } from "./directive-locations.ts";
import { type GraphQLRule, readGuards } from "./read-guards.ts";

/** Options of `requireTokenDirective`. */
export interface RequireTokenDirectiveOptions {
  /** The directive's name. Default `"requireToken"`. */
  readonly name?: string;
  /**
   * Directives of other tools that your code-first schema carries without declaring them. Any other
   * is refused as a misspelling. Default: none.
   */
  readonly knownDirectives?: readonly string[];
}

/** The directive, ready to be used in a schema. */
export interface RequireTokenDirective {
  /** Its definition, to be given to the schema beside your own. */
  readonly typeDefs: string;
  /**
   * A copy of the schema in which every covered field is guarded. Comes last; doing it twice
   * changes nothing. Throws `TypeError` that names the place.
   */
  apply(schema: GraphQLSchema): GraphQLSchema;
  /**
   * The `extensions` that say in a code-first schema what the directive says in SDL. Throws
   * `TypeError` that names the key.
   */
  extensions<const R extends GraphQLRule>(
    rule?: R & NoOtherKeys<R, GraphQLRule>,
  ): { directives: Record<string, readonly GraphQLRule[]> };
}

/** The name the directive has unless it is given another. */
export const DEFAULT_DIRECTIVE = "requireToken";

/**
 * The directive that enforces a rule on a field, an object type or an interface. Throws `TypeError`
 * for a name GraphQL does not allow.
 */
export function requireTokenDirective(options: RequireTokenDirectiveOptions = {}): RequireTokenDirective {
  checkOptions("requireTokenDirective", options, ["name", "knownDirectives"]);
  const { name = DEFAULT_DIRECTIVE, knownDirectives = [] } = options;
  if (!/^[_A-Za-z][_0-9A-Za-z]*$/.test(name) || name.startsWith("__"))
    throw new TypeError(`"${name}" is not a name for a directive`);
  return {
    typeDefs: typeDefsOf(name),
    apply(schema) {
      checkDirectiveNames(schema, name, knownDirectives);
      return applyGuards(schema, name);
    },
    extensions(rule) {
      checkGiven(arguments);
      const directives = { [name]: [{ ...(rule as GraphQLRule | undefined) }] };
      readGuards({ extensions: { directives } }, "extensions", name, {});
      return { directives };
    },
  };
}

function typeDefsOf(name: string): string {
  return `"""
Any JSON value, as a rule of @${name} takes it.
"""
scalar RequireTokenValue

"""
What a refused field gives: an error, or null.
"""
enum RequireTokenDeny {
  ERROR
  NULL
}

"""
Lets pass only who carries a token that satisfies the rule.
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
  onDeny: RequireTokenDeny
) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE
`;
}
