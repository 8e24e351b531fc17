/** `JWT` and `AuthData` without a manager: unsigned, signed, and read without verification. */
import { AuthData, AuthManager, AuthType, JWT, TokenType } from "claimgate";
import { ALGORITHMS, decode } from "claimgate/jwt";
import { describe, expect, it, vi } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { shyClaims } from "../../support/shy-claims.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";

const authData = (over: object = {}): AuthData =>
  new AuthData({ authType: AuthType.HS256, secret: SECRET, issuer: ISSUER, now: () => NOW + 0.9, ...over });

describe("an unsigned JWT", () => {
  it("has the given claims, and no registered claims", () => {
    const jwt = new JWT(TokenType.AUTH, 7, { scope: "a b", claims: { plan: "pro" }, audience: ["x"] });
    expect(jwt.isSigned()).toBe(false);
    expect(jwt.tokenType).toBe("auth");
    expect(jwt.claims).toEqual({ sub: 7, type: "auth", aud: ["x"], scope: "a b", plan: "pro" });
    expect([jwt.sub, jwt.scope, jwt.typ, jwt.alg, jwt.iss, jwt.iat, jwt.exp]).toEqual([
      "7",
      "a b",
      ...Array(5).fill(undefined),
    ]);
    expect(jwt.header).toEqual({});
    expect(() => jwt.signed).toThrow(TypeError);
  });

  it("has no scope when its type is refresh", () => {
    expect(new JWT("refresh", "ada", { scope: "a" }).claims).toEqual({ sub: "ada", type: "refresh" });
  });

  it.each([
    ["an unknown type", ["access", "ada"]],
    ["a missing subject", ["auth", undefined]],
    ["an empty subject", ["auth", ""]],
    ["a fractional subject", ["auth", 0.5]],
    ["a reserved claim", ["auth", "ada", { claims: { sub: "eve" } }]],
    ["claims that are text", ["auth", "ada", { claims: "x" }]],
  ])("rejects %s with a TypeError", (_, args) => {
    expect(() => new JWT(...(args as unknown as [TokenType, string]))).toThrow(TypeError);
  });
});

describe("claims in a Proxy", () => {
  it("rejects a reserved claim that only the copy of the claims has", () => {
    const make = (checks: number): unknown => {
      try {
        return new JWT("auth", "ada", { claims: shyClaims({ sub: "root", scope: "admin" }, checks) }).claims;
      } catch (error) {
        return (error as Error).name;
      }
    };
    const made = Array.from({ length: 25 }, (_, checks) => JSON.stringify(make(checks)));
    expect(new Set(made)).toEqual(new Set(['"TypeError"', '{"sub":"ada","type":"auth"}']));
  });

  it("copies other claims", () => {
    expect(new JWT("auth", "ada", { claims: shyClaims({ plan: "pro" }, 0) }).claims).toMatchObject({ plan: "pro" });
  });
});

describe("JWT.sign", () => {
  it("signs once with AuthData, and returns the token", async () => {
    const jwt = new JWT("auth", "ada", { scope: { admin: true }, claims: { plan: "pro" }, maxAge: 5 });
    const signed = await jwt.sign(authData());
    expect(signed).toBe(jwt.signed);
    expect(jwt.isSigned()).toBe(true);
    expect(jwt.claims).toEqual({
      iss: ISSUER,
      iat: NOW,
      exp: NOW + 5,
      sub: "ada",
      type: "auth",
      scope: { admin: true },
      plan: "pro",
    });
    expect([jwt.iss, jwt.iat, jwt.exp, jwt.maxAge, jwt.typ, jwt.alg]).toEqual([
      ISSUER,
      NOW,
      NOW + 5,
      5,
      "JWT",
      "HS256",
    ]);
    expect(jwt.header).toEqual({ alg: "HS256", typ: "JWT" });
    expect((await createAuth().auth.verify(signed)).claims).toEqual(jwt.claims);
    await expect(jwt.sign(authData())).rejects.toBeInstanceOf(TypeError);
    expect(jwt.signed).toBe(signed);
  });

  it("changes the claims to their JSON form", async () => {
    const jwt = new JWT("auth", "ada", { claims: { when: new Date(0), nothing: undefined, not: Number.NaN } });
    await jwt.sign(authData());
    expect(jwt.claims).toMatchObject({ when: "1970-01-01T00:00:00.000Z", not: null });
    expect(jwt.claims).not.toHaveProperty("nothing");
  });

  it("reads the claims from the signed JSON when they are first used, and once", async () => {
    const jwt = new JWT("auth", "ada", { claims: { list: [1] } });
    const read = vi.spyOn(JSON, "parse");
    await jwt.sign(authData());
    expect(read).not.toHaveBeenCalled();
    const { claims } = jwt;
    expect(jwt.claims).toBe(claims);
    expect([jwt.sub, jwt.exp, jwt.claims["list"]]).toEqual(["ada", NOW + 3600, [1]]);
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
    const [, payload = ""] = jwt.signed.split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toEqual(claims);
  });

  it("leaves the token unsigned when it fails", async () => {
    const jwt = new JWT("auth", "ada", { claims: { big: 1n } });
    await expect(jwt.sign(authData())).rejects.toBeInstanceOf(TypeError);
    expect(jwt.isSigned()).toBe(false);
  });

  it("freezes the claims and the header at every depth", async () => {
    const jwt = new JWT("auth", "ada", { scope: { a: [{ b: 1 }] }, claims: { own: [{ list: [] }] } });
    await jwt.sign(authData());
    const verified = await createAuth().auth.verify(jwt.signed);
    for (const token of [jwt, verified, JWT.fromSignedToken(jwt.signed)]) {
      expect(parts(token.claims).every(Object.isFrozen)).toBe(true);
      expect(Object.isFrozen(token.header)).toBe(true);
      expect(() => Object.assign(token.claims, { sub: "eve" })).toThrow(TypeError);
    }
  });
});

describe("AuthData", () => {
  it("exposes its options", () => {
    const pair = makePair("P-256");
    const data = new AuthData({
      authType: "ES256",
      secret: pair.privateKey,
      publicKey: pair.publicKey,
      issuer: ISSUER,
    });
    expect([data.authType, data.algorithm(), data.issuer, data.authMaxAge, data.refreshMaxAge]).toEqual([
      "ES256",
      "ES256",
      ISSUER,
      3600,
      604_800,
    ]);
    expect(data.secret).toBe(pair.privateKey);
    expect(data.publicKey).toBe(pair.publicKey);
    expect(authData().publicKey).toBeUndefined();
  });

  it("extends claims in Flask_PyJWT's order", () => {
    const extended = authData({ authMaxAge: 5 }).extendClaims("auth", { sub: "ada", type: "auth" });
    expect(Object.entries(extended)).toEqual([
      ["iss", ISSUER],
      ["iat", NOW],
      ["exp", NOW + 5],
      ["sub", "ada"],
      ["type", "auth"],
    ]);
    const refresh = authData().extendClaims("refresh", { sub: "ada" }, 9);
    expect(Object.keys(refresh)).toEqual(["rid", "iss", "iat", "exp", "sub"]);
    expect(refresh).toMatchObject({ rid: expect.stringMatching(/^[\w-]{22}$/), exp: NOW + 9 });
  });

  it("gives a refresh token a rid of its own, also if the claims inherit one", () => {
    const claims = Object.create({ rid: "inherited" }, { sub: { value: "ada", enumerable: true } }) as object;
    const given = authData().extendClaims("refresh", claims as Record<string, unknown>);
    expect(given).toMatchObject({ rid: expect.stringMatching(/^[\w-]{22}$/), sub: "ada" });
    expect(authData().extendClaims("refresh", { rid: "given" })["rid"]).toBe("given");
  });

  it.each([
    ["an unknown algorithm", TypeError, { authType: "none" }],
    ["an empty issuer", TypeError, { issuer: "" }],
    ["a maximum age of zero", TypeError, { authMaxAge: 0 }],
    ["a fractional maximum age", TypeError, { refreshMaxAge: 1.5 }],
  ])("rejects %s", (_, type, over) => {
    expect(() => authData(over)).toThrow(type);
  });

  it("rejects a key that does not fit the algorithm", () => {
    expect(() => authData({ secret: "short" })).toThrow(expect.objectContaining({ name: "InvalidKeyError" }));
    expect(authData({ secret: "short", allowWeakSecret: true }).secret).toBe("short");
  });

  it("signs a token that decode accepts with the key alone", async () => {
    const signed = await new JWT("auth", "ada").sign(authData());
    expect(await decode(signed, SECRET, { algorithms: ["HS256"], issuer: ISSUER, now: NOW })).toMatchObject({
      sub: "ada",
    });
  });

  it("lists every algorithm and token type under its own name", () => {
    expect(AuthType).toEqual(Object.fromEntries(ALGORITHMS.map((name) => [name, name])));
    expect(TokenType).toEqual({ AUTH: "auth", REFRESH: "refresh" });
    expect([AuthType, TokenType].every(Object.isFrozen)).toBe(true);
  });
});

describe.each([
  ["JWT.fromSignedToken", (token: string): JWT => JWT.fromSignedToken(token)],
  ["AuthManager.convertToken", (token: string): JWT => AuthManager.convertToken(token)],
])("%s", (_, read) => {
  it("reads a token of any known algorithm, without checking signature and times", () => {
    for (const alg of ALGORITHMS) {
      const token = forge({ header: { alg, typ: "JWT" }, payload: goodClaims({ exp: 1, aud: "x" }), secret: "any" });
      const jwt = read(token);
      expect(jwt.claims).toEqual(goodClaims({ exp: 1, aud: "x" }));
      expect([jwt.signed, jwt.isSigned(), jwt.alg, jwt.tokenType]).toEqual([token, true, alg, "auth"]);
    }
    expect(read(forge({ payload: goodClaims({ type: "refresh" }) })).tokenType).toBe("refresh");
  });

  it.each(["exp", "iss", "sub", "iat", "type"])("rejects a token without %s", async (claim) => {
    for (const value of [undefined, null]) {
      const error = await refusalOf(() => read(forge({ payload: goodClaims({ [claim]: value }) })));
      expect(error).toMatchObject({ name: "MissingRequiredClaimError", reason: "CLAIM_MISSING", claim });
    }
  });

  it.each([
    ["an unknown algorithm", "ALGORITHM_INVALID", forge({ header: { alg: "HS1" } })],
    ["no algorithm", "ALGORITHM_INVALID", forge({ header: {} })],
    ["alg none", "ALGORITHM_INVALID", forge({ header: { alg: "none" }, signature: "" })],
    ["an unknown type", "TOKEN_TYPE_INVALID", forge({ payload: goodClaims({ type: "access" }) })],
    ["two segments", "TOKEN_MALFORMED", "a.b"],
    ["text that is not JSON", "TOKEN_MALFORMED", forge({ payload: "x" })],
    ["crit", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", crit: [] } })],
    ["undefined", "TOKEN_MALFORMED", undefined as unknown as string],
  ])("rejects %s: %s", async (_what, reason, token) => {
    expect(await refusalOf(() => read(token))).toMatchObject({ reason });
  });
});

/** `value` and every object in it. */
function parts(value: unknown): object[] {
  return typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(parts)] : [];
}
