/** The decision: whether a valid token's claims satisfy a plan. Synchronous, and the only one there is. */
import type { BindingCheck, BranchPlan, ClaimCheck, Plan } from "./compile.ts";
import { findClaim, matches, matchesBound, matchesScope, readOwn, readOwnOrAccessor, readPath } from "./match.ts";

/** What a rule's `args` and `parent` are held against. */
export interface RuleFacts {
  /** The parsed tRPC input, or the GraphQL field's arguments. */
  readonly args?: unknown;
  /** The GraphQL parent object. */
  readonly parent?: unknown;
}

/** Why a valid token does not pass. */
export type RuleReason = "SCOPE_INSUFFICIENT" | "CLAIMS_INSUFFICIENT";

type HeldClaims = Readonly<Record<string, unknown>>;

/** Why the claims do not pass, or `undefined` where they do. Throws only what an accessor of `facts` throws. */
export function decide(plan: Plan, claims: HeldClaims, facts: RuleFacts): RuleReason | undefined {
  if (plan.override.length > 0 && plan.override.every((check) => holdsClaim(check, claims))) return undefined;
  return decideBranch(plan, claims, facts) ?? decideAnyOf(plan.anyOf, claims, facts);
}

// A scope that fails is named before anything else that does.
function decideBranch(branch: BranchPlan, claims: HeldClaims, facts: RuleFacts): RuleReason | undefined {
  if (branch.scope && !matchesScope(branch.scope.required, readOwn(claims, "scope"))) return "SCOPE_INSUFFICIENT";
  const holds =
    branch.claims.every((check) => holdsClaim(check, claims)) &&
    branch.args.every((check) => holdsBinding(check, claims, facts.args, readOwn)) &&
    branch.parent.every((check) => holdsBinding(check, claims, facts.parent, readOwnOrAccessor));
  return holds ? undefined : "CLAIMS_INSUFFICIENT";
}

// Only where every branch fails by its scope is it the scope that is lacking.
function decideAnyOf(branches: readonly BranchPlan[], claims: HeldClaims, facts: RuleFacts): RuleReason | undefined {
  if (branches.length === 0) return undefined;
  const reasons = branches.map((branch) => decideBranch(branch, claims, facts));
  if (reasons.includes(undefined)) return undefined;
  return reasons.every((reason) => reason === "SCOPE_INSUFFICIENT") ? "SCOPE_INSUFFICIENT" : "CLAIMS_INSUFFICIENT";
}

function holdsClaim([name, required]: ClaimCheck, claims: HeldClaims): boolean {
  const held = findClaim(claims, name);
  if (held === undefined) return false;
  return name === "scope" ? matchesScope(required, held) : matches(required, held);
}

function holdsBinding(
  check: BindingCheck,
  claims: HeldClaims,
  root: unknown,
  read: (object: object, key: string) => unknown,
): boolean {
  const held = findClaim(claims, check.claim);
  const values = check.paths.map((path) => readPath(root, path, read));
  if (!check.isList) return matchesBound(held, values[0]);
  return Array.isArray(held) && values.every((value) => held.some((item) => matchesBound(item, value)));
}
