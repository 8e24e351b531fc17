/** Compiles a rule into a plan once, and rejects an invalid rule. */
import { nearestName } from "../util/nearest-name.ts";
import { checkJson, checkPlainObject } from "./check-json.ts";
import { type BindingCheck, type BranchChecks, type ClaimCheck, compileDecision, type Decision } from "./decision.ts";
import { type ClaimName, claimName } from "./find-claim.ts";
import type { Claims, Inferred, NoOtherKeys, Rule } from "./rule.ts";

/** A compiled rule. */
export interface Plan {
  readonly type: "auth" | "refresh";
  readonly location: "header" | "cookies" | undefined;
  readonly optional: boolean;
  /** `type` and `location` as a small number: plans with the same slot read the same credential. */
  readonly slot: number;
  /** Decides whether the claims of a valid token satisfy the rule. */
  readonly test: Decision;
  /** The claims of the rule's own `claims`. */
  readonly claims: readonly ClaimName[];
  /** The paths that the rule reads in the input or the arguments, `anyOf` included. */
  readonly argPaths: readonly (readonly string[])[];
  /** Whether any part of the rule reads the parent object. */
  readonly usesParent: boolean;
  /** Whether the decision depends on the token alone, and not on arguments or the parent. */
  readonly isOfTokenOnly: boolean;
}

/** The options of `compileRule`. */
export interface CompileOptions {
  /** The keys that the caller does not support, each with the rest of the error message. */
  readonly refuse?: { readonly args?: string; readonly parent?: string };
}

const BRANCH_KEYS = ["scope", "claims", "args", "parent"];
const RULE_KEYS = ["type", "location", ...BRANCH_KEYS, "override", "anyOf", "optional"];
const SLOTS = ["auth", "refresh"].flatMap((type) =>
  [undefined, "header", "cookies"].map((place) => `${type} ${place}`),
);
const PLAN: unique symbol = Symbol("claimgate.plan") as never;

/**
 * Checks a rule when it is defined, and keeps its literal types. Returns a frozen copy, which every
 * function that takes a rule accepts.
 *
 * With `auth.rule(...)` the compiler also checks the claims against the `claimsSchema`.
 *
 * @throws `TypeError` for an invalid rule; the message names the key.
 * @example
 * ```ts
 * const isOwner = defineRule({ args: { sub: "id" }, override: { admin: true } });
 * protectedProcedure.input(z.object({ id: z.string() })).use(requireToken(isOwner));
 * ```
 */
export function defineRule<const R extends Rule>(rule: Inferred<R, Rule & NoOtherKeys<R, Rule>>): R {
  const copy: Record<string, unknown> = { ...checkRuleObject(rule) };
  Object.defineProperty(copy, PLAN, { value: compile(rule) });
  return Object.freeze(copy) as R;
}

/**
 * Compiles a rule. Without a rule, the plan accepts any valid auth token. Throws a `TypeError` that
 * names the key.
 */
export function compileRule<C = Claims>(rule?: Rule<C>, options: CompileOptions = {}): Plan {
  const known = rule && Object.hasOwn(rule, PLAN) ? (rule as { [PLAN]?: Plan })[PLAN] : undefined;
  const plan = known ?? compile(rule === undefined ? { type: "auth" } : rule);
  const { args, parent } = options.refuse ?? {};
  if (args !== undefined && plan.argPaths.length > 0) throw new TypeError(`rule.args ${args}`);
  if (parent !== undefined && plan.usesParent) throw new TypeError(`rule.parent ${parent}`);
  return plan;
}

/**
 * Throws `TypeError` for the argument `undefined`, such as a misspelt property. Otherwise
 * `undefined` would mean "any valid auth token".
 */
export function checkGiven(given: ArrayLike<unknown>): void {
  if (given.length > 0 && given[0] === undefined)
    throw new TypeError("rule is undefined; leave it out to require a token only");
}

function compile(rule: unknown): Plan {
  const checked = checkRuleObject(rule);
  const { type = "auth", location, optional = false } = checked;
  if (type !== "auth" && type !== "refresh")
    throw new TypeError(`rule.type must be "auth" or "refresh"${suggest(type, ["auth", "refresh"])}`);
  if (location !== undefined && location !== "header" && location !== "cookies") {
    throw new TypeError(`rule.location must be "header" or "cookies"${suggest(location, ["header", "cookies"])}`);
  }
  if (typeof optional !== "boolean") throw new TypeError("rule.optional must be a boolean");
  const requirement = [...BRANCH_KEYS, "override", "anyOf"].find((key) => Object.hasOwn(checked, key));
  if (optional && requirement)
    throw new TypeError(
      `rule.optional cannot be combined with rule.${requirement}, which requires a token; remove one of them`,
    );
  const own = readBranch(checked, "rule");
  const override = "override" in checked ? readClaims(checked["override"], "rule.override") : [];
  const anyOf = "anyOf" in checked ? readAnyOf(checked["anyOf"]) : [];
  const branches = [own, ...anyOf];
  const argPaths = branches.flatMap(({ args }) => args.flatMap(({ paths }) => paths));
  const usesParent = branches.some(({ parent }) => parent.length > 0);
  return Object.freeze({
    type,
    location,
    optional,
    slot: SLOTS.indexOf(`${type} ${location}`),
    test: compileDecision(own, override, anyOf),
    claims: own.claims,
    argPaths,
    usesParent,
    isOfTokenOnly: argPaths.length === 0 && !usesParent,
  });
}

/** Throws `TypeError` for the required scope itself in place of a rule. */
export function checkNotScope(rule: unknown): void {
  const isScope = typeof rule === "string" || (Array.isArray(rule) && typeof rule[0] === "string");
  if (isScope) throw new TypeError(`rule must be an object; did you mean { scope: ${JSON.stringify(rule)} }?`);
}

function checkRuleObject(rule: unknown): Record<string, unknown> {
  checkNotScope(rule);
  if (typeof rule === "object" && rule !== null && !Array.isArray(rule) && Object.keys(rule).length === 0)
    throw new TypeError("rule is empty: call requireToken() to require only a token");
  checkPlainObject(rule, "rule");
  return checkKeys(rule, RULE_KEYS, "rule");
}

function checkKeys(value: Record<string, unknown>, allowed: readonly string[], path: string): Record<string, unknown> {
  for (const key of Object.keys(value)) {
    if (!allowed.includes(key))
      throw new TypeError(`${path}.${key} is not a key of a rule${remedyForKey(key, allowed)}`);
    if (value[key] === undefined) throw new TypeError(`${path}.${key} is undefined; leave the key out instead`);
  }
  return checkJson(value, path) as Record<string, unknown>;
}

// A key that is not like those of rules is likely a claim.
function remedyForKey(key: string, allowed: readonly string[]): string {
  const nearest = nearestName(key, allowed);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  const isOfRules = [...RULE_KEYS, "onDeny"].includes(key);
  return isOfRules ? ` here (${allowed.join(", ")})` : `; did you mean { claims: { ${key}: ... } }?`;
}

function suggest(value: unknown, known: readonly string[]): string {
  const nearest = typeof value === "string" ? nearestName(value, known) : undefined;
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}

function readAnyOf(anyOf: unknown): readonly BranchChecks[] {
  if (!Array.isArray(anyOf)) throw new TypeError("rule.anyOf must be a list of rules");
  return anyOf.map((branch: unknown, i) => {
    const path = `rule.anyOf[${i}]`;
    checkPlainObject(branch, path);
    return readBranch(checkKeys(branch, BRANCH_KEYS, path), path);
  });
}

function readBranch(branch: Record<string, unknown>, path: string): BranchChecks {
  return {
    scope: "scope" in branch ? claimCheck("scope", checkScope(branch["scope"], `${path}.scope`)) : undefined,
    claims: "claims" in branch ? readClaims(branch["claims"], `${path}.claims`) : [],
    args: "args" in branch ? readBindings(branch["args"], `${path}.args`) : [],
    parent: "parent" in branch ? readBindings(branch["parent"], `${path}.parent`) : [],
  };
}

function readClaims(claims: unknown, path: string): readonly ClaimCheck[] {
  checkPlainObject(claims, path);
  checkScope(claims["scope"], `${path}.scope`);
  return Object.entries(claims).map(([name, required]) => claimCheck(name, required));
}

function claimCheck(name: string, required: unknown): ClaimCheck {
  return { ...claimName(name), required };
}

function checkScope(scope: unknown, path: string): unknown {
  if (scope === null) throw new TypeError(`${path} must not be null; leave it out instead`);
  const texts = typeof scope === "string" ? [scope] : scope;
  const isBlank = Array.isArray(texts) && texts.some((text) => typeof text === "string" && text.trim() === "");
  if (isBlank) throw new TypeError(`${path} must not be blank or contain a blank word`);
  return scope;
}

function readBindings(bindings: unknown, path: string): readonly BindingCheck[] {
  checkPlainObject(bindings, path);
  return Object.entries(bindings).map(([claim, bound]) => {
    const paths: unknown[] = Array.isArray(bound) ? bound : [bound];
    const isList = Array.isArray(bound);
    return { ...claimName(claim), isList, paths: paths.map((text) => splitPath(text, `${path}.${claim}`)) };
  });
}

function splitPath(text: unknown, path: string): readonly string[] {
  if (typeof text !== "string") throw new TypeError(`${path} must be a path, or a list of paths`);
  if (text === "") return [];
  const keys = text.split(".");
  if (keys.some((key) => key.trim() === ""))
    throw new TypeError(`${path} must be a path such as "user.id", not "${text}"`);
  return keys;
}
