/** The memory store: callers share its records, and cannot change them. */
import { memorySessionStore } from "claimgate";
import { makeSessionRecord } from "claimgate/testing";
import { expect, it } from "vitest";

const soon = () => ({ now: Date.now() / 1000, deadline: Date.now() + 5000 });
const next = { rid: "next", issuedAt: 1, expiresAt: 2e9, replacedAt: 1 };

it("returns records that are frozen at every depth, and leaves the record of create as it was", async () => {
  const store = memorySessionStore();
  const record = { ...(await makeSessionRecord()), grant: { scope: { read: ["a"] }, claims: { roles: ["b"] } } };
  await store.create(record, soon());
  const { id, subject } = record;
  const returned = [
    await store.find(id, soon()),
    await store.rotate(id, record.rid, next, soon()),
    ...((await store.claim(id, 2, "me", soon())) ? await store.list(String(subject), soon()) : []),
  ];
  expect(returned.map((found) => found?.version)).toEqual([1, 2, 3]);
  for (const found of returned) {
    const scope = found?.grant.scope as typeof record.grant.scope;
    for (const part of [found, found?.grant, found?.grant.claims, scope, scope.read])
      expect(Object.isFrozen(part)).toBe(true);
  }
  expect(Object.isFrozen(returned[2]?.previous)).toBe(true);
  for (const part of [record, record.grant, record.grant.claims.roles]) expect(Object.isFrozen(part)).toBe(false);
});

it("keeps the record of an operation when a later one replaces it", async () => {
  const store = memorySessionStore();
  const record = await makeSessionRecord();
  await store.create(record, soon());
  const before = await store.find(record.id, soon());
  await store.rotate(record.id, record.rid, next, soon());
  expect(before).toEqual(record);
});
