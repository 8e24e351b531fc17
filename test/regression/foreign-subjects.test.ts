/** Subjects that `trust` makes of claims: whoever lacks a claim is nobody, and not the same user as all others who lack it. */
import { createHash } from "node:crypto";
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { makeManager, refusalOf } from "../core/support.ts";
import { ASIDE, createIssuer, entryOf, type Issuer } from "../core/trust-support.ts";

type Claims = Readonly<Record<string, unknown>>;

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const by = (subject: (claims: Claims) => unknown): AuthManager =>
  makeManager({ trust: [entryOf(theirs, { ...ASIDE, subject: subject as TrustedIssuer["subject"] & object })] });

const subjectOf = async (subject: (claims: Claims) => unknown, claims: Claims): Promise<unknown> => {
  try {
    return (await by(subject).verify(await theirs.token(claims))).sub;
  } catch (error) {
    return (error as { reason?: unknown }).reason ?? error;
  }
};

const text = (value: unknown): string => `${value as number}`;

/** Ways in which a claim becomes a part of a text. */
const WAYS: readonly (readonly [way: string, subject: (claims: Claims) => unknown])[] = [
  ["a template", ({ tid, oid }) => `x|${text(tid)}|${text(oid)}`],
  ["String()", ({ tid, oid }) => `x|${String(tid)}|${String(oid)}`],
  ["+", ({ tid, oid }) => "x|" + (tid as string) + "|" + (oid as string)],
  ["join", ({ tid, oid }) => ["x", tid, oid].join("|")],
  ["concat", ({ tid, oid }) => "x|".concat(tid as string, "|", oid as string)],
  ["JSON", ({ tid, oid }) => JSON.stringify([tid, oid])],
  ["JSON of an object", ({ tid, oid }) => JSON.stringify({ tid, oid })],
  [
    "a hash",
    ({ tid, oid }) =>
      createHash("sha256")
        .update(`${text(tid)}|${text(oid)}`)
        .digest("hex"),
  ],
  ["a part of it", ({ tid, oid }) => `x|${text(tid).slice(0, 4)}|${text(oid)}`],
  ["capitals", ({ tid, oid }) => `x|${text(tid)}|${text(oid)}`.toUpperCase()],
  ["an empty text in its place", ({ tid, oid }) => `x|${(tid as string) ?? ""}|${text(oid)}`],
  ["a word in its place", ({ tid, oid }) => `x|${(tid as string) ?? "none"}|${text(oid)}`],
  ["a member by name", (claims) => `x|${text(claims["tid"])}|${text(claims["oid"])}`],
  ["all of them", (claims) => Object.entries({ tid: claims["tid"], oid: claims["oid"] }).join("|")],
  ["nothing but it", ({ tid }) => `x|${text(tid)}`],
];

const UNUSABLE: readonly (readonly [what: string, tid: unknown])[] = [
  ["absent", undefined],
  ["null", null],
  ["an object", { id: 1 }],
  ["an empty object", {}],
  ["a list", ["a"]],
  ["an empty list", []],
  ["true", true],
  ["false", false],
  ["a fraction", 1.5],
  ["an integer that is not exact", 2 ** 53],
];

describe.each(WAYS)("a claim in the subject, by %s", (_, subject) => {
  it.each(UNUSABLE)("refuses the token where it is %s", async (__, tid) => {
    expect(await subjectOf(subject, { tid, oid: "o1" })).toBe("CLAIM_INVALID");
  });

  it("is there where it is text or an exact integer, and tells users apart", async () => {
    const subjects = await Promise.all(
      [{ tid: "t1" }, { tid: "t2" }, { tid: 7 }, { tid: 0 }, { tid: -1 }].map((claims) =>
        subjectOf(subject, { ...claims, oid: "o1" }),
      ),
    );
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(subjects).not.toContain("CLAIM_INVALID");
  });
});

describe("a claim that may be absent", () => {
  it.each<[idiom: string, subject: (claims: Claims) => unknown]>([
    ["??", ({ uid, cid }) => `okta|${text(uid ?? cid)}`],
    ["||", ({ uid, cid }) => `okta|${text(uid || cid)}`],
    ["a comparison with undefined", ({ uid, cid }) => `okta|${text(uid === undefined ? cid : uid)}`],
    ["a comparison with null", ({ uid, cid }) => `okta|${text(uid == null ? cid : uid)}`],
    ["in", (claims) => `okta|${text("uid" in claims ? claims["uid"] : claims["cid"])}`],
    ["hasOwn", (claims) => `okta|${text(Object.hasOwn(claims, "uid") ? claims["uid"] : claims["cid"])}`],
  ])("is chosen by %s, and another stands in for it", async (_, subject) => {
    expect(await subjectOf(subject, { uid: "u1", cid: "c1" })).toBe("okta|u1");
    expect(await subjectOf(subject, { uid: undefined, cid: "c1" })).toBe("okta|c1");
    expect(await subjectOf(subject, { uid: undefined, cid: undefined })).toBe("CLAIM_INVALID");
    expect(await subjectOf(subject, { uid: undefined, cid: null })).toBe("CLAIM_INVALID");
  });

  it.each<[part: string, subject: (claims: Claims) => unknown, expected: string]>([
    ["its part before an @", ({ uid, cid }) => text(uid ?? cid).split("@")[0], "c1"],
    ["its start", ({ uid, cid }) => text(uid ?? cid).slice(0, 2), "c1"],
    ["its letters", ({ uid, cid }) => text(uid ?? cid).replaceAll(/[^\w-]/g, ""), "c1example"],
    ["its end", ({ uid, cid }) => text(uid ?? cid).slice(-7), "example"],
    ["its member", ({ org, cid }) => text((org as { id?: string } | undefined)?.id ?? cid), "c1@example"],
    [
      "what a check lets pass",
      ({ uid, cid }) => {
        if (uid !== undefined && !/^[0-9-]{36}$/.test(text(uid))) throw new Error("malformed");
        return text(uid ?? cid);
      },
      "c1@example",
    ],
  ])("may be absent where another stands in, of which only %s is used", async (_, subject, expected) => {
    expect(await subjectOf(subject, { cid: "c1@example" })).toBe(expected);
    expect(await subjectOf(subject, { cid: null })).toBe("CLAIM_INVALID");
  });

  it("or is of another kind may decide about others", async () => {
    const byFlag = ({ email_verified: isVerified, email, sub }: Claims): string => text(isVerified ? email : sub);
    const user = { email: "a@b.c", sub: "s1" };
    expect(await subjectOf(byFlag, { ...user, email_verified: true })).toBe("a@b.c");
    expect(await subjectOf(byFlag, { ...user, email_verified: false })).toBe("s1");
    expect(await subjectOf(byFlag, user)).toBe("s1");
    const byActor = ({ act, sub }: Claims): string => `${act ? "service" : "user"}|${text(sub)}`;
    expect(await subjectOf(byActor, { sub: "s1" })).toBe("user|s1");
    expect(await subjectOf(byActor, { sub: "s1", act: "x" })).toBe("service|s1");
    const byGroups = ({ groups, sub }: Claims): string =>
      `${(groups as string[] | undefined)?.includes("staff") ? "staff" : "guest"}|${text(sub)}`;
    expect(await subjectOf(byGroups, { sub: "s1", groups: ["staff"] })).toBe("staff|s1");
    expect(await subjectOf(byGroups, { sub: "s1" })).toBe("guest|s1");
  });

  it("is read in an object by its members", async () => {
    const byRealm = ({ realm }: Claims): string => `r|${text((realm as { id?: unknown } | undefined)?.id)}`;
    expect(await subjectOf(byRealm, { realm: { id: "r1" } })).toBe("r|r1");
    expect(await subjectOf(byRealm, { realm: { id: 7 } })).toBe("r|7");
    for (const realm of [{}, { id: null }, { id: {} }, { id: true }, undefined, null])
      expect(await subjectOf(byRealm, { realm })).toBe("CLAIM_INVALID");
  });
});

it("a text with the words of nothing is refused, whatever they come from", async () => {
  const others: { id?: string } = {};
  for (const subject of [() => `x|${others.id}`, () => "x|[object Object]", () => "", () => 7, () => undefined])
    expect(await subjectOf(subject, {})).toBe("CLAIM_INVALID");
  expect(await subjectOf(({ sub }) => `x|${text(sub)}`, { sub: "undefinedly" })).toBe("x|undefinedly");
});

describe("a claim that is hidden from a simple look", () => {
  it("is found in another of the same path in words", async () => {
    const subject = (claims: Claims) =>
      `x|${text(claims["a.b"])}|${text((claims["a"] as { b?: unknown } | undefined)?.b)}`;
    expect(await subjectOf(subject, { "a.b": "one", a: { b: "two" } })).toBe("x|one|two");
    expect(await subjectOf(subject, { "a.b": "one", a: { b: null } })).toBe("CLAIM_INVALID");
    expect(await subjectOf(subject, { "a.b": null, a: { b: "two" } })).toBe("CLAIM_INVALID");
  });

  it.each<[way: string, subject: (claims: Claims) => unknown]>([
    ["a descriptor", (claims) => `x|${text(Object.getOwnPropertyDescriptor(claims, "tid")?.value)}`],
    ["Reflect.get", (claims) => `x|${text(Reflect.get(claims, "tid"))}`],
  ])("is found by %s", async (_, subject) => {
    expect(await subjectOf(subject, { tid: "t1" })).toBe("x|t1");
    for (const tid of [null, {}, [], true, 1.5]) expect(await subjectOf(subject, { tid })).toBe("CLAIM_INVALID");
  });

  // A copy has no member for a claim that is absent, and nothing tells that it was asked for.
  it.each<[way: string, subject: (claims: Claims) => unknown]>([
    ["a rest", ({ sub, ...rest }) => [rest["tid"], sub].join("|")],
    ["a spread over defaults", (claims) => text({ tid: "home", ...claims }.tid)],
    ["Object.assign", (claims) => `x|${text(Object.assign({}, claims)["tid"])}`],
    ["Object.entries", (claims) => `x|${text(new Map(Object.entries(claims)).get("tid"))}`],
    ["Object.keys", (claims) => (Object.keys(claims).includes("tid") ? `x|${text(claims["tid"])}` : "x")],
    ["all descriptors", (claims) => `x|${text(Object.getOwnPropertyDescriptors(claims)["tid"]?.value)}`],
    ["JSON of a member", ({ realm }) => JSON.stringify({ ...(realm as object) })],
  ])("cannot be hidden by %s: that is a fault of the function, whatever the token", async (_, subject) => {
    for (const claims of [{ tid: "t1", realm: { id: "r" } }, { realm: {} }]) {
      const error = await refusalOf(by(subject).verify(await theirs.token(claims)));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain("by its name");
    }
  });

  it.each<[way: string, subject: (claims: Claims) => unknown]>([
    ["a member of it", ({ org, sub }) => [(org as { id?: string } | undefined)?.id, sub].join("|")],
    ["its end", ({ uid }) => `kc|${String(uid).slice(6)}`],
    ["its start", ({ uid }) => `kc|${String(uid).slice(0, 1)}`],
    ["a part between marks", ({ uid }) => `kc|${(uid as string | undefined)?.split("|")[1] ?? ""}`],
    ["its part before an @", ({ uid }) => `kc|${(uid as string | undefined)?.split("@")[0] ?? ""}`],
    ["its path", ({ uid }) => `kc|${uid === undefined ? "" : new URL(text(uid)).pathname}`],
    ["a quotient", ({ uid }) => `u${Math.floor(((uid as number | undefined) ?? 0) / 1000)}`],
    ["its length", ({ uid }) => `kc|${(uid as string | undefined)?.length ?? 0}`],
  ])("is found in %s, where it is absent", async (_, subject) => {
    expect(await subjectOf(subject, {})).toBe("CLAIM_INVALID");
  });

  it("cannot be written over", async () => {
    const subject = (claims: Claims) => {
      Object.assign(claims, { tid: "fixed" });
      return `x|${text(claims["tid"])}`;
    };
    expect(await subjectOf(subject, { tid: null })).toBe("CLAIM_INVALID");
  });
});

it("the refusal names the claim and the remedy", async () => {
  const error = await refusalOf(by(({ tid }) => `x|${text(tid)}`).verify(await theirs.token({ tid: null })));
  expect((error as Error).message).toMatch(/"tid".*"in"/);
  const absent = await refusalOf(by(({ tid }) => `x|${text(tid)}`).verify(await theirs.token()));
  expect((absent as Error).message).toMatch(/"tid" ?\].*absent/);
});
