/** `auth.login`: the token pair, its claims, and rejected arguments. */
import { AuthManager, MissingConfigError, MissingSignerError, memorySessionStore } from "claimgate";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createAuth, ISSUER, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";
import { claimsOf, openBench, refused, sidOf } from "./support.ts";

const SID = /^[\w-]{16}\.[\w-]{22}$/;
const RID = /^[\w-]{22}$/;

describe("login", () => {
  it("returns both tokens and their lifetimes in seconds, and nothing else", async () => {
    const { auth } = openBench();
    expect(await auth.login("ada")).toEqual({
      authToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 3600,
      refreshExpiresIn: 604_800,
    });
    const short = openBench({ authMaxAge: 60, refreshMaxAge: 90 }).auth;
    expect(await short.login("ada")).toMatchObject({ expiresIn: 60, refreshExpiresIn: 90 });
  });

  it("writes sid into both tokens, rid only into the refresh token, and scope only into the auth token", async () => {
    const { auth } = openBench();
    const { authToken, refreshToken } = await auth.login("ada", { scope: ["read"], claims: { plan: "pro" } });
    const sid = sidOf(authToken);
    expect(sid).toMatch(SID);
    const shared = { iss: ISSUER, sub: "ada", iat: NOW, sid };
    expect(claimsOf(authToken)).toEqual({ ...shared, type: "auth", exp: NOW + 3600, scope: ["read"], plan: "pro" });
    const rid: unknown = expect.stringMatching(RID);
    expect(claimsOf(refreshToken)).toEqual({ ...shared, type: "refresh", exp: NOW + 604_800, rid });
  });

  it("writes no scope when none is given, and the manager's audience into both tokens", async () => {
    const { auth } = openBench({ audience: "api" });
    const { authToken, refreshToken } = await auth.login("ada");
    const shared = ["aud", "exp", "iat", "iss", "sid", "sub", "type"];
    expect(Object.keys(claimsOf(authToken)).toSorted()).toEqual(shared);
    expect(Object.keys(claimsOf(refreshToken)).toSorted()).toEqual([...shared, "rid"].toSorted());
    expect([claimsOf(authToken)["aud"], claimsOf(refreshToken)["aud"]]).toEqual(["api", "api"]);
  });

  it("returns tokens that verify only as their own type", async () => {
    const { auth } = openBench();
    const { authToken, refreshToken } = await auth.login("ada");
    expect((await auth.verify(authToken)).sub).toBe("ada");
    expect((await auth.verify(refreshToken, { type: "refresh" })).sub).toBe("ada");
    expect(await refusalOf(auth.verify(refreshToken))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect(await refusalOf(auth.verify(authToken, { type: "refresh" }))).toMatchObject({
      reason: "TOKEN_TYPE_INVALID",
    });
  });

  it("gives the sessions of a subject the same tag, and each session its own id", async () => {
    const { auth } = openBench();
    const sids = await Promise.all(
      ["ada", "ada", "bob", 7, "7"].map(async (subject) => sidOf((await auth.login(subject)).authToken)),
    );
    const [ada, again, bob, seven, text] = sids.map((sid) => sid.split(".")[0]);
    expect(again).toBe(ada);
    expect(text).toBe(seven);
    expect(new Set([ada, bob, seven]).size).toBe(3);
    expect(new Set(sids).size).toBe(5);
  });

  it("keeps a numeric subject a number, also after a refresh", async () => {
    const { auth } = openBench();
    const pair = await auth.login(7);
    expect(claimsOf(pair.authToken)["sub"]).toBe(7);
    const next = await auth.refresh(pair.refreshToken);
    expect([claimsOf(next.authToken)["sub"], claimsOf(next.refreshToken)["sub"]]).toEqual([7, 7]);
    expect((await auth.sessions("7")).map(({ subject }) => subject)).toEqual(["7"]);
  });

  it("copies scope and claims, so that later changes do not affect the next tokens", async () => {
    const { auth } = openBench();
    const scope = { roles: ["reader"] };
    const claims = { team: { name: "a" } };
    const { refreshToken } = await auth.login("ada", { scope, claims });
    scope.roles.push("admin");
    claims.team.name = "b";
    expect(claimsOf((await auth.refresh(refreshToken)).authToken)).toMatchObject({
      scope: { roles: ["reader"] },
      team: { name: "a" },
    });
  });
});

describe("login rejects, before any call of the store or of authorize,", () => {
  const open = () => {
    const asked: string[] = [];
    const authorize = (subject: string) => {
      asked.push(subject);
      return {};
    };
    return { asked, ...openBench({ authorize }) };
  };

  it.each<[what: string, subject: unknown, options: unknown, named: RegExp]>([
    ["an empty label", "ada", { label: "" }, /label/],
    ["a label of more than 200 characters", "ada", { label: "x".repeat(201) }, /label/],
    ["a label that is not a text", "ada", { label: 5 }, /label/],
    ["an unknown option", "ada", { scopes: ["a"] }, /scopes/],
    ["maxAge, an option of single tokens", "ada", { maxAge: 5 }, /maxAge/],
    ["claims that are not an object", "ada", { claims: ["a"] }, /claims/],
    ["a function as a claim", "ada", { claims: { work: () => 1 } }, /claims/],
    ["a function as scope", "ada", { scope: () => 1 }, /claims/],
    ["an empty subject", "", {}, /subject/],
    ["a missing subject", undefined, {}, /subject/],
    ["a fractional subject", 1.5, {}, /subject/],
    ["an object as subject", { id: 1 }, {}, /subject/],
    ["null options", "ada", null, /./],
    ...["iss", "sub", "aud", "exp", "iat", "type", "scope", "sid", "rid"].map(
      (claim): [string, unknown, unknown, RegExp] => [
        `the reserved claim ${claim}`,
        "ada",
        { claims: { [claim]: "x" } },
        new RegExp(`claims\\.${claim}`),
      ],
    ),
  ])("%s", async (_, subject, options, named) => {
    const { auth, asked, store, events } = open();
    // Untyped code can pass values that the types forbid.
    const error = await refusalOf(auth.login(subject as string, options as object));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(named);
    expect([store.count(), asked, events]).toEqual([0, [], []]);
  });

  it("nothing when every argument is valid", async () => {
    const { auth, asked } = open();
    await auth.login("ada", { label: "x".repeat(200), scope: ["a"], claims: { plan: "pro" } });
    expect(asked).toEqual(["ada"]);
    expect(await auth.sessions("ada")).toMatchObject([{ label: "x".repeat(200) }]);
  });
});

describe("login with a claims schema", () => {
  const { auth, store } = openBench({ claimsSchema: z.object({ plan: z.enum(["free", "pro"]) }).partial() });

  it("rejects claims that violate it, and starts no session", async () => {
    expect(await refused(auth.login("ada", { claims: { plan: "gold" } }))).toEqual({
      name: "UnauthorizedError",
      reason: "CLAIM_INVALID",
      status: 401,
    });
    expect(store.count()).toBe(0);
  });

  it("accepts claims that satisfy it", async () => {
    const { authToken } = await auth.login("ada", { claims: { plan: "pro" } });
    expect((await auth.verify(authToken)).claims).toMatchObject({ plan: "pro" });
  });
});

describe("a manager that lacks what sessions need", () => {
  const calls: ReadonlyArray<readonly [string, (auth: AuthManager) => Promise<unknown>]> = [
    ["login", (auth) => auth.login("ada")],
    ["refresh", (auth) => auth.refresh("x.y.z")],
    ["revoke", (auth) => auth.revoke({ subject: "ada" })],
    ["sessions", (auth) => auth.sessions("ada")],
    ["ctx.auth.login", (auth) => auth.forRequest().login("ada")],
    ["ctx.auth.refresh", (auth) => auth.forRequest({ token: "x.y.z" }).refresh()],
    ["ctx.auth.logout", (auth) => auth.forRequest({ token: "x.y.z" }).logout()],
  ];

  it.each(calls)("rejects %s with a MissingConfigError named sessions when it has no store", async (_, call) => {
    const error = await refusalOf(call(createAuth().auth));
    expect(error).toBeInstanceOf(MissingConfigError);
    expect(error).toMatchObject({ configValue: "sessions" });
  });

  it.each(calls)("rejects %s with MissingSignerError before init", async (_, call) => {
    expect(await refusalOf(call(new AuthManager()))).toBeInstanceOf(MissingSignerError);
  });

  it("starts and refreshes no session without a signing key, but ends sessions", async () => {
    const { privateKey, publicKey } = makePair("P-256");
    const { store, clock } = openBench();
    const shared = { issuer: ISSUER, algorithm: "ES256", sessions: store, now: clock.now } as const;
    const signer = new AuthManager({ ...shared, privateKey });
    const reader = new AuthManager({ ...shared, publicKey });
    const { refreshToken } = await signer.login("ada");
    expect(await refusalOf(reader.login("ada"))).toBeInstanceOf(MissingSignerError);
    expect(await refusalOf(reader.refresh(refreshToken))).toBeInstanceOf(MissingSignerError);
    // There was no rotation and no second session.
    expect(await reader.sessions("ada")).toHaveLength(1);
    const next = await signer.refresh(refreshToken);
    await reader.revoke({ token: next.refreshToken });
    expect(await refused(signer.refresh(next.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
  });
});

describe("sessionMaxAge", () => {
  it("limits the exp of both tokens", async () => {
    const { auth } = openBench({ sessionMaxAge: 100 });
    const pair = await auth.login("ada");
    expect(pair).toMatchObject({ expiresIn: 100, refreshExpiresIn: 100 });
    expect([claimsOf(pair.authToken)["exp"], claimsOf(pair.refreshToken)["exp"]]).toEqual([NOW + 100, NOW + 100]);
  });

  it("ends the session at that age, however often it is refreshed", async () => {
    const { auth, clock } = openBench({ sessionMaxAge: 100, refreshMaxAge: 40, authMaxAge: 30 });
    let { refreshToken } = await auth.login("ada");
    const expiries: unknown[] = [];
    for (const at of [30, 60, 90, 99]) {
      clock.set(NOW + at);
      const next = await auth.refresh(refreshToken);
      expiries.push([next.expiresIn, next.refreshExpiresIn]);
      expect(claimsOf(next.authToken)["exp"]).toBe(NOW + at + next.expiresIn);
      refreshToken = next.refreshToken;
    }
    expect(expiries).toEqual([
      [30, 40],
      [30, 40],
      [10, 10],
      [1, 1],
    ]);
    expect(await auth.sessions("ada")).toHaveLength(1);
    clock.set(NOW + 100);
    expect(await refused(auth.refresh(refreshToken))).toMatchObject({ reason: "TOKEN_EXPIRED", status: 401 });
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it("sets no limit when it is missing", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 40 });
    let { refreshToken } = await auth.login("ada");
    for (let round = 0; round < 10; round++) {
      clock.advance(39);
      ({ refreshToken } = await auth.refresh(refreshToken));
    }
    expect(await auth.sessions("ada")).toMatchObject([{ createdAt: NOW, lastUsedAt: NOW + 390, endsAt: null }]);
  });
});

it("maxTokenAge limits the default ages of both tokens", async () => {
  const { auth } = createAuth({ sessions: memorySessionStore(), maxTokenAge: 50 });
  expect(await auth.login("ada")).toMatchObject({ expiresIn: 50, refreshExpiresIn: 50 });
});
