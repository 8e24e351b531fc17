/** Compiles the parts of a rule into a closure. Accepting claims allocates nothing. */
import {
  type ClaimName,
  findClaim,
  type HeldClaims,
  isObject,
  type ReadProperty,
  readOwn,
  readOwnOrAccessor,
  readPath,
} from "./find-claim.ts";
import { matchesBound, matchScope, matchValue } from "./match.ts";
import type { RuleReason } from "./rule.ts";

/**
 * Returns the reason to reject the claims, or `undefined` to accept them. Throws only what an
 * accessor of `parent` throws.
 */
export type Decision = (claims: HeldClaims, args?: unknown, parent?: unknown) => RuleReason | undefined;

/** A claim and the value that it must match. */
export interface ClaimCheck extends ClaimName {
  readonly required: unknown;
}

/** A claim, and the paths of the values that it must equal or, as a list, contain. */
export interface BindingCheck extends ClaimName {
  readonly isList: boolean;
  readonly paths: readonly (readonly string[])[];
}

/** The checks of a rule without its `override` and `anyOf`, or of a branch of `anyOf`. */
export interface BranchChecks {
  readonly scope: ClaimCheck | undefined;
  readonly claims: readonly ClaimCheck[];
  readonly args: readonly BindingCheck[];
  readonly parent: readonly BindingCheck[];
}

/** Compiles a rule: `override` lifts its other checks, and a branch of `anyOf` must hold. */
export function compileDecision(
  own: BranchChecks,
  override: readonly ClaimCheck[],
  anyOf: readonly BranchChecks[],
): Decision {
  const required = inTurn([...compileBranch(own), ...compileAnyOf(anyOf)]);
  if (override.length === 0) return required;
  const missing = inTurn(override.map((check) => compileClaim(check, "CLAIMS_INSUFFICIENT")));
  return (claims, args, parent) => (missing(claims) === undefined ? undefined : required(claims, args, parent));
}

/** The reason of the first decision that has one. */
function inTurn(decisions: readonly Decision[]): Decision {
  const [first, second] = decisions;
  if (!first) return () => undefined;
  if (!second) return first;
  if (decisions.length === 2)
    return (claims, args, parent) => first(claims, args, parent) ?? second(claims, args, parent);
  return (claims, args, parent) => {
    for (const decide of decisions) {
      const reason = decide(claims, args, parent);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

// If the scope and another part fail, the reason is the scope.
function compileBranch({ scope, claims, args, parent }: BranchChecks): Decision[] {
  return [
    ...(scope ? [compileClaim(scope, "SCOPE_INSUFFICIENT")] : []),
    ...claims.map((check) => compileClaim(check, "CLAIMS_INSUFFICIENT")),
    ...args.map(compileArgs),
    ...parent.map(compileParent),
  ];
}

// The reason is the scope only if all branches fail by their scope.
function compileAnyOf(branches: readonly BranchChecks[]): Decision[] {
  if (branches.length === 0) return [];
  const decisions = branches.map((branch) => inTurn(compileBranch(branch)));
  const decideAny: Decision = (claims, args, parent) => {
    let refused: RuleReason | undefined;
    for (const decide of decisions) {
      const reason = decide(claims, args, parent);
      if (reason === undefined) return undefined;
      refused = refused === undefined || refused === reason ? reason : "CLAIMS_INSUFFICIENT";
    }
    return refused;
  };
  return [decideAny];
}

function compileClaim(check: ClaimCheck, reason: RuleReason): Decision {
  const { name, path, required } = check;
  const matches = name === "scope" ? matchScope(required) : matchValue(required);
  // No required value matches `undefined`, the value of an absent claim.
  if (path) return (claims) => (matches(findClaim(claims, check)) ? undefined : reason);
  return (claims) => (Object.hasOwn(claims, name) && matches(claims[name]) ? undefined : reason);
}

function compileArgs(check: BindingCheck): Decision {
  const holds = compileBinding(check, readOwn);
  return (claims, args) => (holds(claims, args) ? undefined : "CLAIMS_INSUFFICIENT");
}

function compileParent(check: BindingCheck): Decision {
  const holds = compileBinding(check, readOwnOrAccessor);
  return (claims, _args, parent) => (holds(claims, parent) ? undefined : "CLAIMS_INSUFFICIENT");
}

function compileBinding(check: BindingCheck, read: ReadProperty): (claims: HeldClaims, root: unknown) => boolean {
  const readers = check.paths.map((path) => compilePath(path, read));
  const [first] = readers;
  if (!check.isList && first) return (claims, root) => matchesBound(findClaim(claims, check), first(root));
  return (claims, root) => {
    const held = findClaim(claims, check);
    if (!Array.isArray(held)) return false;
    for (const readValue of readers) if (!listHolds(held, readValue(root))) return false;
    return true;
  };
}

function listHolds(held: readonly unknown[], value: unknown): boolean {
  for (const item of held) if (matchesBound(item, value)) return true;
  return false;
}

function compilePath(path: readonly string[], read: ReadProperty): (root: unknown) => unknown {
  const [key] = path;
  if (path.length !== 1 || key === undefined) return (root) => readPath(root, path, read);
  return (root) => (isObject(root) ? read(root, key) : undefined);
}
