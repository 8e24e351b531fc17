/** A naive evaluator of rules, with which the compiled rule is compared. */
import type { Json, Rule, RuleBranch } from "claimgate";

/** A presented credential. */
export interface Presented {
  /** `stale`: expired, with a previous key. `bound`: with `cnf`. `foreign`: from another site. */
  readonly state: "missing" | "empty" | "valid" | "expired" | "tampered" | "stale" | "bound" | "double" | "foreign";
  readonly type: "auth" | "refresh";
  readonly location: "header" | "cookies";
  readonly claims: { readonly [name: string]: Json };
}

type Facts = Json | undefined;

/** `"ALLOW"`, or the reason of the rejection. */
export function evaluateNaively(rule: Rule, presented: Presented, input: Facts): string {
  const isInHeader = presented.location === "header";
  // The header is always read, the cookie only by rules that do not require the header.
  if (presented.state === "double" && (isInHeader || rule.location !== "header")) return "CREDENTIALS_AMBIGUOUS";
  if (presented.state === "foreign" && !isInHeader && rule.location !== "header") return "CSRF_REJECTED";
  const elsewhere = rule.location !== undefined && rule.location !== presented.location;
  const isAbsent = presented.state === "missing" || presented.state === "empty";
  if (isAbsent || elsewhere) return rule.optional ? "ALLOW" : "TOKEN_MISSING";
  if (presented.state === "stale") return isInHeader ? "SIGNATURE_INVALID" : "TOKEN_EXPIRED";
  if (presented.state === "bound") return "TOKEN_TYPE_INVALID";
  if (presented.state === "tampered") return "SIGNATURE_INVALID";
  if (presented.state === "expired") return "TOKEN_EXPIRED";
  if (presented.type !== (rule.type ?? "auth")) return "TOKEN_TYPE_INVALID";
  if (rule.override && claimsHold(rule.override, presented.claims)) return "ALLOW";
  const own = branchReason(rule, presented.claims, input);
  if (own !== "ALLOW" || !rule.anyOf) return own;
  const reasons = rule.anyOf.map((branch) => branchReason(branch, presented.claims, input));
  if (reasons.some((reason) => reason === "ALLOW")) return "ALLOW";
  return reasons.every((reason) => reason === "SCOPE_INSUFFICIENT") ? "SCOPE_INSUFFICIENT" : "CLAIMS_INSUFFICIENT";
}

function branchReason(branch: RuleBranch, claims: Presented["claims"], input: Facts): string {
  if (branch.scope !== undefined && !scopeHolds(branch.scope, claims["scope"])) return "SCOPE_INSUFFICIENT";
  if (branch.claims && !claimsHold(branch.claims, claims)) return "CLAIMS_INSUFFICIENT";
  for (const [claim, bound] of Object.entries(branch.args ?? {})) {
    const held = lookUp(claims, claim);
    if (typeof bound === "string") {
      if (!sameScalar(held, walk(input, bound))) return "CLAIMS_INSUFFICIENT";
    } else {
      if (!Array.isArray(held)) return "CLAIMS_INSUFFICIENT";
      for (const path of bound) {
        if (!held.some((item: Json) => sameScalar(item, walk(input, path)))) return "CLAIMS_INSUFFICIENT";
      }
    }
  }
  return "ALLOW";
}

function claimsHold(required: object, claims: Presented["claims"]): boolean {
  return Object.entries(required).every(([name, value]) => {
    const held = lookUp(claims, name);
    return held !== undefined && (name === "scope" ? scopeHolds(value, held) : holds(value, held));
  });
}

function scopeHolds(required: Json, held: Facts): boolean {
  const words = (scope: Facts): string[] | undefined => {
    if (typeof scope === "string") return scope.split(" ").filter(Boolean);
    if (Array.isArray(scope) && scope.every((word) => typeof word === "string"))
      return scope.flatMap((word) => words(word) ?? []);
    return undefined;
  };
  const needed = words(required);
  if (needed === undefined) return held !== undefined && holds(required, held);
  const owned = new Set(words(held) ?? []);
  return needed.every((word) => owned.has(word));
}

function holds(required: Json, held: Json): boolean {
  if (Array.isArray(required))
    return Array.isArray(held) && required.every((item) => held.some((own) => same(item, own)));
  if (typeof required === "object" && required !== null) {
    if (typeof held !== "object" || held === null || Array.isArray(held)) return false;
    return Object.entries(required).every(
      ([key, value]) => Object.hasOwn(held, key) && holds(value, (held as never)[key]),
    );
  }
  return required === held;
}

function same(a: Json, b: Json): boolean {
  const sorted = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([x], [y]) => (x < y ? -1 : 1))
        .map(([key, item]) => [key, sorted(item)]),
    );
  };
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sameScalar(claim: Facts, value: Facts): boolean {
  const isScalar = (one: Facts): boolean => ["string", "number", "boolean"].includes(typeof one);
  if (!isScalar(claim) || !isScalar(value)) return false;
  if (claim === value) return true;
  const [number, text] = typeof claim === "number" ? [claim, value] : [value, claim];
  return typeof number === "number" && typeof text === "string" && Number.isSafeInteger(number) && `${number}` === text;
}

function lookUp(claims: Presented["claims"], name: string): Facts {
  return Object.hasOwn(claims, name) ? claims[name] : walk(claims, name);
}

function walk(root: Facts, path: string): Facts {
  if (path === "") return root;
  return path.split(".").reduce<Facts>((at, key) => {
    if (typeof at !== "object" || at === null || Array.isArray(at)) return undefined;
    return Object.hasOwn(at, key) ? (at as { [key: string]: Json })[key] : undefined;
  }, root);
}
