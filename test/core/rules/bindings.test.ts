/** The rule parts `args` and `parent`: claims compared with scalar values of the call. */
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const { auth } = createAuth();
const REFUSED = "CLAIMS_INSUFFICIENT";

const judge = (rule: Parameters<typeof verdictOf>[2], claims: object, facts: object): Promise<string> =>
  verdictOf(auth, forge({ payload: goodClaims({ ...claims }) }), rule, facts);

/** The common verdict of `args` and `parent` on the same value. */
const bind = async (own: unknown, value: unknown): Promise<string> => {
  const verdicts = [
    await judge({ args: { own: "id" } }, { own }, { args: { id: value } }),
    await judge({ parent: { own: "id" } }, { own }, { parent: { id: value } }),
  ];
  expect(new Set(verdicts).size).toBe(1);
  return verdicts[0] as string;
};

const VALUES: ReadonlyArray<readonly [held: unknown, equal: readonly unknown[], other: readonly unknown[]]> = [
  ["a", ["a"], ["b", "A", "a ", "", 0, true, null, undefined, ["a"], { a: 1 }, Number.NaN]],
  ["", [""], [0, false, null, undefined, []]],
  ["7", ["7", 7, 7n], ["07", 8, 7.5, true, [7], "7.0", "+7"]],
  [7, [7, "7", 7n], ["07", "7.0", "7 ", "0x7", "7e0", true, 7.5, [7], "7n", null]],
  [0, [0, "0", -0, 0n], ["", false, null, "-0", "00", undefined]],
  [-7, [-7, "-7", -7n], [7, "- 7", "7"]],
  [1, [1, "1"], [true, "true"]],
  [true, [true], [1, "true", "1", "yes", null]],
  [false, [false], [0, "", "false", null, undefined]],
  [1.5, [1.5], ["1.5", 1, "1,5"]],
  ["1.5", ["1.5"], [1.5]],
  ["07", ["07"], [7, "7"]],
  ["9007199254740993", ["9007199254740993", 9007199254740993n], [9007199254740992, 9007199254740992n]],
  [9007199254740991, [9007199254740991, "9007199254740991", 9007199254740991n], ["9007199254740992"]],
  [9007199254740992, [], [9007199254740992, "9007199254740992", "9007199254740993", 9007199254740992n]],
  [-9007199254740992, [], [-9007199254740992, "-9007199254740992"]],
  [1e300, [], [1e300, "1e+300"]],
  ["1e3", ["1e3"], [1000, "1000"]],
  [null, [], [null, "null", 0, undefined]],
  [undefined, [], [undefined, null, "undefined", ""]],
  [["a"], [], ["a", ["a"]]],
  [{ a: 1 }, [], [{ a: 1 }, "a"]],
];

describe("a bound claim with the value", () => {
  it.each(VALUES)("%j equals only the same scalar", async (held, equal, other) => {
    for (const value of equal) expect([String(value), await bind(held, value)]).toEqual([String(value), "allowed"]);
    for (const value of other) expect([String(value), await bind(held, value)]).toEqual([String(value), REFUSED]);
  });
});

describe("a bound claim that is too large for a number", () => {
  it("equals nothing, not even the same overflow", async () => {
    const token = forge({ payload: JSON.stringify(goodClaims({ own: 0 })).replace('"own":0', '"own":1e999') });
    const rule = { args: { own: "id" } };
    for (const id of [Number.POSITIVE_INFINITY, "Infinity", "1e999"])
      expect(await verdictOf(auth, token, rule, { args: { id } })).toBe(REFUSED);
  });
});

describe("the path of a binding", () => {
  it("leads into objects, through own properties only", async () => {
    const rule = { args: { sub: "user.id" } };
    expect(await judge(rule, {}, { args: { user: { id: "ada" } } })).toBe("allowed");
    expect(await judge(rule, {}, { args: { user: { id: "eve" } } })).toBe(REFUSED);
    expect(await judge(rule, {}, { args: { user: Object.create({ id: "ada" }) as object } })).toBe(REFUSED);
    for (const args of [{ user: [{ id: "ada" }] }, { user: "ada" }, { user: null }, {}, null, undefined, "ada", 5]) {
      expect(await judge(rule, {}, { args })).toBe(REFUSED);
    }
  });

  it("never reads a key with a dot of the arguments", async () => {
    expect(await judge({ args: { sub: "user.id" } }, {}, { args: { "user.id": "ada" } })).toBe(REFUSED);
    expect(await judge({ args: { sub: "user.id" } }, {}, { args: { "user.id": "ada", user: { id: "eve" } } })).toBe(
      REFUSED,
    );
    expect(await judge({ args: { sub: "user.id" } }, {}, { args: { "user.id": "eve", user: { id: "ada" } } })).toBe(
      "allowed",
    );
  });

  it("selects the whole value when it is empty", async () => {
    expect(await judge({ args: { sub: "" } }, {}, { args: "ada" })).toBe("allowed");
    expect(await judge({ args: { sub: "" } }, {}, { args: "eve" })).toBe(REFUSED);
    expect(await judge({ args: { sub: "" } }, {}, { args: { "": "ada" } })).toBe(REFUSED);
    expect(await judge({ args: { sub: "" } }, {}, {})).toBe(REFUSED);
  });

  it("finds no inherited members", async () => {
    for (const path of ["constructor.name", "__proto__", "toString.name", "__proto__.constructor.name"]) {
      expect([path, await judge({ args: { own: path } }, { own: "Object" }, { args: {} })]).toEqual([path, REFUSED]);
      expect([path, await judge({ parent: { own: path } }, { own: "Object" }, { parent: {} })]).toEqual([
        path,
        REFUSED,
      ]);
    }
  });

  it("does not lead into lists or text", async () => {
    expect(await judge({ args: { sub: "0" } }, {}, { args: ["ada"] })).toBe(REFUSED);
    expect(await judge({ args: { own: "id.length" } }, { own: 3 }, { args: { id: "ada" } })).toBe(REFUSED);
  });
});

describe("a bound claim that is a list", () => {
  const rule = { args: { own: ["a", "b"] } };

  it("must contain the value of each path", async () => {
    expect(await judge(rule, { own: ["y", 1, "x"] }, { args: { a: "x", b: "1" } })).toBe("allowed");
    expect(await judge(rule, { own: ["x"] }, { args: { a: "x", b: "x" } })).toBe("allowed");
    expect(await judge(rule, { own: ["x"] }, { args: { a: "x", b: "y" } })).toBe(REFUSED);
    expect(await judge(rule, { own: ["x"] }, { args: { a: "x" } })).toBe(REFUSED);
    expect(await judge(rule, { own: [null, "x"] }, { args: { a: "x", b: null } })).toBe(REFUSED);
    expect(await judge(rule, { own: [] }, { args: {} })).toBe(REFUSED);
  });

  it("is required for a list of paths, and rejected for a single path", async () => {
    expect(await judge({ args: { own: ["a"] } }, { own: "x" }, { args: { a: "x" } })).toBe(REFUSED);
    expect(await judge({ args: { own: ["a"] } }, { own: ["x"] }, { args: { a: "x" } })).toBe("allowed");
    expect(await judge({ args: { own: "a" } }, { own: ["x"] }, { args: { a: "x" } })).toBe(REFUSED);
    expect(await judge({ args: { own: ["a"] } }, { own: ["x"] }, { args: { a: ["x"] } })).toBe(REFUSED);
    expect(await judge({ args: { own: ["a"] } }, { own: { 0: "x" } }, { args: { a: "x" } })).toBe(REFUSED);
  });
});

describe("the name of a bound claim", () => {
  it("is a literal name, or a dotted path when the token has no such claim", async () => {
    const rule = { args: { "org.id": "id" } };
    expect(await judge(rule, { org: { id: "x" } }, { args: { id: "x" } })).toBe("allowed");
    expect(await judge(rule, { "org.id": "x", org: { id: "y" } }, { args: { id: "x" } })).toBe("allowed");
    expect(await judge(rule, { "org.id": "y", org: { id: "x" } }, { args: { id: "x" } })).toBe(REFUSED);
  });
});

describe("a parent binding", () => {
  class Base {
    readonly #id: string;
    constructor(id: string) {
      this.#id = id;
    }
    get id(): string {
      return this.#id;
    }
    method(): string {
      return this.#id;
    }
    static get own(): string {
      return "static";
    }
  }
  class Derived extends Base {
    plain = "ada";
    get owner(): { readonly name: string } {
      return { name: "ada" };
    }
  }

  it("reads class accessors, including inherited accessors", async () => {
    for (const parent of [new Base("ada"), new Derived("ada")]) {
      expect(await judge({ parent: { sub: "id" } }, {}, { parent })).toBe("allowed");
    }
    expect(await judge({ parent: { sub: "plain" } }, {}, { parent: new Derived("x") })).toBe("allowed");
    expect(await judge({ parent: { sub: "owner.name" } }, {}, { parent: new Derived("x") })).toBe("allowed");
    expect(await judge({ parent: { sub: "id" } }, {}, { parent: new Derived("eve") })).toBe(REFUSED);
  });

  it("calls no method, and args read no class accessor", async () => {
    expect(await judge({ parent: { sub: "method" } }, {}, { parent: new Base("ada") })).toBe(REFUSED);
    expect(await judge({ args: { sub: "id" } }, {}, { args: new Base("ada") })).toBe(REFUSED);
  });

  it("ignores the data of a prototype, and accessors of Object.prototype", async () => {
    const inherits = Object.create({ id: "ada" }) as object;
    const request = auth.forRequest({ token: forge() });
    const error = await refusalOf(request.require({ parent: { sub: "id" } }, { parent: inherits }));
    expect(error).toMatchObject({ reason: REFUSED });
    expect(error).not.toHaveProperty("cause");
    // oxlint-disable-next-line no-extend-native -- the case of this test
    Object.defineProperty(Object.prototype, "polluted", { get: () => "ada", configurable: true });
    try {
      for (const parent of [{}, inherits, new Base("ada")])
        expect(await judge({ parent: { sub: "polluted" } }, {}, { parent })).toBe(REFUSED);
    } finally {
      delete (Object.prototype as { polluted?: string }).polluted;
    }
  });

  it("is rejected when an accessor throws, with the thrown error as the cause", async () => {
    const failure = new Error("no connection");
    const parent = {
      get id(): string {
        throw failure;
      },
    };
    const request = auth.forRequest({ token: forge() });
    await expect(request.require({ parent: { sub: "id" } }, { parent })).rejects.toMatchObject({
      name: "ForbiddenError",
      status: 403,
      reason: REFUSED,
      cause: failure,
    });
    await expect(request.require({ args: { sub: "id" } }, { args: parent })).rejects.toMatchObject({ reason: REFUSED });
    expect((await request.require({ parent: { sub: "id" }, override: { sub: "ada" } }, { parent })).sub).toBe("ada");
  });

  it("is rejected without a parent object", async () => {
    for (const parent of [undefined, null, "ada", {}]) {
      expect(await judge({ parent: { sub: "id" } }, {}, { parent })).toBe(REFUSED);
    }
  });
});
