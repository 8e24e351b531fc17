/** Decides whether the claims of a valid token satisfy a plan. Accepting allocates nothing. */
import type { BindingCheck, BranchPlan, ClaimCheck, Plan } from "./compile.ts";
import { findClaim, holdsWords, matches, matchesBound, readOwn, readOwnOrAccessor, readPath } from "./match.ts";

/** The values of a call that `args` and `parent` of a rule compare with claims. */
export interface RuleFacts {
  /**
   * The value for `args`: the parsed input of a tRPC procedure, or the arguments of a GraphQL
   * field.
   *
   * @default none: `args` match nothing
   */
  readonly args?: unknown;
  /**
   * The value for `parent`: the parent object of a GraphQL field.
   *
   * @default none: `parent` matches nothing
   */
  readonly parent?: unknown;
}

/** The reason why a rule rejects a valid token. */
export type RuleReason = "SCOPE_INSUFFICIENT" | "CLAIMS_INSUFFICIENT";

type HeldClaims = Readonly<Record<string, unknown>>;

/**
 * Returns the reason to reject the claims, or `undefined` to accept them. Throws only what an
 * accessor of `parent` throws.
 */
export function decide(plan: Plan, claims: HeldClaims, args?: unknown, parent?: unknown): RuleReason | undefined {
  if (plan.override.length > 0 && holdsClaims(plan.override, claims)) return undefined;
  return decideBranch(plan, claims, args, parent) ?? decideAnyOf(plan.anyOf, claims, args, parent);
}

// If the scope and another part fail, the reason is the scope.
function decideBranch(branch: BranchPlan, claims: HeldClaims, args: unknown, parent: unknown): RuleReason | undefined {
  if (branch.scope && !holdsClaim(branch.scope, claims)) return "SCOPE_INSUFFICIENT";
  const holds =
    holdsClaims(branch.claims, claims) &&
    holdsBindings(branch.args, claims, args, readOwn) &&
    holdsBindings(branch.parent, claims, parent, readOwnOrAccessor);
  return holds ? undefined : "CLAIMS_INSUFFICIENT";
}

// The reason is the scope only if all branches fail by their scope.
function decideAnyOf(
  branches: readonly BranchPlan[],
  claims: HeldClaims,
  args: unknown,
  parent: unknown,
): RuleReason | undefined {
  let refused: RuleReason | undefined;
  for (const branch of branches) {
    const reason = decideBranch(branch, claims, args, parent);
    if (reason === undefined) return undefined;
    refused = refused === undefined || refused === reason ? reason : "CLAIMS_INSUFFICIENT";
  }
  return refused;
}

function holdsClaims(checks: readonly ClaimCheck[], claims: HeldClaims): boolean {
  for (const check of checks) if (!holdsClaim(check, claims)) return false;
  return true;
}

function holdsClaim(check: ClaimCheck, claims: HeldClaims): boolean {
  const held = findClaim(claims, check);
  if (held === undefined) return false;
  return check.words === undefined ? matches(check.required, held) : holdsWords(check.words, held);
}

type Reader = (object: object, key: string) => unknown;

function holdsBindings(checks: readonly BindingCheck[], claims: HeldClaims, root: unknown, read: Reader): boolean {
  for (const check of checks) if (!holdsBinding(check, claims, root, read)) return false;
  return true;
}

function holdsBinding(check: BindingCheck, claims: HeldClaims, root: unknown, read: Reader): boolean {
  const held = findClaim(claims, check);
  if (check.isList && !Array.isArray(held)) return false;
  for (const path of check.paths) {
    const value = readPath(root, path, read);
    if (!(check.isList ? holdsBound(held as readonly unknown[], value) : matchesBound(held, value))) return false;
  }
  return true;
}

function holdsBound(held: readonly unknown[], value: unknown): boolean {
  for (const item of held) if (matchesBound(item, value)) return true;
  return false;
}
