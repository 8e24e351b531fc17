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

/** The values of a call. `parent` may have accessors. */
export interface NaiveFacts {
  readonly args?: unknown;
  readonly parent?: unknown;
}

type Claims = Readonly<Record<string, unknown>>;

/** `"ALLOW"`, or the reason of the rejection. */
export function evaluateNaively(rule: Rule, presented: Presented, input: Json | undefined): string {
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
  return decideNaively(rule, presented.claims, { args: input });
}

/** The verdict about the claims of a valid token. Throws what an accessor throws. */
export function decideNaively(rule: Rule, claims: Claims, facts: NaiveFacts): string {
  if (rule.override && claimsHold(rule.override, claims)) return "ALLOW";
  const own = branchReason(rule, claims, facts);
  if (own !== "ALLOW" || !rule.anyOf) return own;
  const reasons: string[] = [];
  for (const branch of rule.anyOf) {
    const reason = branchReason(branch, claims, facts);
    if (reason === "ALLOW") return reason;
    reasons.push(reason);
  }
  return reasons.every((reason) => reason === "SCOPE_INSUFFICIENT") ? "SCOPE_INSUFFICIENT" : "CLAIMS_INSUFFICIENT";
}

function branchReason(branch: RuleBranch, claims: Claims, { args, parent }: NaiveFacts): string {
  if (branch.scope !== undefined && !scopeHolds(branch.scope, lookUp(claims, "scope"))) return "SCOPE_INSUFFICIENT";
  const holds =
    (!branch.claims || claimsHold(branch.claims, claims)) &&
    bindingsHold(branch.args, claims, (path) => walk(args, path, ownValue)) &&
    bindingsHold(branch.parent, claims, (path) => walk(parent, path, ownOrAccessorValue));
  return holds ? "ALLOW" : "CLAIMS_INSUFFICIENT";
}

function bindingsHold(bindings: RuleBranch["args"], claims: Claims, valueAt: (path: string) => unknown): boolean {
  return Object.entries(bindings ?? {}).every(([claim, bound]) => {
    const held = lookUp(claims, claim);
    if (typeof bound === "string") return sameScalar(held, valueAt(bound));
    if (!Array.isArray(held)) return false;
    return bound.every((path) => {
      const value = valueAt(path);
      return held.some((item) => sameScalar(item, value));
    });
  });
}

function claimsHold(required: object, claims: Claims): boolean {
  return Object.entries(required).every(([name, value]) => {
    const held = lookUp(claims, name);
    return held !== undefined && (name === "scope" ? scopeHolds(value, held) : holds(value, held));
  });
}

function scopeHolds(required: unknown, held: unknown): boolean {
  const words = (scope: unknown): string[] | undefined => {
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

function holds(required: unknown, held: unknown): boolean {
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

function same(a: unknown, b: unknown): boolean {
  let unequal = 0;
  const print = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(print).join()}]`;
    if (typeof value === "object" && value !== null)
      return `{${Object.entries(value)
        .map(([key, item]) => `${JSON.stringify(key)}:${print(item)}`)
        .toSorted()
        .join()}}`;
    // NaN equals nothing, and -0 equals 0.
    if (Number.isNaN(value)) return `NaN ${unequal++}`;
    return typeof value === "string" ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
  };
  return print(a) === print(b);
}

function sameScalar(claim: unknown, value: unknown): boolean {
  const isScalar = (one: unknown): boolean =>
    ["string", "boolean", "bigint"].includes(typeof one) ||
    (typeof one === "number" && one > -(2 ** 53) && one < 2 ** 53);
  if (!isScalar(claim) || !isScalar(value)) return false;
  if (typeof claim === typeof value) return claim === value;
  const integer = (one: unknown): string | undefined => {
    if (typeof one === "string") return /^(0|-?[1-9][0-9]*)$/.test(one) ? one : undefined;
    return typeof one === "bigint" || Number.isSafeInteger(one) ? String(one) : undefined;
  };
  return integer(claim) !== undefined && integer(claim) === integer(value);
}

function lookUp(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : walk(claims, name, ownValue);
}

function walk(root: unknown, path: string, read: (object: object, key: string) => unknown): unknown {
  if (path === "") return root;
  return path.split(".").reduce<unknown>((at, key) => {
    if (typeof at !== "object" || at === null || Array.isArray(at)) return undefined;
    return read(at, key);
  }, root);
}

function ownValue(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

/** An own value, or that of the nearest accessor of a class. */
function ownOrAccessorValue(object: object, key: string): unknown {
  if (Object.hasOwn(object, key)) return (object as Record<string, unknown>)[key];
  let proto = Object.getPrototypeOf(object) as object | null;
  while (proto !== null && proto !== Object.prototype && !Object.hasOwn(proto, key))
    proto = Object.getPrototypeOf(proto) as object | null;
  if (proto === null || proto === Object.prototype) return undefined;
  return Object.getOwnPropertyDescriptor(proto, key)?.get?.call(object);
}
