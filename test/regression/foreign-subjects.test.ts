/** Subject functions of `trust`: a token without a claim that the function uses is rejected. */
import { createHash } from "node:crypto";
import { stringify } from "node:querystring";
import { format, inspect } from "node:util";
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { ASIDE, createIssuer, entryOf, type Issuer } from "../core/issuers/support.ts";
import { createAuth } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";

type Claims = Readonly<Record<string, unknown>>;

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const by = (subject: (claims: Claims) => unknown): AuthManager =>
  createAuth({ trust: [entryOf(theirs, { ...ASIDE, subject: subject as TrustedIssuer["subject"] & object })] }).auth;

const subjectOf = async (subject: (claims: Claims) => unknown, claims: Claims): Promise<unknown> => {
  try {
    return (await by(subject).verify(await theirs.token(claims))).sub;
  } catch (error) {
    return (error as { reason?: unknown }).reason ?? error;
  }
};

const text = (value: unknown): string => `${value as number}`;

/** Ways to use a claim in a text. */
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
  ["a part of the claim", ({ tid, oid }) => `x|${text(tid).slice(0, 4)}|${text(oid)}`],
  ["capitals", ({ tid, oid }) => `x|${text(tid)}|${text(oid)}`.toUpperCase()],
  ["an empty text as default", ({ tid, oid }) => `x|${(tid as string) ?? ""}|${text(oid)}`],
  ["a word as default", ({ tid, oid }) => `x|${(tid as string) ?? "none"}|${text(oid)}`],
  ["a member by name", (claims) => `x|${text(claims["tid"])}|${text(claims["oid"])}`],
  ["a list of entries", (claims) => Object.entries({ tid: claims["tid"], oid: claims["oid"] }).join("|")],
  ["the claim alone", ({ tid }) => `x|${text(tid)}`],
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
  ["an integer above the exact integers", 2 ** 53],
];

describe.each(WAYS)("a claim used in the subject by %s", (_, subject) => {
  it.each(UNUSABLE)("rejects the token when the claim is %s", async (__, tid) => {
    expect(await subjectOf(subject, { tid, oid: "o1" })).toBe("CLAIM_INVALID");
  });

  it("is accepted as text or as an exact integer, and distinguishes users", async () => {
    const subjects = await Promise.all(
      [{ tid: "t1" }, { tid: "t2" }, { tid: 7 }, { tid: 0 }, { tid: -1 }].map((claims) =>
        subjectOf(subject, { ...claims, oid: "o1" }),
      ),
    );
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(subjects).not.toContain("CLAIM_INVALID");
  });
});

describe("an optional claim", () => {
  it.each<[idiom: string, subject: (claims: Claims) => unknown]>([
    ["in", (claims) => `okta|${text("uid" in claims ? claims["uid"] : claims["cid"])}`],
    ["hasOwn", (claims) => `okta|${text(Object.hasOwn(claims, "uid") ? claims["uid"] : claims["cid"])}`],
    ["Reflect.has", (claims) => `okta|${text(Reflect.has(claims, "uid") ? claims["uid"] : claims["cid"])}`],
  ])("is tested with %s, and replaced by another claim", async (_, subject) => {
    expect(await subjectOf(subject, { uid: "u1", cid: "c1" })).toBe("okta|u1");
    expect(await subjectOf(subject, { uid: "u1" })).toBe("okta|u1");
    expect(await subjectOf(subject, { cid: "c1" })).toBe("okta|c1");
    expect(await subjectOf(subject, {})).toBe("CLAIM_INVALID");
    expect(await subjectOf(subject, { cid: null })).toBe("CLAIM_INVALID");
    expect(await subjectOf(subject, { uid: null, cid: "c1" })).toBe("CLAIM_INVALID");
  });

  it("may be a member of an object or of a list", async () => {
    const subject = ({ org, ids }: Claims): string => {
      const { id } = org as { id?: unknown };
      const [first] = [(ids as { value?: unknown }[])[0]];
      return `x|${text(id)}|${"value" in (first ?? {}) ? text(first?.value) : "none"}`;
    };
    expect(await subjectOf(subject, { org: { id: 7 }, ids: [{ value: "v" }] })).toBe("x|7|v");
    expect(await subjectOf(subject, { org: { id: "o" }, ids: [{}] })).toBe("x|o|none");
    for (const claims of [{}, { org: {} }, { org: { id: "o" } }, { org: { id: "o" }, ids: [] }])
      expect(await subjectOf(subject, claims)).toBe("CLAIM_INVALID");
  });

  it("is not confused with an inherited member", async () => {
    const subject = (claims: Claims): string => ("constructor" in claims ? text(claims["constructor"]) : "none");
    expect(await subjectOf(subject, {})).toBe("none");
    expect(await subjectOf(subject, { constructor: "c" })).toBe("c");
    expect(await subjectOf((claims) => `x|${text(claims["constructor"])}`, {})).toBe("CLAIM_INVALID");
  });
});

// In each case, all users without the claim were one user.
describe("a token without the claim is rejected when the subject function uses the claim", () => {
  const tenantOf = (value: unknown): string | undefined => (value as { tenant?: string } | undefined)?.tenant;

  it.each<[way: string, subject: (claims: Claims) => unknown]>([
    ["by ?? with another claim", ({ uid, sub }) => text(uid ?? sub)],
    ["by || with another claim", ({ uid, sub }) => text(uid || sub)],
    ["compared with undefined", ({ uid, sub }) => text(uid === undefined ? sub : uid)],
    ["compared with null", ({ uid, sub }) => text(uid == null ? sub : uid)],
    ["by a default in a pattern", ({ uid = "home", sub }) => `${text(uid)}|${text(sub)}`],
    ["by a nested default", ({ uid }) => (({ id = "none" }: { id?: string } = {}) => `x|${id}`)(uid as object)],
    ["by its member", ({ uid }) => `x|${tenantOf(uid)}`],
    ["by its nested member", ({ uid }) => `x|${tenantOf((uid as { a?: unknown } | undefined)?.a) ?? "home"}`],
    [
      "by its nested member in capitals",
      ({ uid }) => `x|${tenantOf((uid as { a?: unknown } | undefined)?.a)}`.toUpperCase(),
    ],
    ["by a member of a list", ({ uid }) => (uid as { id?: string }[] | undefined)?.[0]?.id ?? "local"],
    ["by its start", ({ uid }) => `kc|${String(uid).slice(0, 1)}`],
    ["by its end", ({ uid }) => `kc|${String(uid).slice(6)}`],
    ["by a part between separators", ({ uid }) => `kc|${(uid as string | undefined)?.split("|")[1] ?? ""}`],
    ["by a match", ({ uid }) => /OU=(\w+)/.exec(String(uid))?.[1] ?? "public"],
    ["by a quotient", ({ uid }) => `u${Math.floor(((uid as number | undefined) ?? 0) / 1000)}`],
    ["by its length", ({ uid }) => `kc|${(uid as string | undefined)?.length ?? 0}`],
    ["by a table", ({ uid, sub }) => `${{ acme: "a" }[uid as "acme"] ?? "home"}|${text(sub)}`],
    ["by a check", ({ uid, sub }) => `${/^[a-z]{2,8}$/.test(String(uid)) ? text(uid) : "home"}|${text(sub)}`],
    ["by a prefix", ({ uid }) => ((uid as string | undefined)?.startsWith("t-") ? text(uid) : "public")],
    ["by an @", ({ uid }) => (String(uid).includes("@") ? text(uid) : `${text(uid)}@main`)],
    ["as a number", ({ uid }) => `${Number(uid) < 1e9 ? Number(uid) : 0}`],
    ["as a flag", ({ uid, sub }) => `${Boolean(uid)}|${text(sub)}`],
    ["as a flag in a comparison", ({ uid, sub }) => `${uid === true}|${text(sub)}`],
    ["to choose between other claims", ({ uid, email, sub }) => text(uid ? email : sub)],
    ["to reject", ({ uid, sub }) => (uid === "x" ? undefined : text(sub))],
    ["by a property descriptor", (claims) => `x|${text(Object.getOwnPropertyDescriptor(claims, "uid")?.value)}`],
    ["by Reflect.get", (claims) => `x|${text(Reflect.get(claims, "uid"))}`],
    [
      "in a try block",
      (claims) =>
        ((read) => read(() => claims["uid"]))((get: () => unknown) => {
          try {
            return text(get());
          } catch {
            return "home";
          }
        }),
    ],
  ])("%s", async (_, subject) => {
    for (const uid of [null, true, false, 1.5, 2 ** 53])
      expect(await subjectOf(subject, { uid, email: "e@x" })).toBe("CLAIM_INVALID");
    expect(await subjectOf(subject, { email: "e@x" })).toBe("CLAIM_INVALID");
  });

  it.each<[way: string, subject: (claims: Claims) => unknown]>([
    ["join", ({ uid }) => `x|${(uid as string[]).join("|")}`],
    ["a template", ({ uid }) => `x|${text(uid)}`],
    ["a pattern", ({ uid }) => (([first = "home"]) => first)(uid as string[])],
    ["at()", ({ uid }) => (uid as string[]).at(-1) ?? "none"],
    ["find()", ({ uid }) => (uid as string[]).find((one) => one.startsWith("t:")) ?? "home"],
    ["slice()", ({ uid }) => `o|${(uid as string).slice(0, 36)}`],
    ["concat()", ({ uid, sub }) => ([] as unknown[]).concat(uid, sub).join("|")],
    ["flat()", ({ uid, sub }) => [uid, sub].flat().join("|")],
    ["its length", ({ uid }) => `x|${(uid as string[]).length}`],
    [
      "a loop",
      ({ uid }) => {
        const all: string[] = [];
        for (const one of uid as string[]) all.push(one);
        return `x|${all.join("|")}`;
      },
    ],
    ["a set", ({ uid }) => `x|${new Set(uid as string[]).size}`],
    ["JSON", ({ uid }) => JSON.stringify([uid])],
    ["its typeof", ({ uid, sub }) => (typeof uid === "string" ? uid : `home|${text(sub)}`)],
    ["its truthiness", ({ uid, sub }) => `${uid ? "member" : "guest"}|${text(sub)}`],
    ["a comparison", ({ uid, sub }) => `${uid === "client-credentials" ? "client" : "user"}|${text(sub)}`],
    ["includes()", ({ uid }) => (["free", "pro"].includes(uid as string) ? text(uid) : "free")],
    ["a lookup in a Map", ({ uid }) => new Map<unknown, string>([["acme", "a"]]).get(uid) ?? "home"],
    ["util.format", ({ uid, sub }) => format("%s|%s", uid, sub)],
    ["util.inspect", ({ uid, sub }) => `${inspect(uid)}|${text(sub)}`],
    ["a query string", ({ uid, sub }) => stringify({ uid: uid as string, sub: sub as string })],
    ["an index beyond its end", ({ uid }) => (uid as string[])[3] ?? "none"],
  ])("as a list by %s", async (_, subject) => {
    for (const uid of [[], ["a"], ["a", "b"], {}, { a: "b" }, [[]]]) {
      expect(await subjectOf(subject, { uid })).toBe("CLAIM_INVALID");
    }
  });
});

describe("a subject function that copies the claims", () => {
  // A copy has no member for a missing claim, so the read of that claim goes unnoticed.
  it.each<[way: string, subject: (claims: Claims) => unknown]>([
    ["a rest pattern", ({ sub, ...rest }) => [rest["tid"], sub].join("|")],
    ["a spread after defaults", (claims) => text({ tid: "home", ...claims }.tid)],
    ["Object.assign", (claims) => `x|${text(Object.assign({}, claims)["tid"])}`],
    ["Object.entries", (claims) => `x|${text(new Map(Object.entries(claims)).get("tid"))}`],
    ["Object.keys", (claims) => (Object.keys(claims).includes("tid") ? `x|${text(claims["tid"])}` : "x")],
    ["getOwnPropertyDescriptors", (claims) => `x|${text(Object.getOwnPropertyDescriptors(claims)["tid"]?.value)}`],
    [
      "a loop over the names",
      (claims) => {
        let all = "";
        for (const name in claims) all += name;
        return all;
      },
    ],
    ["a spread of a member", ({ realm }) => text({ id: "home", ...(realm as object) }.id)],
  ])("fails with a TypeError for every token: %s", async (_, subject) => {
    for (const claims of [{ tid: "t1", realm: { id: "r" } }, { realm: {} }]) {
      const error = await refusalOf(by(subject).verify(await theirs.token(claims)));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain("by its name");
    }
  });
});

it("a subject function cannot write to the claims", async () => {
  for (const write of [
    (claims: object) => Object.assign(claims, { tid: "fixed" }),
    (claims: object) => Object.defineProperty(claims, "tid", { value: "fixed" }),
    (claims: object) => Object.setPrototypeOf(claims, { tid: "fixed" }) as unknown,
    (claims: object) => Object.freeze(claims),
  ])
    expect(await subjectOf((claims) => (write(claims), text(claims["sub"])), { tid: null })).toBe("CLAIM_INVALID");
});

it("a subject function runs once per token, for claims nested as deep as the length allows", async () => {
  let runs = 0;
  const subject = ({ sub }: Claims): string => {
    runs++;
    return `x|${text(sub)}`;
  };
  let nested: unknown = 1;
  for (let depth = 0; depth < 2600; depth++) nested = [nested];
  const manager = by(subject);
  expect((await manager.verify(await theirs.token({ nested }))).sub).toMatch(/^x\|/);
  expect(runs).toBe(1);
  expect(await subjectOf(({ nested: claim }) => `x|${text(claim)}`, { nested })).toBe("CLAIM_INVALID");
});

it('a subject that contains "undefined" or "[object Object]" is rejected, unless a claim contains it', async () => {
  const others: { id?: string } = {};
  for (const subject of [() => `x|${others.id}`, () => "x|[object Object]", () => "", () => 7, () => undefined])
    expect(await subjectOf(subject, {})).toBe("CLAIM_INVALID");
  for (const sub of ["undefinedly", "team-undefined", "[object Object]"])
    expect(await subjectOf((claims) => `x|${text(claims["sub"])}`, { sub })).toBe(`x|${sub}`);
});

it("claims whose paths consist of the same words are distinguished", async () => {
  const subject = (claims: Claims) => `x|${text(claims["a.b"])}|${text((claims["a"] as { b?: unknown }).b)}`;
  expect(await subjectOf(subject, { "a.b": "one", a: { b: "two" } })).toBe("x|one|two");
  expect(await subjectOf(subject, { "a.b": "one", a: { b: null } })).toBe("CLAIM_INVALID");
  expect(await subjectOf(subject, { "a.b": null, a: { b: "two" } })).toBe("CLAIM_INVALID");
});

it.each<[what: string, claims: Claims, subject: (claims: Claims) => unknown, message: RegExp]>([
  ["that is missing", {}, ({ tid }) => `x|${text(tid)}`, /\["tid"\] is absent.*issuer must send it.*"in"/],
  [
    "that is null",
    { tid: null },
    ({ tid }) => `x|${text(tid)}`,
    /\["tid"\] is null.*issuer must send text, or leave it out/,
  ],
  ["that is a boolean", { tid: true }, ({ tid }) => `x|${text(tid)}`, /\["tid"\] is a boolean.*"require"/],
  ["that is a fraction", { tid: 1.5 }, ({ tid }) => `x|${text(tid)}`, /\["tid"\] is not a safe integer/],
  ["that is an object", { tid: { id: 1 } }, ({ tid }) => `x|${text(tid)}`, /\["tid"\] is not text.*member by its name/],
  [
    "that is a list",
    { tid: ["a"] },
    ({ tid }) => (tid as string[]).join(),
    /\["tid"\]\["join"\] is not an entry.*by their index/,
  ],
  [
    "whose members are not read",
    { tid: {} },
    ({ tid }) => (tid ? "x" : "y"),
    /\["tid"\] must be text.*read its members/,
  ],
  ["in an object", { org: {} }, ({ org }) => `x|${text((org as Claims)["id"])}`, /\["org"\]\["id"\] is absent/],
  ["used as a whole", {}, (claims) => `x|${text(claims)}`, /The whole of the claims is not text/],
])("the error about a claim %s names the claim and the remedy", async (_, claims, subject, message) => {
  const error = await refusalOf(by(subject).verify(await theirs.token(claims)));
  expect([(error as Error).message.match(message) !== null, (error as Error).message]).toEqual([
    true,
    (error as Error).message,
  ]);
});

it("members of a list can be read in a loop that tests each index with in", async () => {
  const subject = ({ groups, sub }: Claims): string => {
    const list = groups as readonly string[];
    for (let i = 0; i in list; i++) if (list[i]?.startsWith("t:")) return `${text(list[i])}|${text(sub)}`;
    return `none|${text(sub)}`;
  };
  expect(await subjectOf(subject, { groups: ["a", "t:b"], sub: "s" })).toBe("t:b|s");
  expect(await subjectOf(subject, { groups: ["a"], sub: "s" })).toBe("none|s");
  expect(await subjectOf(subject, { groups: [], sub: "s" })).toBe("none|s");
  for (const groups of ["a", null, undefined, [null], [{}]])
    expect([groups, await subjectOf(subject, { groups, sub: "s" })]).toEqual([groups, "CLAIM_INVALID"]);
});
