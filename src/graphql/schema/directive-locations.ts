/** The directive locations of a schema, and the check that only known directives are on them. */
import {
  type ConstDirectiveNode,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  specifiedDirectives,
} from "graphql";
import { isFederationDirective } from "./federation.ts";

/** A part of a schema that can have directives. */
export interface Carrier {
  readonly astNode?: { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;
  readonly extensionASTNodes?:
    | readonly { readonly directives?: readonly ConstDirectiveNode[] | undefined }[]
    | undefined;
  readonly extensions?: unknown;
}

/** One directive location of a schema. */
export interface DirectiveLocation {
  readonly carrier: Carrier;
  /** Its name in errors, such as `User.email`. */
  readonly origin: string;
  /** Whether it is a field, an object type or an interface, which can have guards. */
  readonly canBeGuarded: boolean;
}

/** Every directive location of a schema, except those of introspection. */
export function* locationsOf(schema: GraphQLSchema): Iterable<DirectiveLocation> {
  yield { carrier: schema, origin: "schema", canBeGuarded: false };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    const hasFields = isObjectType(type) || isInterfaceType(type);
    yield { carrier: type, origin: type.name, canBeGuarded: hasFields };
    if (hasFields) {
      for (const field of Object.values(type.getFields())) {
        const origin = `${type.name}.${field.name}`;
        yield { carrier: field, origin, canBeGuarded: true };
        for (const arg of field.args) yield { carrier: arg, origin: `${origin}(${arg.name})`, canBeGuarded: false };
      }
    }
    const parts = isInputObjectType(type) ? Object.values(type.getFields()) : isEnumType(type) ? type.getValues() : [];
    for (const part of parts) yield { carrier: part, origin: `${type.name}.${part.name}`, canBeGuarded: false };
  }
}

/** The SDL directives of a carrier. */
export function directiveNodes({ astNode, extensionASTNodes = [] }: Carrier): readonly ConstDirectiveNode[] {
  return [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? []);
}

/**
 * The entries of `extensions.directives`, each with its name. A map has rules by name; a list has
 * objects with `name` and `args`. Throws `TypeError` for any other value.
 */
export function directivesInExtensions(extensions: unknown): readonly (readonly [name: string, held: unknown])[] {
  const directives = (extensions as { directives?: unknown } | null | undefined)?.directives;
  if (directives === undefined || directives === null) return [];
  if (typeof directives !== "object")
    throw new TypeError(`extensions.directives must be a plain object or a list, not a ${typeof directives}`);
  if (Array.isArray(directives)) return directives.map((entry, i) => [nameOf(entry, i), entry] as const);
  // A Map or a class instance may have no own entries, so its field would stay open.
  if (![Object.prototype, null].includes(Object.getPrototypeOf(directives) as object | null))
    throw new TypeError("extensions.directives must be a plain object or a list");
  return Object.entries(directives);
}

/**
 * Throws `TypeError` for a directive that is neither declared nor known, because a misspelt rule
 * would leave its field open.
 */
export function checkDirectiveNames(schema: GraphQLSchema, directive: string, known: readonly string[]): void {
  const declared = [...specifiedDirectives, ...schema.getDirectives()].map(({ name }) => name);
  const names = new Set([directive, ...known, ...declared]);
  for (const { carrier, origin } of locationsOf(schema)) {
    const { extensions } = carrier;
    const misspelt = Object.keys(extensions ?? {}).find((key) => isMisspelt(key, extensions, directive));
    if (misspelt !== undefined) {
      throw new TypeError(
        `${origin}: extensions.${misspelt} has no effect. Put the rule into extensions.directives, as requireToken.extensions(rule) does, or into extensions.${directive}`,
      );
    }
    const carried = [
      ...directiveNodes(carrier).map((node) => node.name.value),
      ...directivesInExtensions(extensions).map(([name]) => name),
    ];
    const unknown = carried.find((name) => !names.has(name) && !isFederationDirective(schema, name));
    if (unknown !== undefined) {
      throw new TypeError(
        `${origin}: the directive @${unknown} is not declared. Correct its name if it means @${directive}; otherwise declare it or add it to knownDirectives`,
      );
    }
  }
}

// A key near one of the two valid keys is a misspelt rule, which would leave its field open.
function isMisspelt(key: string, extensions: unknown, directive: string): boolean {
  if (key === directive || key === "directives") return false;
  if (isNear(key, directive)) return true;
  const held = (extensions as Record<string, unknown>)[key];
  if (key === "extensions")
    return holdsRule((held as { directives?: unknown } | null | undefined)?.directives, directive);
  return isNear(key, "directives") && holdsRule(held, directive);
}

function holdsRule(directives: unknown, directive: string): boolean {
  if (typeof directives !== "object" || directives === null) return false;
  const names: unknown[] = Array.isArray(directives)
    ? directives.map((entry: { name?: unknown } | null) => entry?.name)
    : Object.keys(directives);
  return names.some((name) => typeof name === "string" && isNear(name, directive));
}

/**
 * Whether two names have the same letters and digits in any case. In long names one character may
 * be missing or different.
 */
function isNear(a: string, b: string): boolean {
  const [x, y] = [a, b].map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")) as [string, string];
  if (x === y || y.length < 7) return x === y;
  let i = 0;
  while (i < x.length && x[i] === y[i]) i++;
  const [atX, atY] = [x.slice(i), y.slice(i)];
  return [atX, atX.slice(1)].some((left) => [atY, atY.slice(1)].includes(left));
}

function nameOf(entry: unknown, i: number): string {
  const name = (entry as { name?: unknown } | null | undefined)?.name;
  if (typeof name !== "string") throw new TypeError(`extensions.directives[${i}] must have a name`);
  return name;
}
