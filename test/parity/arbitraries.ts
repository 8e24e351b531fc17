/** Random rules, tokens and inputs, drawn from small sets so that about half of the rules hold. */
import type { Json, Rule, RuleBranch } from "claimgate";
import fc from "fast-check";
import type { Presented } from "./naive.ts";

const word = fc.constantFrom("a", "b", "c");
const scalar: fc.Arbitrary<Json> = fc.constantFrom<Json[]>("a", "b", "1", "01", "", 1, 0, 1.5, -1, true, false, null);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom("k", "l"), scalar, { minKeys: 1, maxKeys: 2 }).map(plain) },
  {
    weight: 1,
    arbitrary: fc
      .dictionary(
        fc.constantFrom("k", "l"),
        fc.array(fc.dictionary(word, scalar, { minKeys: 1, maxKeys: 1 }).map(plain), { minLength: 1, maxLength: 2 }),
        { minKeys: 1, maxKeys: 1 },
      )
      .map(plain),
  },
);
const scope: fc.Arbitrary<Exclude<Json, null>> = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => words.join(" ")),
  fc.array(word, { minLength: 1, maxLength: 2 }),
  fc.record({ admin: fc.boolean() }),
);
const claims = fc
  .dictionary(fc.constantFrom("x", "x", "y", "__proto__", "deep.k", "dotted.name"), value, { minKeys: 1, maxKeys: 2 })
  .map(plain)
  .chain((own) => fc.option(scope).map((withScope) => (withScope === null ? own : { ...own, scope: withScope })));
const path = fc.constantFrom("id", "count", "flag", "nested.owner", "nested.rank");
const args = fc
  .dictionary(
    fc.constantFrom("sub", "x", "list", "deep.k"),
    fc.oneof({ weight: 3, arbitrary: path }, { weight: 1, arbitrary: fc.array(path, { minLength: 1, maxLength: 2 }) }),
    {
      minKeys: 1,
      maxKeys: 2,
    },
  )
  .map(plain);
const branch: fc.Arbitrary<RuleBranch> = fc
  .record({ scope, claims, args }, { requiredKeys: [] })
  .filter((one) => Object.keys(one).length > 0) as never;

/** A value that is present in `percent` of all cases. */
function sometimes<T>(percent: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: percent, arbitrary }, { weight: 100 - percent, arbitrary: fc.constant(undefined) });
}

const type = sometimes(15, fc.constantFrom("auth" as const, "refresh" as const));
const location = sometimes(15, fc.constantFrom("header" as const, "cookies" as const));
const optionalRule = fc.record({ type, location, optional: fc.constant(true) });
const requiringRule = fc.record({
  type,
  location,
  scope: sometimes(35, scope),
  claims: sometimes(35, claims),
  args: sometimes(35, args),
  override: sometimes(35, claims),
  anyOf: sometimes(25, fc.array(branch, { minLength: 1, maxLength: 3 })),
});

/** A rule with any of the keys that exist on both transports. */
export const rules: fc.Arbitrary<Rule> = fc
  .oneof({ weight: 1, arbitrary: optionalRule }, { weight: 9, arbitrary: requiringRule })
  .map((rule) => Object.fromEntries(Object.entries(rule).filter(([, part]) => part !== undefined)))
  .filter((rule) => Object.keys(rule).length > 0);

/** Custom claims. */
export const ownClaims: fc.Arbitrary<{ [name: string]: Json }> = fc
  .record(
    {
      x: value,
      y: value,
      list: fc.array(scalar, { maxLength: 3 }),
      deep: fc.dictionary(fc.constantFrom("k", "l"), scalar, { minKeys: 1 }).map(plain),
      "dotted.name": scalar,
    },
    { requiredKeys: [] },
  )
  .map((one) => plain(one as { [name: string]: Json }));

/** Faults of a credential, whatever its claims. */
const STATES = ["missing", "empty", "expired", "tampered", "stale", "bound", "double", "foreign"] as const;

/** A presented credential without its claims. */
export const presentations: fc.Arbitrary<
  Omit<Presented, "claims"> & { scope: Json | undefined; sub: string | number }
> = fc.record({
  state: fc.oneof(
    { weight: 12, arbitrary: fc.constant("valid" as const) },
    { weight: 6, arbitrary: fc.constantFrom(...STATES) },
  ),
  type: fc.oneof(
    { weight: 10, arbitrary: fc.constant("auth" as const) },
    { weight: 1, arbitrary: fc.constant("refresh" as const) },
  ),
  location: fc.constantFrom("header", "cookies"),
  scope: fc.option<Json, undefined>(scope, { nil: undefined }),
  sub: fc.constantFrom<(string | number)[]>("a", "b", 1),
});

/** The input of a call; every key may be missing. */
export const inputs: fc.Arbitrary<{ [name: string]: Json }> = fc
  .record(
    {
      id: fc.constantFrom("a", "b", "1", "01", ""),
      count: fc.constantFrom(0, 1, -1),
      flag: fc.boolean(),
      nested: fc
        .record({ owner: fc.constantFrom("a", "b", "1"), rank: fc.constantFrom(1.5, 1) }, { requiredKeys: [] })
        .map((one) => plain(one as never)),
    },
    { requiredKeys: [] },
  )
  .map((one) => plain(one as { [name: string]: Json }));

function plain<T extends { [name: string]: unknown }>(record: T): { [name: string]: Json } {
  return Object.fromEntries(Object.entries(record)) as { [name: string]: Json };
}
