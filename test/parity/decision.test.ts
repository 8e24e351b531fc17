/** The law of decisions: the compiled rule and the naive evaluator agree on verdicts and reads. */
import type { Rule } from "claimgate";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileRule } from "../../src/core/rules/compile.ts";
import { decided, type Member, members } from "./arbitraries.ts";
import { decideNaively } from "./naive.ts";

const RUNS = 20_000;

type Members = ReadonlyMap<string, Member>;
interface Facts {
  readonly args: object;
  readonly parent: object;
}

it(`two evaluators of ${RUNS} random rules agree on every verdict, error and accessor that they read`, () => {
  const seen = new Map<string, number>();
  const law = fc.property(decided, members, members, members, ({ rule, claims }, args, parent, inner) => {
    const naive = observe({ args, parent, inner }, (facts) => decideNaively(rule, claims, facts));
    const compiled = observe({ args, parent, inner }, (facts) => decideByPlan(rule, claims, facts));
    expect(compiled).toEqual(naive);
    for (const one of [naive.verdict, ...(naive.reads.length > 1 ? ["several reads"] : [])])
      seen.set(one, (seen.get(one) ?? 0) + 1);
  });
  fc.assert(law, { numRuns: RUNS, seed: Number(process.env["PARITY_SEED"] ?? 42) });
  // The random sets must reach every outcome often enough.
  for (const outcome of ["ALLOW", "SCOPE_INSUFFICIENT", "CLAIMS_INSUFFICIENT", "thrown"])
    expect(seen.get(outcome) ?? 0, `cases of ${outcome}`).toBeGreaterThan(RUNS / 100);
  expect(seen.get("several reads") ?? 0).toBeGreaterThan(RUNS / 500);
}, 120_000);

function decideByPlan(rule: Rule, claims: Readonly<Record<string, unknown>>, { args, parent }: Facts): string {
  return compileRule(rule).test(claims, args, parent) ?? "ALLOW";
}

/** The verdict, or `"thrown"`, and the accessors that were read, in their order. */
function observe(
  { args, parent, inner }: Record<"args" | "parent" | "inner", Members>,
  decide: (facts: Facts) => string,
): { readonly verdict: string; readonly reads: readonly string[] } {
  const reads: string[] = [];
  const facts = { args: build("args", args, inner, reads), parent: build("parent", parent, inner, reads) };
  try {
    return { verdict: decide(facts), reads };
  } catch (error) {
    if (error !== reads) throw error;
    return { verdict: "thrown", reads };
  }
}

/** An object with these members. `inner` are the members of its member `nested`. */
function build(path: string, own: Members, inner: Members, reads: string[]): object {
  const classPart: object = {};
  const object = Object.create(classPart) as object;
  for (const [key, { value: given, is }] of own) {
    const at = `${path}.${key}`;
    const value = key === "nested" ? build(at, rename(inner), new Map(), reads) : given;
    const get = (): unknown => {
      reads.push(at);
      // The reads identify the error.
      if (is === "throwing accessor") throw reads;
      return value;
    };
    const holder = is.startsWith("class") ? classPart : object;
    Object.defineProperty(holder, key, is.endsWith("accessor") ? { get } : { value, enumerable: true });
  }
  return object;
}

/** The members that the paths of rules name below `nested`. */
function rename(inner: Members): Members {
  const names = { id: "owner", count: "rank" } as const;
  return new Map(
    Object.entries(names).flatMap(([from, to]) => {
      const one = inner.get(from);
      return one ? [[to, one] as const] : [];
    }),
  );
}
