/** The check of records agrees with the schema that states the same contract. */
import { memorySessionStore, type SessionRecord } from "claimgate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readRecord } from "../../../src/core/stores/read-record.ts";

const seconds = z.number();
const text = z.string().min(1);
const schema = z.object({
  id: text,
  subject: z.union([text, z.number().int()]),
  version: z.number().int().positive(),
  rid: text,
  issuedAt: seconds,
  expiresAt: seconds,
  previous: z.object({ rid: text, replacedAt: seconds }).nullable(),
  claimedBy: text.nullable(),
  grant: z.object({ scope: z.unknown().optional(), claims: z.record(z.string(), z.unknown()).optional() }),
  label: z.string().nullable(),
  remember: z.boolean().default(true),
  createdAt: seconds,
  endsAt: seconds.nullable(),
  reservedUntil: seconds.nullable(),
  ended: z.boolean(),
});

const RECORD: SessionRecord = {
  id: "tag.id",
  subject: "ann",
  version: 1,
  rid: "r1",
  issuedAt: 100,
  expiresAt: 200.5,
  previous: { rid: "r0", replacedAt: 90 },
  claimedBy: "call",
  grant: { scope: { admin: true }, claims: { plan: "pro" } },
  label: "phone",
  remember: false,
  createdAt: 50,
  endsAt: 1000,
  reservedUntil: null,
  ended: false,
};

const PATHS = [
  ...Object.keys(RECORD).map((name) => [name]),
  ...["rid", "replacedAt", "more"].map((name) => ["previous", name]),
  ...["scope", "claims", "more"].map((name) => ["grant", name]),
  ["grant", "claims", "plan"],
  ["more"],
];
class Odd {
  plan = "pro";
}
const VALUES: readonly unknown[] = [
  undefined,
  null,
  "",
  "x",
  " ",
  0,
  -0,
  -1,
  1,
  1.5,
  2 ** 53,
  -(2 ** 53),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  false,
  10n,
  [],
  ["x"],
  {},
  { rid: "x" },
  { rid: "x", replacedAt: 1, more: 1 },
  { claims: [] },
  { claims: null },
  { scope: undefined },
  Object.create(null),
  Object.create({ rid: "x", replacedAt: 1 }),
  JSON.parse('{"__proto__":{"a":1},"claims":{"__proto__":{"a":1},"constructor":1}}'),
  new Odd(),
  new Map(),
  new Date(0),
  () => 1,
  Symbol.iterator,
];

const NO_RECORD = new TypeError("The session store returned a value that is not a session record");

/** The record that the check and the schema make of a value; an error if they reject it. */
function readBoth(value: unknown): { readonly own: unknown; readonly schemas: unknown } {
  const { success, data } = schema.safeParse(value);
  return { own: readOr(value), schemas: success ? data : NO_RECORD };
}

function readOr(value: unknown): unknown {
  try {
    return readRecord(value);
  } catch (error) {
    return error;
  }
}

/** A copy of `target` with the value at the path, or without the path's last name. */
function withValue(target: object, [name = "", ...rest]: readonly string[], change: (owner: object) => void): object {
  const copy = { ...target } as Record<string, unknown>;
  if (rest.length === 0) change(copy);
  else copy[name] = withValue(copy[name] ?? {}, rest, change);
  return copy;
}

function agree(value: unknown): void {
  const { own, schemas } = readBoth(value);
  expect(own).toStrictEqual(schemas);
}

describe("a record with one member of another value", () => {
  it.each(PATHS.map((path) => [path.join("."), path] as const))("is judged as by the schema: %s", (_, path) => {
    const last = path.at(-1) ?? "";
    agree(withValue(RECORD, path, (owner) => delete (owner as Record<string, unknown>)[last]));
    for (const value of VALUES)
      agree(withValue(RECORD, path, (owner) => Object.defineProperty(owner, last, { value, enumerable: true })));
  });
});

it("a value that is not an object is rejected, as by the schema", () => {
  for (const value of [...VALUES, [RECORD]]) {
    agree(value);
    expect(readBoth(value).own).toEqual(NO_RECORD);
  }
});

it("random members are judged as by the schema", () => {
  const member = fc.oneof(
    fc.constantFrom(...VALUES),
    fc.anything(),
    fc.json().map((json) => JSON.parse(json) as unknown),
  );
  const changes = fc.array(fc.tuple(fc.constantFrom(...PATHS), member), { maxLength: 3 });
  fc.assert(
    fc.property(changes, (made) => {
      agree(
        made.reduce<object>(
          (record, [path, value]) =>
            withValue(record, path, (owner) =>
              Object.defineProperty(owner, path.at(-1) ?? "", { value, enumerable: true, configurable: true }),
            ),
          RECORD,
        ),
      );
    }),
    { numRuns: 2000 },
  );
});

it("accepts what the memory store returns, and a record without remember as true", async () => {
  const store = memorySessionStore();
  const operation = { now: 100, deadline: Date.now() + 10_000 };
  await store.create(RECORD, operation);
  expect(readRecord(await store.find(RECORD.id, operation))).toStrictEqual(RECORD);
  const { remember: _, ...older } = RECORD;
  expect(readRecord(older)).toStrictEqual({ ...RECORD, remember: true });
});

it("copies each member once, so that a getter cannot change what was checked", () => {
  let asked = 0;
  const shifty = Object.defineProperty({ ...RECORD }, "subject", { get: () => (asked++ === 0 ? "ann" : "eve") });
  expect(readRecord(shifty).subject).toBe("ann");
});
