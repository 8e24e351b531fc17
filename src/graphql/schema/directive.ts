/** `requireTokenDirective`: the functions that apply the rules of the directive. */
import type { GraphQLSchema } from "graphql";
import { checkGiven } from "../../core/rules/compile.ts";
import type { Inferred, NoOtherKeys } from "../../core/rules/rule.ts";
import { checkOptions } from "../../core/util/check-options.ts";
import { applyGuards } from "./apply-guards.ts";
import { checkDirectiveNames } from "./directive-locations.ts";
import { DEFAULT_DIRECTIVE, markRule, typeDefsOf } from "./own-directives.ts";
import { type GraphQLRule, readGuards } from "./read-guards.ts";

/** Options of `requireTokenDirective`. */
export interface RequireTokenDirectiveOptions {
  /**
   * The name of the directive, without `@`. It must be a GraphQL name without a leading `__`.
   * @default "requireToken"
   */
  readonly name?: string;
  /**
   * The names of other tools' directives that a schema uses without a declaration, as code-first
   * schemas may. `apply` rejects any other undeclared directive: it may be a misspelt name.
   * @default none
   */
  readonly knownDirectives?: readonly string[];
}

/** The directive: its SDL, and the functions that apply it to a schema. */
export interface RequireTokenDirective {
  /**
   * The SDL of the directive and of its two types. Pass it to the schema beside your own SDL. Two
   * directives have the same two types: merge their SDL where the builder does not, for example by
   * `mergeTypeDefs` of `@graphql-tools/merge`.
   */
  readonly typeDefs: string;
  /**
   * Returns a copy of the schema in which every covered field is guarded. Call it after every other
   * change of the schema, and serve the schema that it returns. A second call changes nothing.
   * @throws `TypeError` for an argument that is not a schema.
   * @throws `TypeError` for an invalid rule, and for a rule in a location where it cannot apply.
   *   Also for an undeclared directive, and for a misspelt key of `extensions`. The message names
   *   the location.
   * @example
   * ```ts
   * const requireToken = requireTokenDirective();
   * const schema = requireToken.apply(
   *   makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }),
   * );
   * ```
   */
  apply(schema: GraphQLSchema): GraphQLSchema;
  /**
   * Returns `extensions` that replace the directive on a field or type of a code-first schema.
   * Without a rule, the caller needs a valid auth token. For two directives on one field, merge
   * `directives` of both results: a spread of both results keeps only the last one.
   * @throws `TypeError` for an invalid rule; the message names the key. Also for an argument that
   *   is not a plain object, such as `undefined`, `null` or a list.
   * @example
   * ```ts
   * const me = { type: GraphQLString, extensions: requireToken.extensions({ scope: "profile" }) };
   * ```
   */
  extensions<const R extends GraphQLRule>(
    rule?: Inferred<R, GraphQLRule & NoOtherKeys<R, GraphQLRule>>,
  ): { directives: Record<string, readonly GraphQLRule[]> };
}

/**
 * Creates the directive that enforces a rule on a field, an object type or an interface.
 * @throws `TypeError` for an unknown option, and for an invalid name.
 * @example
 * ```ts
 * const requireToken = requireTokenDirective();
 * const typeDefs = `type Query { me: String @requireToken(scope: "profile") }`;
 * const schema = requireToken.apply(
 *   makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }),
 * );
 * ```
 */
export function requireTokenDirective(options: RequireTokenDirectiveOptions = {}): RequireTokenDirective {
  checkOptions("requireTokenDirective", options, ["name", "knownDirectives"]);
  const { name = DEFAULT_DIRECTIVE, knownDirectives = [] } = options;
  if (!/^[_A-Za-z][_0-9A-Za-z]*$/.test(name) || name.startsWith("__"))
    throw new TypeError(`name must be a GraphQL name without a leading "__", not "${name}"`);
  return {
    typeDefs: typeDefsOf(name),
    apply(schema) {
      // Not isSchema of graphql, which rejects the schema of another copy of graphql.
      if (typeof (schema as GraphQLSchema | undefined)?.getTypeMap !== "function")
        throw new TypeError("apply takes a GraphQLSchema: pass makeExecutableSchema(...)");
      checkDirectiveNames(schema, name, knownDirectives);
      return applyGuards(schema, name);
    },
    extensions(rule) {
      checkGiven(arguments);
      // A copy of null or of a list is an empty rule, so the argument itself is checked.
      const given: unknown = arguments.length === 0 ? {} : rule;
      readGuards({ extensions: { directives: { [name]: [given] } } }, "extensions", name, {});
      const directives = { [name]: [markRule({ ...rule })] };
      return { directives };
    },
  };
}
