/** A manager issues no token that it would itself reject at once. */
import { AuthManager, type AuthManagerConfig, InvalidConfigError, memorySessionStore } from "claimgate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { makePair } from "../core/jwt/keys/key-kinds.ts";
import { claimsOf, openBench, refused } from "../core/sessions/support.ts";
import { createAuth, ISSUER, NOW, SECRET } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { outcomeOf } from "../support/verdict-of.ts";

const LONG = { claims: { groups: "x".repeat(7000) } };
const TOO_LONG =
  /^maxTokenLength must be at least \d+ for this (auth|refresh) token, and is \d+\. Grant fewer claims, .* or raise it$/;

/** The TypeError that `work` rejects with, as its message. */
async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await refusalOf(work);
  expect(error).toBeInstanceOf(TypeError);
  return (error as TypeError).message;
}

describe("a token longer than maxTokenLength", () => {
  it("is a TypeError of authToken and refreshToken, and the longest token is issued and accepted", async () => {
    const events: unknown[] = [];
    const { auth } = createAuth({ onEvent: (event) => events.push(event) });
    for (const type of ["auth", "refresh"] as const) {
      const issue = (claims: Record<string, unknown>, on: AuthManager = auth) =>
        type === "auth" ? on.authToken("ada", { claims }) : on.refreshToken("ada", { claims });
      const { length } = (await issue({ a: "x".repeat(5000) })).signed;
      events.length = 0;
      const least = createAuth({ maxTokenLength: length, onEvent: (event) => events.push(event) }).auth;
      expect(await outcomeOf(least.verify((await issue({ a: "x".repeat(5000) }, least)).signed, { type }))).toBe(
        "allowed",
      );
      expect(events).toHaveLength(1);
      expect(await messageOf(issue({ a: "x".repeat(5003) }, least))).toMatch(TOO_LONG);
      expect(await messageOf(issue(LONG.claims))).toContain("must be at least 9");
      expect(await messageOf(issue(LONG.claims))).toContain("and is 8192.");
      expect(events).toHaveLength(1);
    }
  });

  it("is a TypeError of login before a session begins, with claims, scope, subject or the rights of authorize", async () => {
    const big = "x".repeat(7000);
    for (const [subject, options, config] of [
      ["ada", LONG, {}],
      ["ada", { scope: big }, {}],
      ["ada", {}, { authorize: () => ({ scope: big }) }],
      ["\u4e2d".repeat(800), {}, { maxTokenLength: 3000 }],
    ] as const) {
      const { auth, store, events } = openBench(config);
      expect(await messageOf(auth.login(subject, options))).toMatch(TOO_LONG);
      expect([store.count(), events]).toEqual([0, []]);
    }
    const { auth } = openBench({ maxTokenLength: 10_000 });
    const { authToken, refreshToken } = await auth.login("ada", LONG);
    expect(await outcomeOf(auth.verify(authToken))).toBe("allowed");
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });

  it("is a TypeError of ctx.auth.login, which sets no cookies", async () => {
    const { auth, store } = openBench({ cookies: { auth: "a", refresh: "r" }, maxTokenLength: 2000 });
    const set: string[] = [];
    const headers = { "sec-fetch-site": "same-origin" };
    const request = auth.forRequest({ headers, method: "POST", setCookie: (header) => set.push(header) });
    expect(await messageOf(request.login("ada", { claims: { groups: "x".repeat(1800) } }))).toMatch(TOO_LONG);
    expect([set, store.count()]).toEqual([[], 0]);
    await request.login("ada", { claims: { groups: "x".repeat(800) } });
    expect(set).toHaveLength(2);
  });

  it("is a TypeError of refresh before the rotation, when authorize grants more", async () => {
    let scope: unknown = "read";
    const { auth, store, clock } = openBench({ authorize: () => ({ scope }) });
    const { refreshToken } = await auth.login("ada");
    scope = "x".repeat(7000);
    for (let time = 0; time < 3; time++) expect(await messageOf(auth.refresh(refreshToken))).toMatch(TOO_LONG);
    expect([store.count("rotate"), store.count("claim")]).toEqual([0, 0]);
    clock.advance(60);
    scope = "read";
    expect(claimsOf((await auth.refresh(refreshToken)).authToken)).toMatchObject({ scope: "read" });
  });

  it("leaves the refresh token valid, when another server of the session allows fewer characters", async () => {
    const { auth, another, clock } = openBench({ maxTokenLength: 20_000 });
    const { refreshToken } = await auth.login("ada", LONG);
    for (let time = 0; time < 3; time++) expect(await messageOf(another().refresh(refreshToken))).toMatch(TOO_LONG);
    clock.advance(60);
    const next = await auth.refresh(refreshToken);
    expect(await outcomeOf(auth.refresh(next.refreshToken))).toBe("allowed");
    clock.advance(60);
    expect(await refused(auth.refresh(refreshToken))).toMatchObject({ reason: "TOKEN_REUSED" });
  });

  it("is an InvalidConfigError of ready() if not even a token without claims fits", async () => {
    const pair = makePair("RSA");
    for (const keys of [
      { algorithm: "HS256", secret: SECRET },
      { algorithm: "RS256", privateKey: pair.privateKey },
    ]) {
      const open = (maxTokenLength: number) =>
        new AuthManager({ issuer: ISSUER, ...keys, maxTokenLength } as AuthManagerConfig);
      const error = await refusalOf(open(200).ready());
      expect(error).toBeInstanceOf(InvalidConfigError);
      const { configValue, message } = error as InvalidConfigError;
      expect([configValue, message]).toEqual([
        "maxTokenLength",
        expect.stringMatching(/must be at least \d+,.*raise it/),
      ]);
      const least = Number(/at least (\d+)/.exec(message)?.[1]);
      await open(least).ready();
      expect(await outcomeOf(open(least).verify((await open(least).authToken("ada")).signed))).toBe("allowed");
    }
  });
});

describe("claims that verification reads", () => {
  it.each<[what: string, claims: Record<string, unknown>, message: RegExp]>([
    ["nbf in text", { nbf: "2025-01-01" }, /^claims\.nbf must be a number of seconds since 1970: /],
    ["nbf null", { nbf: null }, /^claims\.nbf must be a number/],
    ["nbf NaN", { nbf: Number.NaN }, /^claims\.nbf must be a number/],
    ["nbf in a list", { nbf: [NOW] }, /^claims\.nbf must be a number/],
    ["an invalid Date as nbf", { nbf: new Date("never") }, /^claims\.nbf must be a number/],
    ["nbf in milliseconds", { nbf: NOW * 1000 }, /^claims\.nbf must be before the exp of the token: pass seconds/],
    ["nbf at exp", { nbf: NOW + 3600 }, /^claims\.nbf must be before the exp/],
    ["jti as a number", { jti: 5 }, /^claims\.jti must be a string: /],
    ["jti null", { jti: null }, /^claims\.jti must be a string/],
  ])("%s is a TypeError when a token is issued", async (_, claims, message) => {
    const { auth, store } = openBench();
    expect(await messageOf(auth.authToken("ada", { claims }))).toMatch(message);
    expect(await messageOf(auth.login("ada", { claims }))).toMatch(/^claims\.(nbf|jti) must be/);
    expect(await messageOf(auth.refreshToken("ada", { claims, maxAge: 3600 }))).toMatch(/^claims\.(nbf|jti) must be/);
    expect(store.count()).toBe(0);
  });

  it("are issued where the token is valid now or later", async () => {
    const { auth, clock } = openBench();
    for (const nbf of [NOW, NOW - 5.5, 0, new Date(NOW * 1000)])
      expect(await outcomeOf(auth.verify((await auth.authToken("ada", { claims: { nbf, jti: "" } })).signed))).toBe(
        "allowed",
      );
    const later = await auth.authToken("ada", { claims: { nbf: NOW + 3599 } });
    expect(await outcomeOf(auth.verify(later.signed))).toBe("TOKEN_NOT_YET_VALID");
    clock.set(NOW + 3599);
    expect(await outcomeOf(auth.verify(later.signed))).toBe("allowed");
  });

  it("stay readable after a refresh: a Date as nbf of a session is a TypeError", async () => {
    const { auth } = openBench();
    expect(await messageOf(auth.login("ada", { claims: { nbf: new Date(0) } }))).toMatch(
      /^claims\.nbf must be a number/,
    );
    const { refreshToken } = await auth.login("ada", { claims: { nbf: 0 } });
    expect(await outcomeOf(auth.verify((await auth.refresh(refreshToken)).authToken))).toBe("allowed");
  });

  it("are checked by the schema in the form that the wire has, where a Date is text", async () => {
    const { auth } = createAuth<{ at?: Date | undefined }>({ claimsSchema: z.object({ at: z.date().optional() }) });
    expect(await refusalOf(auth.authToken("ada", { claims: { at: new Date(0) } }))).toMatchObject({
      reason: "CLAIM_INVALID",
    });
    expect(await outcomeOf(auth.verify((await auth.authToken("ada")).signed))).toBe("allowed");
  });
});

describe("a clock in milliseconds", () => {
  it("is an InvalidConfigError, and one in seconds is not", async () => {
    for (const time of [NOW * 1000, Date.now(), NOW * 1e6, -NOW * 1000]) {
      const { auth } = createAuth({ now: () => time });
      const error = await refusalOf(auth.authToken("ada"));
      expect(error).toMatchObject({ name: "InvalidConfigError", configValue: "now" });
      expect((error as Error).message).toContain("divide milliseconds by 1000");
    }
    for (const time of [0, 1.5, NOW, 1e11]) {
      const { auth } = createAuth({ now: () => time });
      expect(await outcomeOf(auth.verify((await auth.authToken("ada")).signed))).toBe("allowed");
    }
  });
});

describe("whatever a manager issues, it accepts at once:", () => {
  const names = fc.constantFrom(
    "nonce",
    "events",
    "typ",
    "token_use",
    "token_type",
    "at_hash",
    "azp",
    "auth_time",
    "__proto__",
    "constructor",
    "",
    "nbf ",
    "expiresIn",
  );
  const claims = fc.dictionary(
    fc.oneof(names, fc.string({ unit: "binary", maxLength: 8 })),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 6 },
  );
  const number = fc.oneof(fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324, 2 ** 53), fc.double());
  const subject = fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), fc.maxSafeInteger());
  const given = fc.record(
    {
      scope: fc.oneof(fc.jsonValue({ maxDepth: 3 }), number),
      claims,
      maxAge: fc.integer({ min: 1, max: 3_155_760_000 }),
      audience: fc.constantFrom("a", "b", ["a", "c"], ["b"]),
    },
    { requiredKeys: [] },
  );
  const RESERVED = /is reserved/;

  it.each<[what: string, config: Partial<AuthManagerConfig>]>([
    ["one secret", { audience: ["a", "b"] }],
    [
      "a ring, leeway and no cache",
      {
        audience: ["a", "b"],
        leeway: 30,
        cache: false,
        keys: [{ algorithm: "HS512", secret: SECRET, kid: "\ud800\u0000" }],
      },
    ],
    ["a short maxTokenLength", { audience: ["a", "b"], maxTokenLength: 400 }],
  ])("tokens of authToken and refreshToken, with %s", async (_, config) => {
    const { auth } = createAuth(config);
    await fc.assert(
      fc.asyncProperty(subject, given, async (who, { scope, audience, ...shared }) => {
        const options = {
          ...shared,
          ...(scope === undefined ? {} : { scope }),
          ...(audience === undefined ? {} : { audience }),
        };
        for (const type of ["auth", "refresh"] as const) {
          const issued = await (type === "auth" ? auth.authToken(who, options) : auth.refreshToken(who, shared)).catch(
            (error: unknown) => error,
          );
          if (issued instanceof TypeError && (TOO_LONG.test(issued.message) || RESERVED.test(issued.message))) continue;
          const { signed } = issued as { signed: string };
          expect((await auth.verify(signed, { type })).signed).toBe(signed);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("tokens of login and refresh, with and without authorize", async () => {
    const sessions = memorySessionStore();
    await fc.assert(
      fc.asyncProperty(
        subject,
        claims,
        fc.jsonValue({ maxDepth: 2 }),
        fc.boolean(),
        async (who, held, scope, isAsked) => {
          const authorize = () => ({ scope, claims: held });
          const { auth } = createAuth({ sessions, sessionCheck: "always", ...(isAsked ? { authorize } : {}) });
          const pair = await auth.login(who, isAsked ? {} : { scope, claims: held }).catch((error: unknown) => error);
          if (pair instanceof TypeError && /U\+0000|is reserved|maxTokenLength|^claims\.__proto__/.test(pair.message))
            return;
          const first = pair as { authToken: string; refreshToken: string };
          const next = await auth.refresh(first.refreshToken);
          for (const { authToken, refreshToken } of [first, next])
            expect((await auth.verify(authToken)).sub).toBe((await auth.verify(refreshToken, { type: "refresh" })).sub);
          expect({ ...claimsOf(next.authToken), iat: 0 }).toEqual({ ...claimsOf(first.authToken), iat: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });
});
