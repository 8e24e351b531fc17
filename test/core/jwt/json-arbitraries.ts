/** Random JSON claims with unusual names and texts. */
import fc from "fast-check";

/** The seed of every run; PROPERTY_SEED sets another. */
export const SEED = Number(process.env["PROPERTY_SEED"] ?? 42);

/** A JSON value that survives a round trip: no -0, which JSON.stringify writes as 0. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

// Half a surrogate pair is not UTF-8, so JSON escapes it.
const unit = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff }));

/** Text of any kind: plain, any code point, lone surrogates, and special characters. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(unit, { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "null", "\u0000", "\ufeff", "\u2028", "</script>", "🏳️‍🌈", "\ud83d", "a.b.c"),
);

/** Names, including those with a meaning in JavaScript. */
const name: fc.Arbitrary<string> = fc.oneof(
  text,
  fc.constantFrom("__proto__", "constructor", "prototype", "toJSON", "hasOwnProperty", "then", "length", "0", "-0"),
);

const number = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, Number.MAX_VALUE, 1e21, 0.1),
  )
  .map((value) => (Object.is(value, -0) ? 0 : value));

const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 3 }).map(fromEntries),
  ),
}));

/** A JSON object. */
export const jsonObject: fc.Arbitrary<Record<string, Json>> = fc
  .array(fc.tuple(name, value), { maxLength: 6 })
  .map(fromEntries);

/** A JSON object with some registered claims, valid or not; `encode` requires `iss` as text. */
export const anyClaims: fc.Arbitrary<Record<string, Json>> = fc
  .tuple(
    jsonObject,
    fc.record(
      { exp: value, nbf: value, iat: value, aud: value, sub: value, jti: value, iss: text },
      { requiredKeys: [] },
    ),
  )
  .map(([own, registered]) => ({ ...own, ...registered }));

// Like JSON.parse, this treats "__proto__" as an ordinary name.
function fromEntries(entries: [string, Json][]): Record<string, Json> {
  return Object.fromEntries(entries);
}
