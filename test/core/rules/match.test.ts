/** Matching of required and actual claims and scopes: equal values, and similar values. */
import type { Json, Rule } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const { auth } = createAuth();
type Row = readonly [what: string, required: Json, held: readonly unknown[], notHeld: readonly unknown[]];

const judge = (rule: Rule, claims: object): Promise<string> =>
  verdictOf(auth, forge({ payload: goodClaims({ ...claims }) }), rule);

const CLAIMS: readonly Row[] = [
  ["a string", "a", ["a"], ["A", "a ", "ab", "", ["a"], { a: 1 }, true, null]],
  ["an empty string", "", [""], [" ", 0, false, null, []]],
  ["a numeric string", "1", ["1"], [1, "1.0", true]],
  ["a number", 1, [1], ["1", true, 2, [1], 1.5, null]],
  ["zero", 0, [0], ["", "0", false, null, []]],
  ["a fraction", 1.5, [1.5], ["1.5", 1, 2]],
  ["true", true, [true], [1, "true", false, {}, [true]]],
  ["false", false, [false], [0, "", null, "false", true]],
  ["null", null, [null], [0, "", false, {}, []]],
  ["an object", { a: 1 }, [{ a: 1 }, { a: 1, b: 2 }], [{ a: 2 }, { b: 1 }, {}, [{ a: 1 }], "a", null, 1]],
  ["two members of an object", { a: 1, b: 2 }, [{ b: 2, a: 1, c: 3 }], [{ a: 1 }, { b: 2 }, { a: 1, b: 3 }]],
  [
    "three members of an object",
    { a: 1, b: 2, c: 3 },
    [{ c: 3, b: 2, a: 1, d: 4 }],
    [
      { a: 1, b: 2 },
      { a: 0, b: 2, c: 3 },
      { a: 1, b: 0, c: 3 },
      { a: 1, b: 2, c: 0 },
    ],
  ],
  ["an object and a number in an object", { a: 1, b: { c: 2 } }, [{ a: 1, b: { c: 2 } }], [{ a: 1, b: {} }, { a: 1 }]],
  [
    "an object in an object",
    { a: { b: { c: true } } },
    [{ a: { b: { c: true, d: 1 }, e: 1 } }],
    [{ a: { b: { c: 1 } } }, { a: { b: {} } }, { a: true }],
  ],
  ["a list in an object", { a: ["x"] }, [{ a: ["y", "x"] }], [{ a: ["y"] }, { a: "x" }, { a: { 0: "x" } }]],
  ["null in an object", { a: null }, [{ a: null }], [{}, { a: 0 }, { a: false }]],
  [
    "a list",
    ["a", "b"],
    [
      ["a", "b"],
      ["b", "a"],
      ["c", "b", "a"],
    ],
    [["a"], [], "a b", "ab", { 0: "a", 1: "b" }, null],
  ],
  ["a list of one", ["a"], [["a"], ["a", "a"]], ["a", [["a"]], ["A"]]],
  ["a list of numbers", [1], [[1, 2]], [["1"], [true], [1.5], 1]],
  [
    "an object in a list, equal in every member",
    [{ a: 1 }],
    [[{ a: 1 }], [0, { a: 1 }]],
    [[{ a: 1, b: 2 }], [{ a: 2 }], [[1]], { a: 1 }],
  ],
  [
    "a list in a list, equal in every item",
    [["a", "b"]],
    [[["a", "b"]]],
    [[["b", "a"]], [["a", "b", "c"]], ["a", "b"]],
  ],
  ["null in a list", [null], [[null]], [[], [0], [false], null]],
];

const SCOPES: readonly Row[] = [
  [
    "a word",
    "a",
    ["a", "b a", " a  b ", ["a"], ["b", "a"], ["b a"]],
    ["b", "ab", "ba", "bab", "A", "", [], ["ab"], ["ba"], { a: true }, null, 1, true, ["a", 1]],
  ],
  ["words between several spaces", " a  b ", ["a b", ["b", "a"]], ["a", "b", ""]],
  ["words", "a b", ["a b", "b c a", ["b", "a"], ["a b"]], ["a", "b", "ab", "a,b", "a\tb", { a: true, b: true }]],
  ["a list of words", ["a", "b"], ["b c a", ["b", "a"]], ["a", ["a"], [], "ab"]],
  ["a list of several words", ["a b", "c"], ["a b c", ["c", "b", "a"]], ["a b", ["a", "c"]]],
  ["words with a colon", "read:all", ["read:all write"], ["read", "read:allx", "read: all"]],
  [
    "an object",
    { admin: true },
    [{ admin: true }, { admin: true, x: 1 }],
    [{ admin: 1 }, { admin: "true" }, {}, "admin", ["admin"]],
  ],
  ["a list of numbers", [1], [[1, 2]], ["1", ["1"], 1]],
  ["true", true, [true], ["true", 1, {}]],
];

describe("the rule part claims", () => {
  it.each(CLAIMS)("matches %s", async (_, required, held, notHeld) => {
    for (const own of held) {
      expect([JSON.stringify(own), await judge({ claims: { own: required } }, { own })]).toEqual([
        JSON.stringify(own),
        "allowed",
      ]);
    }
    for (const own of [...notHeld, undefined]) {
      expect([JSON.stringify(own), await judge({ claims: { own: required } }, { own })]).toEqual([
        JSON.stringify(own),
        "CLAIMS_INSUFFICIENT",
      ]);
    }
  });

  it("requires every claim", async () => {
    const rule = { claims: { a: 1, b: { c: { d: true } } } };
    expect(await judge(rule, { a: 1, b: { c: { d: true } } })).toBe("allowed");
    expect(await judge(rule, { a: 2, b: { c: { d: true } } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await judge(rule, { a: 1, b: { c: { d: false } } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await judge(rule, { a: 1 })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("never matches inherited members", async () => {
    for (const claims of [
      { own: { toString: null } },
      { own: { length: 1 } },
      { "own.length": 1 },
      { "own.constructor.name": "Object" },
    ]) {
      expect(await judge({ claims }, { own: {} })).toBe("CLAIMS_INSUFFICIENT");
      expect(await judge({ claims }, { own: ["a"] })).toBe("CLAIMS_INSUFFICIENT");
      expect(await judge({ claims }, { own: "a" })).toBe("CLAIMS_INSUFFICIENT");
    }
  });
});

describe("the rule part scope", () => {
  it("never matches a list with holes, which authorize may return, and never throws", async () => {
    // oxlint-disable-next-line no-sparse-arrays -- the case of this test
    const { auth: local } = createAuth({ authorizeAt: "request", authorize: () => ({ scope: [, "a"] }) });
    const anyOf = [{ scope: "a" }, { claims: { sub: "ada" } }];
    expect(await verdictOf(local, forge(), { scope: "a" })).toBe("SCOPE_INSUFFICIENT");
    expect(await verdictOf(local, forge(), { anyOf })).toBe("allowed");
  });

  it.each(SCOPES)("matches %s", async (_, required, held, notHeld) => {
    const rule = { scope: required as Exclude<Json, null> };
    for (const scope of held)
      expect([JSON.stringify(scope), await judge(rule, { scope })]).toEqual([JSON.stringify(scope), "allowed"]);
    for (const scope of [...notHeld, undefined]) {
      expect([JSON.stringify(scope), await judge(rule, { scope })]).toEqual([
        JSON.stringify(scope),
        "SCOPE_INSUFFICIENT",
      ]);
    }
  });

  it.each(SCOPES)("matches %s, inside claims and override", async (_, scope, held, notHeld) => {
    const inClaims = { claims: { scope } };
    const inOverride = { override: { scope }, claims: { never: 1 } };
    for (const rule of [inClaims, inOverride]) {
      for (const own of held)
        expect([JSON.stringify(own), await judge(rule, { scope: own })]).toEqual([JSON.stringify(own), "allowed"]);
      for (const own of notHeld)
        expect([JSON.stringify(own), await judge(rule, { scope: own })]).toEqual([
          JSON.stringify(own),
          "CLAIMS_INSUFFICIENT",
        ]);
    }
  });
});

describe("the name of a required claim", () => {
  it("is a literal name, or a dotted path when the token has no such claim", async () => {
    const rule = { claims: { "a.b": 1 } };
    expect(await judge(rule, { "a.b": 1 })).toBe("allowed");
    expect(await judge(rule, { a: { b: 1 } })).toBe("allowed");
    expect(await judge(rule, { "a.b": 1, a: { b: 2 } })).toBe("allowed");
    expect(await judge(rule, { "a.b": 2, a: { b: 1 } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await judge(rule, { "a.b": null, a: { b: 1 } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await judge(rule, { a: [{ b: 1 }] })).toBe("CLAIMS_INSUFFICIENT");
    expect(await judge({ claims: { "a.0": 1 } }, { a: [1] })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("may be a registered claim", async () => {
    expect(await judge({ claims: { sub: "ada" } }, {})).toBe("allowed");
    expect(await judge({ claims: { sub: "eve" } }, {})).toBe("CLAIMS_INSUFFICIENT");
  });

  it("may be a URL", async () => {
    const rule = { claims: { "https://a.example/plan": "pro" } };
    expect(await judge(rule, { "https://a.example/plan": "pro" })).toBe("allowed");
    expect(await judge(rule, { plan: "pro" })).toBe("CLAIMS_INSUFFICIENT");
  });
});
