/** `auth.login`: what it gives, what stands in the tokens, and what it refuses before anything is written. */
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
  it("gives both tokens and the seconds that each lives, and nothing else", async () => {
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

  it("writes the session's id in both tokens, a rid in the refresh token only and the scope in the auth token only", async () => {
    const { auth } = openBench();
    const { authToken, refreshToken } = await auth.login("ada", { scope: ["read"], claims: { plan: "pro" } });
    const sid = sidOf(authToken);
    expect(sid).toMatch(SID);
    const shared = { iss: ISSUER, sub: "ada", iat: NOW, sid };
    expect(claimsOf(authToken)).toEqual({ ...shared, type: "auth", exp: NOW + 3600, scope: ["read"], plan: "pro" });
    const rid: unknown = expect.stringMatching(RID);
    expect(claimsOf(refreshToken)).toEqual({ ...shared, type: "refresh", exp: NOW + 604_800, rid });
  });

  it("writes no scope where none was given, and the manager's audience in both", async () => {
    const { auth } = openBench({ audience: "api" });
    const { authToken, refreshToken } = await auth.login("ada");
    const shared = ["aud", "exp", "iat", "iss", "sid", "sub", "type"];
    expect(Object.keys(claimsOf(authToken)).toSorted()).toEqual(shared);
    expect(Object.keys(claimsOf(refreshToken)).toSorted()).toEqual([...shared, "rid"].toSorted());
    expect([claimsOf(authToken)["aud"], claimsOf(refreshToken)["aud"]]).toEqual(["api", "api"]);
  });

  it("gives tokens that verify as what they are, and as nothing else", async () => {
    const { auth } = openBench();
    const { authToken, refreshToken } = await auth.login("ada");
    expect((await auth.verify(authToken)).sub).toBe("ada");
    expect((await auth.verify(refreshToken, { type: "refresh" })).sub).toBe("ada");
    expect(await refusalOf(auth.verify(refreshToken))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect(await refusalOf(auth.verify(authToken, { type: "refresh" }))).toMatchObject({
      reason: "TOKEN_TYPE_INVALID",
    });
  });

  it("tags the sessions of one subject alike, and no two sessions", async () => {
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

  it("keeps a subject that is a number a number, through a refresh too", async () => {
    const { auth } = openBench();
    const pair = await auth.login(7);
    expect(claimsOf(pair.authToken)["sub"]).toBe(7);
    const next = await auth.refresh(pair.refreshToken);
    expect([claimsOf(next.authToken)["sub"], claimsOf(next.refreshToken)["sub"]]).toEqual([7, 7]);
    expect((await auth.sessions("7")).map(({ subject }) => subject)).toEqual(["7"]);
  });

  it("takes copies: what the caller changes later is not in the next tokens", async () => {
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

describe("login refuses, before anything is written or authorize is asked,", () => {
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
    ["a label that is no text", "ada", { label: 5 }, /label/],
    ["an option there is not", "ada", { scopes: ["a"] }, /scopes/],
    ["maxAge, which is for single tokens", "ada", { maxAge: 5 }, /maxAge/],
    ["claims that are no object", "ada", { claims: ["a"] }, /claims/],
    ["claims that are no data", "ada", { claims: { work: () => 1 } }, /claims/],
    ["a scope that is no data", "ada", { scope: () => 1 }, /claims/],
    ["an empty subject", "", {}, /subject/],
    ["a subject that is not there", undefined, {}, /subject/],
    ["a subject that is a fraction", 1.5, {}, /subject/],
    ["a subject that is an object", { id: 1 }, {}, /subject/],
    ["options that are null", "ada", null, /./],
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
    // What the types keep out comes from JavaScript.
    const error = await refusalOf(auth.login(subject as string, options as object));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(named);
    expect([store.count(), asked, events]).toEqual([0, [], []]);
  });

  it("and nothing where all of it is good", async () => {
    const { auth, asked } = open();
    await auth.login("ada", { label: "x".repeat(200), scope: ["a"], claims: { plan: "pro" } });
    expect(asked).toEqual(["ada"]);
    expect(await auth.sessions("ada")).toMatchObject([{ label: "x".repeat(200) }]);
  });
});

describe("login holds claims against the schema", () => {
  const { auth, store } = openBench({ claimsSchema: z.object({ plan: z.enum(["free", "pro"]) }).partial() });

  it("and refuses those off it, with no session begun", async () => {
    expect(await refused(auth.login("ada", { claims: { plan: "gold" } }))).toEqual({
      name: "UnauthorizedError",
      reason: "CLAIM_INVALID",
      status: 401,
    });
    expect(store.count()).toBe(0);
  });

  it("and takes those on it", async () => {
    const { authToken } = await auth.login("ada", { claims: { plan: "pro" } });
    expect((await auth.verify(authToken)).claims).toMatchObject({ plan: "pro" });
  });
});

describe("without what sessions need", () => {
  const calls: ReadonlyArray<readonly [string, (auth: AuthManager) => Promise<unknown>]> = [
    ["login", (auth) => auth.login("ada")],
    ["refresh", (auth) => auth.refresh("x.y.z")],
    ["revoke", (auth) => auth.revoke({ subject: "ada" })],
    ["sessions", (auth) => auth.sessions("ada")],
    ["ctx.auth.login", (auth) => auth.forRequest().login("ada")],
    ["ctx.auth.refresh", (auth) => auth.forRequest({ token: "x.y.z" }).refresh()],
    ["ctx.auth.logout", (auth) => auth.forRequest({ token: "x.y.z" }).logout()],
  ];

  it.each(calls)('%s rejects with MissingConfigError("sessions") where there is no store', async (_, call) => {
    const error = await refusalOf(call(createAuth().auth));
    expect(error).toBeInstanceOf(MissingConfigError);
    expect(error).toMatchObject({ configValue: "sessions" });
  });

  it.each(calls)("%s rejects with MissingSignerError before init", async (_, call) => {
    expect(await refusalOf(call(new AuthManager()))).toBeInstanceOf(MissingSignerError);
  });

  it("a manager that only verifies begins and renews no session, but ends them", async () => {
    const { privateKey, publicKey } = makePair("P-256");
    const { store, clock } = openBench();
    const shared = { issuer: ISSUER, algorithm: "ES256", sessions: store, now: clock.now } as const;
    const signer = new AuthManager({ ...shared, privateKey });
    const reader = new AuthManager({ ...shared, publicKey });
    const { refreshToken } = await signer.login("ada");
    expect(await refusalOf(reader.login("ada"))).toBeInstanceOf(MissingSignerError);
    expect(await refusalOf(reader.refresh(refreshToken))).toBeInstanceOf(MissingSignerError);
    // Nothing was rotated, and no second session is there.
    expect(await reader.sessions("ada")).toHaveLength(1);
    const next = await signer.refresh(refreshToken);
    await reader.revoke({ token: next.refreshToken });
    expect(await refused(signer.refresh(next.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
  });
});

describe("sessionMaxAge", () => {
  it("bounds the exp of both tokens", async () => {
    const { auth } = openBench({ sessionMaxAge: 100 });
    const pair = await auth.login("ada");
    expect(pair).toMatchObject({ expiresIn: 100, refreshExpiresIn: 100 });
    expect([claimsOf(pair.authToken)["exp"], claimsOf(pair.refreshToken)["exp"]]).toEqual([NOW + 100, NOW + 100]);
  });

  it("ends the session then, however often it is refreshed", async () => {
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

  it("is no bound where it is not set", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 40 });
    let { refreshToken } = await auth.login("ada");
    for (let round = 0; round < 10; round++) {
      clock.advance(39);
      ({ refreshToken } = await auth.refresh(refreshToken));
    }
    expect(await auth.sessions("ada")).toMatchObject([{ createdAt: NOW, lastUsedAt: NOW + 390, endsAt: null }]);
  });
});

it("maxTokenAge bounds the defaults of both tokens", async () => {
  const { auth } = createAuth({ sessions: memorySessionStore(), maxTokenAge: 50 });
  expect(await auth.login("ada")).toMatchObject({ expiresIn: 50, refreshExpiresIn: 50 });
});
