/** The decision about a rule: order of checks, reasons, `override`, `anyOf` and `optional`. */
import { ForbiddenError, type Rule, UnauthorizedError } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const { auth } = createAuth({ cookies: { auth: "t", refresh: "r" } });
const SCOPE = "SCOPE_INSUFFICIENT";
const CLAIMS = "CLAIMS_INSUFFICIENT";

const judge = (rule: Rule, claims: object = {}, facts: object = {}): Promise<string> =>
  verdictOf(auth, forge({ payload: goodClaims({ ...claims }) }), rule, facts);

describe("the reason of a rejected rule", () => {
  const facts = { args: { id: "eve" }, parent: { id: "eve" } };
  const rules: ReadonlyArray<readonly [string, Rule]> = [
    [SCOPE, { scope: "a" }],
    [SCOPE, { scope: "a", claims: { b: 1 } }],
    [SCOPE, { claims: { b: 1 }, scope: "a", args: { sub: "id" }, parent: { sub: "id" } }],
    [SCOPE, { scope: "a", override: { root: true } }],
    [SCOPE, { scope: "a", anyOf: [{ claims: { b: 1 } }] }],
    [SCOPE, { anyOf: [{ scope: "a" }, { scope: "b" }] }],
    [CLAIMS, { anyOf: [{ scope: "a" }, { claims: { b: 1 } }] }],
    [CLAIMS, { anyOf: [{ claims: { b: 1 } }, { scope: "a" }] }],
    [CLAIMS, { claims: { b: 1 } }],
    [CLAIMS, { claims: { scope: "a" } }],
    [CLAIMS, { args: { sub: "id" } }],
    [CLAIMS, { parent: { sub: "id" } }],
    [CLAIMS, { args: { sub: "id" }, override: { root: true } }],
  ];

  it.each(rules)("is %s for %j, and nothing caused it", async (reason, rule) => {
    const error = await refusalOf(auth.forRequest({ token: forge() }).require(rule, facts));
    expect(error).toMatchObject({ reason });
    expect(error).not.toHaveProperty("cause");
  });

  it("is in a ForbiddenError with status 403", async () => {
    const request = auth.forRequest({ token: forge() });
    const error = await refusalOf(request.require({ scope: "a" }));
    expect(error).toBeInstanceOf(ForbiddenError);
    expect(error).toMatchObject({ status: 403, reason: SCOPE });
    expect((await request.require({ claims: { sub: "ada" } })).sub).toBe("ada");
  });
});

describe("the order of the checks", () => {
  const never: Rule = { claims: { never: 1 } };

  it("puts a missing or invalid token before every rule", async () => {
    for (const rule of [{ type: "auth" } as const, never, { ...never, override: { sub: "ada" } }]) {
      const missing = await refusalOf(auth.forRequest().require(rule));
      expect(missing).toBeInstanceOf(UnauthorizedError);
      expect(missing).toMatchObject({ status: 401, reason: "TOKEN_MISSING" });
      expect(missing).not.toHaveProperty("cause");
      const expired = auth.forRequest({ token: forge({ payload: goodClaims({ exp: NOW }) }) });
      const error = await refusalOf(expired.require(rule));
      expect(error).toBeInstanceOf(UnauthorizedError);
      expect(error).toMatchObject({ status: 401, reason: "TOKEN_EXPIRED", cause: { name: "ExpiredSignatureError" } });
    }
  });

  it("puts type before override and the other parts", async () => {
    const refresh = forge({ payload: goodClaims({ type: "refresh", admin: true }) });
    expect(await verdictOf(auth, refresh, { override: { admin: true }, ...never })).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(auth, refresh, { type: "refresh", override: { admin: true }, ...never })).toBe("allowed");
    expect(await verdictOf(auth, refresh, { type: "refresh" })).toBe("allowed");
    expect(await verdictOf(auth, forge(), { type: "refresh" })).toBe("TOKEN_TYPE_INVALID");
  });

  it("puts location before override and the other parts", async () => {
    const token = forge({ payload: goodClaims({ admin: true }) });
    const rule: Rule = { override: { admin: true }, ...never };
    const header = auth.forRequest({ headers: { authorization: `Bearer ${token}` } });
    const cookie = auth.forRequest({ headers: { cookie: `t=${token}` }, method: "GET" });
    expect((await header.require({ ...rule, location: "header" })).sub).toBe("ada");
    expect((await cookie.require({ ...rule, location: "cookies" })).sub).toBe("ada");
    expect(await refusalOf(header.require({ ...rule, location: "cookies" }))).toMatchObject({
      reason: "TOKEN_MISSING",
    });
    expect(await refusalOf(cookie.require({ ...rule, location: "header" }))).toMatchObject({ reason: "TOKEN_MISSING" });
  });
});

describe("each part of a rule", () => {
  const parts: ReadonlyArray<readonly [what: string, rule: Rule, good: object, facts: object]> = [
    ["claims", { claims: { a: 1, b: 2, c: 3, d: 4 } }, { a: 1, b: 2, c: 3, d: 4 }, {}],
    ["a scope and claims", { scope: "a", claims: { b: 2, c: 3 } }, { scope: "a", b: 2, c: 3 }, {}],
    ["override", { override: { a: 1, b: 2, c: 3 }, claims: { never: 1 } }, { a: 1, b: 2, c: 3 }, {}],
    ["a branch of anyOf", { anyOf: [{ claims: { a: 1, b: 2, c: 3 } }] }, { a: 1, b: 2, c: 3 }, {}],
    ["args", { args: { a: "a", b: "b", c: "c" } }, { a: 1, b: 2, c: 3 }, { args: { a: 1, b: 2, c: 3 } }],
    ["parent", { parent: { a: "a", b: "b", c: "c" } }, { a: 1, b: 2, c: 3 }, { parent: { a: 1, b: 2, c: 3 } }],
  ];

  it.each(parts)("must hold: %s", async (_, rule, good, facts) => {
    expect(await judge(rule, good, facts)).toBe("allowed");
    for (const name of Object.keys(good)) {
      const verdict = await judge(rule, { ...good, [name]: "other" }, facts);
      expect([name, verdict]).toEqual([name, name === "scope" ? SCOPE : CLAIMS]);
    }
  });
});

describe("override", () => {
  it("lifts scope, claims, args, parent and anyOf when the token has all its claims", async () => {
    const rule: Rule = {
      scope: "x",
      claims: { never: 1 },
      args: { sub: "id" },
      parent: { sub: "id" },
      anyOf: [{ scope: "y" }],
      override: { admin: true, "org.owner": true },
    };
    expect(await judge(rule, { admin: true, org: { owner: true } })).toBe("allowed");
    expect(await judge(rule, { admin: true })).toBe(SCOPE);
    expect(await judge(rule, { admin: 1, org: { owner: true } })).toBe(SCOPE);
    expect(await judge(rule, { admin: "true", org: { owner: true } })).toBe(SCOPE);
  });

  it("does not affect a rule that holds without it", async () => {
    expect(await judge({ claims: { sub: "ada" }, override: { admin: true } })).toBe("allowed");
  });
});

describe("anyOf", () => {
  const rule: Rule = { claims: { base: 1 }, anyOf: [{ scope: "a", claims: { x: 1 } }, { args: { sub: "id" } }] };

  it("requires one complete branch in addition to the other parts", async () => {
    const eve = { args: { id: "eve" } };
    expect(await judge(rule, { base: 1, scope: "a", x: 1 }, eve)).toBe("allowed");
    expect(await judge(rule, { base: 1 }, { args: { id: "ada" } })).toBe("allowed");
    expect(await judge(rule, { base: 1, scope: "a" }, eve)).toBe(CLAIMS);
    expect(await judge(rule, { base: 1, x: 1 }, eve)).toBe(CLAIMS);
    expect(await judge(rule, { scope: "a", x: 1 }, { args: { id: "ada" } })).toBe(CLAIMS);
  });
});

describe("optional", () => {
  it("returns null without a token, and rejects an invalid token", async () => {
    expect(await auth.forRequest().require({ optional: true })).toBeNull();
    expect((await auth.forRequest({ token: forge() }).require({ optional: true }))?.sub).toBe("ada");
    for (const [token, reason] of [
      [forge({ payload: goodClaims({ exp: NOW }) }), "TOKEN_EXPIRED"],
      [forge({ secret: "x".repeat(40) }), "SIGNATURE_INVALID"],
      [forge({ payload: goodClaims({ type: "refresh" }) }), "TOKEN_TYPE_INVALID"],
      ["", "TOKEN_MALFORMED"],
    ] as const) {
      expect(await refusalOf(auth.forRequest({ token }).require({ optional: true }))).toMatchObject({
        status: 401,
        reason,
      });
    }
  });

  it("ignores a token in another location", async () => {
    const headers = { authorization: `Bearer ${forge({ secret: "x".repeat(40) })}` };
    expect(await auth.forRequest({ headers }).require({ optional: true, location: "cookies" })).toBeNull();
    expect(await refusalOf(auth.forRequest({ headers }).require({ optional: true, location: "header" }))).toMatchObject(
      { status: 401 },
    );
  });

  it("can be combined with a type", async () => {
    const refresh = forge({ payload: goodClaims({ type: "refresh" }) });
    expect((await auth.forRequest({ token: refresh }).require({ optional: true, type: "refresh" }))?.tokenType).toBe(
      "refresh",
    );
    expect(await verdictOf(auth, forge(), { optional: true, type: "refresh" })).toBe("TOKEN_TYPE_INVALID");
  });

  it("has no effect when it is false", async () => {
    expect(await refusalOf(auth.forRequest().require({ optional: false }))).toMatchObject({
      reason: "TOKEN_MISSING",
    });
    expect(await judge({ optional: false, claims: { iss: ISSUER } })).toBe("allowed");
  });
});

describe("a fault of Flask_PyJWT is absent", () => {
  it("the second of two nested claims is checked", async () => {
    const rule = { claims: { org: { id: 1 }, team: { id: 2 } } };
    expect(await judge(rule, { org: { id: 1 }, team: { id: 2 } })).toBe("allowed");
    expect(await judge(rule, { org: { id: 1 }, team: { id: 3 } })).toBe(CLAIMS);
    expect(await judge(rule, { org: { id: 1 } })).toBe(CLAIMS);
  });

  it("a claim value that equals an argument's name remains a literal", async () => {
    expect(await judge({ claims: { sub: "username" } }, {}, { args: { username: "ada" } })).toBe(CLAIMS);
    expect(await judge({ claims: { sub: "username" } }, { sub: "username" }, { args: { username: "ada" } })).toBe(
      "allowed",
    );
  });

  it("an unknown alg is rejected with ALGORITHM_INVALID", async () => {
    expect(await verdictOf(auth, forge({ header: { alg: "HS1" } }))).toBe("ALGORITHM_INVALID");
    expect(await verdictOf(auth, forge())).toBe("allowed");
  });

  it("true and 1 are different values", async () => {
    expect(await judge({ claims: { admin: true } }, { admin: 1 })).toBe(CLAIMS);
    expect(await judge({ claims: { admin: 1 } }, { admin: true })).toBe(CLAIMS);
    expect(await judge({ claims: { admin: true } }, { admin: true })).toBe("allowed");
  });
});
