/** `AuthManager`: issued tokens, verified tokens, and the errors of each member. */
import { AuthManager, JWT, MissingSignerError, RequestAuth } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";

const ec = makePair("P-256");
const { auth } = createAuth();

describe("authToken", () => {
  it("returns a signed token of type auth that is valid for an hour", async () => {
    const jwt = await auth.authToken("ada", { scope: { admin: true }, claims: { plan: "pro" } });
    expect(jwt).toBeInstanceOf(JWT);
    expect(jwt.tokenType).toBe("auth");
    expect(jwt.claims).toEqual({
      iss: ISSUER,
      iat: NOW,
      exp: NOW + 3600,
      sub: "ada",
      type: "auth",
      scope: { admin: true },
      plan: "pro",
    });
    expect((await auth.verify(jwt.signed)).claims).toEqual(jwt.claims);
  });

  it("adds no scope when none is given", async () => {
    expect((await auth.authToken("ada")).claims).not.toHaveProperty("scope");
  });

  it("applies maxAge of the call and authMaxAge of the manager", async () => {
    expect((await auth.authToken("ada", { maxAge: 5 })).claims.exp).toBe(NOW + 5);
    expect((await createAuth({ authMaxAge: 7 }).auth.authToken("ada")).maxAge).toBe(7);
  });

  it.each([
    ["an empty subject", ["", {}]],
    ["a subject that is null", [null, {}]],
    ["a fractional subject", [1.5, {}]],
    ["a subject above the exact integers", [2 ** 53, {}]],
    ["a subject that is NaN", [Number.NaN, {}]],
    ["a subject that is an object", [{}, {}]],
    ["claims that are a list", ["ada", { claims: [] }]],
    ["a maxAge of zero", ["ada", { maxAge: 0 }]],
    ["a negative maxAge", ["ada", { maxAge: -1 }]],
    ["a fractional maxAge", ["ada", { maxAge: 1.5 }]],
    ["an infinite maxAge", ["ada", { maxAge: Number.POSITIVE_INFINITY }]],
    ["a maxAge that is text", ["ada", { maxAge: "60" }]],
    ["an unknown option", ["ada", { expiresIn: 60 }]],
    ["an empty audience", ["ada", { audience: "" }]],
    ["an empty list of audiences", ["ada", { audience: [] }]],
    ["an audience that is a number", ["ada", { audience: 5 }]],
  ])("rejects %s with a TypeError", async (_, args) => {
    const error = await refusalOf(() => auth.authToken(...(args as unknown as [string, object])));
    expect(error).toBeInstanceOf(TypeError);
  });

  it("leaves the given objects unfrozen, and is not affected by later changes of them", async () => {
    const given = { scope: { admin: true, list: ["a"] }, claims: { own: { deep: [1] } }, audience: ["a", "b"] };
    const jwt = await auth.authToken("ada", given);
    const { scope, claims, audience } = given;
    expect([scope, scope.list, claims, claims.own, claims.own.deep, audience].map(Object.isFrozen)).toEqual(
      Array(6).fill(false),
    );
    scope.admin = false;
    expect(jwt.scope).toEqual({ admin: true, list: ["a"] });
  });
});

describe("refreshToken", () => {
  it("returns a signed token of type refresh that is valid for a week, with a random rid and without a scope", async () => {
    const jwt = await auth.refreshToken("ada", { claims: { device: "d" } });
    expect(jwt.claims).toEqual({
      rid: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      iss: ISSUER,
      iat: NOW,
      exp: NOW + 604_800,
      sub: "ada",
      type: "refresh",
      device: "d",
    });
    expect((await auth.verify(jwt.signed, { type: "refresh" })).claims).toEqual(jwt.claims);
  });

  it("creates a new rid each time", async () => {
    const rids = await Promise.all(Array.from({ length: 20 }, async () => (await auth.refreshToken("ada")).claims.rid));
    expect(new Set(rids).size).toBe(20);
  });

  it.each(["scope", "audience", "anything"])("rejects the option %s with a TypeError", async (option) => {
    expect(await refusalOf(() => auth.refreshToken("ada", { [option]: "x" }))).toBeInstanceOf(TypeError);
  });

  it("applies maxAge of the call and refreshMaxAge of the manager", async () => {
    expect((await auth.refreshToken("ada", { maxAge: 9 })).maxAge).toBe(9);
    expect((await createAuth({ refreshMaxAge: 8 }).auth.refreshToken("ada")).maxAge).toBe(8);
  });
});

describe("verify", () => {
  it("accepts only auth tokens by default, and the type that the call names", async () => {
    const a = (await auth.authToken("ada")).signed;
    const r = (await auth.refreshToken("ada")).signed;
    const accepted = [
      await auth.verify(a),
      await auth.verify(a, { type: "auth" }),
      await auth.verify(a, { type: "any" }),
      await auth.verify(r, { type: "refresh" }),
      await auth.verify(r, { type: "any" }),
    ];
    expect(accepted.map((jwt) => jwt.tokenType)).toEqual(["auth", "auth", "auth", "refresh", "refresh"]);
    for (const work of [
      () => auth.verify(r),
      () => auth.verify(r, { type: "auth" }),
      () => auth.verify(a, { type: "refresh" }),
    ]) {
      expect(await refusalOf(work)).toMatchObject({ name: "InvalidTokenTypeError", reason: "TOKEN_TYPE_INVALID" });
    }
  });

  it("rejects an unknown type with a TypeError", async () => {
    const token = (await auth.authToken("ada")).signed;
    expect(await refusalOf(() => auth.verify(token, { type: "access" as never }))).toBeInstanceOf(TypeError);
  });

  it("returns the subject as text, and unchanged in the claims", async () => {
    const jwt = await auth.verify((await auth.authToken(42)).signed);
    expect([jwt.sub, jwt.claims.sub]).toEqual(["42", 42]);
    expect([(await auth.authToken("42")).sub, (await auth.authToken("42")).claims.sub]).toEqual(["42", "42"]);
  });

  it("applies leeway to exp, nbf and iat", async () => {
    const { auth: lenient } = createAuth({ leeway: 10 });
    for (const [over, reason] of [
      [{ exp: NOW - 9 }, "TOKEN_EXPIRED"],
      [{ nbf: NOW + 10 }, "TOKEN_NOT_YET_VALID"],
      [{ iat: NOW + 70 }, "TOKEN_NOT_YET_VALID"],
    ] as const) {
      const token = forge({ payload: goodClaims(over) });
      expect((await lenient.verify(token)).sub).toBe("ada");
      expect(await refusalOf(auth.verify(token))).toMatchObject({ reason });
    }
    const atTheEdge = forge({ payload: goodClaims({ exp: NOW - 10 }) });
    expect(await refusalOf(lenient.verify(atTheEdge))).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });

  it("rejects a token longer than maxTokenLength", async () => {
    const token = (await auth.authToken("ada")).signed;
    const { auth: exact } = createAuth({ maxTokenLength: token.length });
    expect((await exact.verify(token)).sub).toBe("ada");
    const { auth: shorter } = createAuth({ maxTokenLength: token.length - 1 });
    expect(await refusalOf(shorter.verify(token))).toMatchObject({ name: "DecodeError", reason: "TOKEN_MALFORMED" });
    expect(await refusalOf(auth.verify("a".repeat(8193)))).toMatchObject({ reason: "TOKEN_MALFORMED" });
  });

  it("rejects every token when the clock returns no number", async () => {
    for (const time of [Number.NaN, undefined, "noon"]) {
      const { auth: broken } = createAuth({ now: () => time as number });
      expect(await refusalOf(() => broken.verify(forge()))).toBeInstanceOf(Error);
    }
  });
});

describe("verifyToken", () => {
  it("returns true for valid tokens of both types, and false for invalid tokens", async () => {
    const { auth: manager, clock } = createAuth();
    const a = await manager.authToken("ada");
    const r = await manager.refreshToken("ada");
    expect(await Promise.all([a.signed, a, r.signed, r].map((token) => manager.verifyToken(token)))).toEqual(
      Array(4).fill(true),
    );
    expect(await manager.verifyToken(`${a.signed}x`)).toBe(false);
    expect(await manager.verifyToken("")).toBe(false);
    expect(await manager.verifyToken(new JWT("auth", "ada"))).toBe(false);
    clock.advance(3600);
    expect(await Promise.all([a, r].map((token) => manager.verifyToken(token)))).toEqual([false, true]);
  });
});

describe("a manager without a signing key", () => {
  const later = new AuthManager();
  const signer = new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey: ec.privateKey, now: () => NOW });
  const verifier = new AuthManager({ issuer: ISSUER, algorithm: "ES256", publicKey: ec.publicKey, now: () => NOW });

  it("rejects every call with MissingSignerError before init", async () => {
    for (const work of [
      () => later.authToken("ada"),
      () => later.refreshToken("ada"),
      () => later.verify(forge()),
      () => later.verifyToken(forge()),
      () => later.ready(),
      () => later.forRequest({ token: forge() }).authenticate(),
      () => later.forRequest().require(),
    ]) {
      expect(await refusalOf(work)).toBeInstanceOf(MissingSignerError);
    }
  });

  it("opens requests before init", () => {
    expect(later.forRequest()).toBeInstanceOf(RequestAuth);
  });

  it("verifies, but rejects authToken and refreshToken, when it has only a public key", async () => {
    const { signed } = await signer.authToken("ada");
    expect((await verifier.verify(signed)).sub).toBe("ada");
    expect(await verifier.verifyToken(signed)).toBe(true);
    await expect(verifier.ready()).resolves.toBeUndefined();
    expect(await refusalOf(() => verifier.authToken("ada"))).toBeInstanceOf(MissingSignerError);
    expect(await refusalOf(() => verifier.refreshToken("ada"))).toBeInstanceOf(MissingSignerError);
  });
});

describe("init", () => {
  it("configures a manager that was built without a config, once", async () => {
    const manager = new AuthManager();
    manager.init({ issuer: ISSUER, algorithm: "HS256", secret: SECRET, now: () => NOW });
    expect((await manager.verify((await manager.authToken("ada")).signed)).sub).toBe("ada");
    expect(await refusalOf(() => manager.init({ issuer: ISSUER, algorithm: "HS256", secret: SECRET }))).toMatchObject({
      name: "InvalidConfigError",
      configValue: "init",
    });
  });

  it("can be called again after an invalid config", async () => {
    const manager = new AuthManager();
    const error = await refusalOf(() => manager.init({ issuer: "", algorithm: "HS256", secret: SECRET }));
    expect(error).toMatchObject({ configValue: "issuer" });
    manager.init({ issuer: ISSUER, algorithm: "HS256", secret: SECRET });
    await expect(manager.ready()).resolves.toBeUndefined();
  });
});

it("AuthManager exposes its default ages", () => {
  expect([AuthManager.defaultAuthMaxAge, AuthManager.defaultRefreshMaxAge]).toEqual([3600, 604_800]);
});

it("convertToken reads a signed token without checking its signature", () => {
  const token = forge({ secret: "anything" });
  expect(AuthManager.convertToken(token).claims).toEqual(goodClaims());
});

it("forRequest returns a request that exposes its manager", () => {
  expect(auth.forRequest().manager).toBe(auth);
});
