/** Random rules, tokens and inputs, drawn from small sets so that about half of the rules hold. */
import type { Json, Rule, RuleBranch } from "claimgate";
import fc from "fast-check";
import type { Presented } from "./naive.ts";

const CLAIMS = ["x", "x", "y", "__proto__", "constructor", "deep.k", "deep.l.m", "dotted.name", "__proto__.k"] as const;
const word = fc.constantFrom("a", "b", "c");
const scalar: fc.Arbitrary<Json> = fc.constantFrom<Json[]>("a", "b", "1", "01", "", 1, 0, 1.5, -1, true, false, null);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { minLength: 1, maxLength: 3 }) },
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
  { weight: 1, arbitrary: fc.constantFrom<Json[]>([["a", 1]], [{ k: 1 }], { 0: "a" }, { k: { l: "a" } }, -0) },
);
const scope: fc.Arbitrary<Exclude<Json, null>> = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" ")),
  fc.array(word, { minLength: 1, maxLength: 3 }),
  fc.record({ admin: fc.boolean() }),
);
const claims = fc
  .dictionary(fc.constantFrom(...CLAIMS), value, { minKeys: 1, maxKeys: 2 })
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

const ruleParts = {
  scope: sometimes(35, scope),
  claims: sometimes(35, claims),
  args: sometimes(35, args),
  override: sometimes(35, claims),
};
const type = sometimes(15, fc.constantFrom("auth" as const, "refresh" as const));
const location = sometimes(15, fc.constantFrom("header" as const, "cookies" as const));
const optionalRule = fc.record({ type, location, optional: fc.constant(true) });
const requiringRule = fc.record({
  type,
  location,
  ...ruleParts,
  anyOf: sometimes(25, fc.array(branch, { minLength: 1, maxLength: 3 })),
});

/** A rule with any of the keys that exist on both transports. */
export const rules: fc.Arbitrary<Rule> = fc
  .oneof({ weight: 1, arbitrary: optionalRule }, { weight: 9, arbitrary: requiringRule })
  .map(withoutAbsent)
  .filter((rule) => Object.keys(rule).length > 0);

const parentBranch: fc.Arbitrary<RuleBranch> = fc
  .record({ scope, claims, args, parent: args }, { requiredKeys: [] })
  .filter((one) => Object.keys(one).length > 0) as never;

/** A rule that requires anything of a token, `parent` included. */
export const requirements: fc.Arbitrary<Rule> = fc
  .record({
    ...ruleParts,
    parent: sometimes(35, args),
    anyOf: sometimes(35, fc.array(parentBranch, { minLength: 1, maxLength: 3 })),
  })
  .map(withoutAbsent)
  .filter((rule) => Object.keys(rule).length > 0);

const notInJson = fc.constantFrom<unknown[]>(Number.NaN, Number.POSITIVE_INFINITY, undefined, 1n, -1n);
/** Values near the required ones, and those that only a `claimsSchema` or a resolver creates. */
const near = fc.oneof<fc.Arbitrary<unknown>[]>(
  notInJson,
  fc.constantFrom(
    -0,
    2 ** 53,
    [],
    [undefined],
    ["a"],
    [["a", 1, 1]],
    [{ k: 1, l: 1 }],
    Object.create({ k: "a", l: 1 }),
  ),
);
const anyValue: fc.Arbitrary<unknown> = fc.oneof({ weight: 3, arbitrary: value }, { weight: 2, arbitrary: near });
const anyClaims = fc.dictionary(fc.constantFrom(...CLAIMS, "sub", "list"), anyValue, { maxKeys: 8 }).map(plain);

/** The claims of a valid token, after any `claimsSchema`. They may inherit others. */
const heldClaims: fc.Arbitrary<object> = fc
  .tuple(
    anyClaims,
    anyClaims,
    fc.record(
      {
        scope: fc.oneof<fc.Arbitrary<unknown>[]>(scope, fc.constantFrom(" a  b ", "ab a", "", ["a", 1], ["a b"], null)),
        list: fc.array(fc.oneof(scalar, near), { maxLength: 3 }),
        deep: fc.oneof<fc.Arbitrary<unknown>[]>(
          fc.dictionary(fc.constantFrom("k", "l"), fc.oneof(scalar, fc.constant({ m: "a" }))).map(plain),
          near,
        ),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([own, inherited, more]) => Object.setPrototypeOf(plain({ ...own, ...more }), inherited) as object);

/** How the claims have a required value: changed, or as it is. */
const FORMS = ["absent", "absent", "own", "own", "inherited", "inherited members", "one more", "a list"] as const;
type Form = (typeof FORMS)[number];

/** A rule, and claims that have some of its values. */
export const decided: fc.Arbitrary<{ rule: Rule; claims: Readonly<Record<string, unknown>> }> = fc
  .tuple(requirements, heldClaims, fc.array(fc.constantFrom(...FORMS), { minLength: 4, maxLength: 4 }))
  .map(([rule, claims, forms]) => {
    const branches: RuleBranch[] = [rule, { claims: rule.override ?? {} }, ...(rule.anyOf ?? [])];
    const required = branches.flatMap((one) => [
      ...(one.scope === undefined ? [] : [["scope", one.scope] as const]),
      ...Object.entries(one.claims ?? {}),
    ]);
    for (const [i, [name, value]] of required.entries()) give(claims, name, value, forms[i] ?? "absent");
    return { rule, claims: claims as Readonly<Record<string, unknown>> };
  });

function give(claims: object, path: string, required: Json, form: Form): void {
  if (form === "absent") return;
  const isNested = path.startsWith("deep.") || path.startsWith("__proto__.");
  const [name, ...rest] = isNested ? path.split(".") : [path];
  const value = rest.reduceRight<unknown>((inner, key) => plain({ [key]: inner }), changed(required, form));
  const holder = form === "inherited" ? (Object.getPrototypeOf(claims) as object) : claims;
  Object.defineProperty(holder, name as string, { value, enumerable: true, configurable: true });
}

function changed(required: Json, form: Form): unknown {
  if (form === "own" || form === "inherited") return required;
  if (Array.isArray(required)) return required.map((item: Json) => changed(item, form));
  if (typeof required !== "object" || required === null) return required;
  if (form === "one more") return plain(Object.assign({ more: 1 }, required));
  if (form === "a list") return Object.values(required);
  return Object.create(required) as object;
}

/** A member of an object of a call, and how the object has it. */
export interface Member {
  readonly value: unknown;
  readonly is: "own" | "own accessor" | "class accessor" | "class value" | "throwing accessor";
}

const HELD_AS = [
  "own",
  "own",
  "own accessor",
  "own accessor",
  "class accessor",
  "class value",
  "throwing accessor",
] as const;
const member = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<Member> =>
  fc.record({
    value: arbitrary,
    is: fc.constantFrom<Member["is"][]>(...HELD_AS),
  });

/** The members of an input, of arguments or of a parent object. */
export const members: fc.Arbitrary<ReadonlyMap<string, Member>> = fc
  .record(
    { id: member(anyValue), count: member(anyValue), flag: member(anyValue), nested: member(fc.constant(undefined)) },
    { requiredKeys: [] },
  )
  .map((one) => new Map(Object.entries(one)));

/** Custom claims. */
export const ownClaims: fc.Arbitrary<{ [name: string]: Json }> = fc
  .record(
    {
      x: value,
      y: value,
      list: fc.array(scalar, { maxLength: 3 }),
      deep: fc
        .dictionary(fc.constantFrom("k", "l"), fc.oneof(scalar, fc.constant({ m: "a" })), { minKeys: 1 })
        .map(plain),
      "dotted.name": scalar,
    },
    { requiredKeys: [] },
  )
  .map(plain);

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
        .map(plain),
    },
    { requiredKeys: [] },
  )
  .map(plain);

function withoutAbsent(rule: object): object {
  return Object.fromEntries(Object.entries(rule).filter(([, part]) => part !== undefined));
}

function plain(record: object): { [name: string]: Json } {
  return Object.fromEntries(Object.entries(record) as [string, Json][]);
}
