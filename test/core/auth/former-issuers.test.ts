/** `formerIssuers`: tokens of an earlier `issuer` are accepted until a time. */
import { generateKeyPairSync } from "node:crypto";
import { AuthManager, type AuthManagerConfig, InvalidConfigError, type JWT, memorySessionStore } from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { createVerifier } from "../../../src/core/auth/verifier.ts";
import { resolveConfig } from "../../../src/core/config/resolve-config.ts";
import { ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf, verdictOf } from "../../support/verdict-of.ts";
import { ASIDE, createIssuer, entryOf } from "../issuers/support.ts";
import { claimsOf, refused } from "../sessions/support.ts";

const OLD = "https://old.example";
const OLDER = "https://older.example";
const UNTIL = NOW + 1000;
const SINGLE = { algorithm: "HS256", secret: SECRET };
const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
const RING = {
  keys: [
    { algorithm: "ES256", privateKey: pem, kid: "one" },
    { algorithm: "HS256", secret: SECRET, kid: "two", signFrom: NOW + 10 ** 6 },
  ],
};

interface Site {
  readonly clock: TestClock;
  /** The manager before the change of its issuer. */
  readonly before: AuthManager;
  /** The manager after it, with the same keys and the same store. */
  readonly after: AuthManager;
}

function rename(keys: object = SINGLE, config: object = {}, over: object = {}): Site {
  const clock = createTestClock(NOW);
  const shared = { ...keys, now: clock.now, authMaxAge: 5000, sessions: memorySessionStore(), ...config };
  const build = (more: object): AuthManager => new AuthManager({ ...shared, ...more } as AuthManagerConfig);
  return {
    clock,
    before: build({ issuer: OLD }),
    after: build({ issuer: ISSUER, formerIssuers: [{ issuer: OLD, until: UNTIL }], ...over }),
  };
}

const INVALID = "ISSUER_INVALID";
const REFUSED = { name: "UnauthorizedError", reason: INVALID, status: 401 };

describe.each([
  ["a secret", SINGLE, { cache: false }],
  ["a secret and the token cache", SINGLE, {}],
  ["a key ring", RING, {}],
  ["a loader of keys", { keys: async () => RING.keys }, { cache: false }],
])("a token of a former issuer, with %s,", (_, keys, config) => {
  it.each(["auth", "refresh"] as const)("is accepted until `until` as type %s, and no longer", async (type) => {
    const { before, after, clock } = rename(keys, { ...config, adoptRefresh: true });
    const { signed } = type === "auth" ? await before.authToken("ada") : await before.refreshToken("ada");
    expect((await after.verify(signed, { type })).sub).toBe("ada");
    clock.set(UNTIL - 0.001);
    expect(await outcomeOf(after.verify(signed, { type }))).toBe("allowed");
    expect(await after.verifyToken(signed)).toBe(true);
    clock.set(UNTIL);
    expect(await outcomeOf(after.verify(signed, { type }))).toBe(INVALID);
    expect(await after.verifyToken(signed)).toBe(false);
    // The token itself is still valid under its own name.
    expect(await outcomeOf(before.verify(signed, { type }))).toBe("allowed");
  });

  it("shows the present issuer, and its other claims as they are", async () => {
    const { before, after } = rename(keys, config);
    const options = { scope: { read: true }, claims: { team: { deep: ["a"] }, ["__proto__"]: 1 } };
    const { signed } = await before.authToken("ada", options);
    const token = await after.verify(signed);
    expect([token.iss, token.signed, Object.isFrozen(token.claims["team"])]).toEqual([ISSUER, signed, true]);
    expect(JSON.stringify(token.claims)).toBe(JSON.stringify({ ...claimsOf(signed), iss: ISSUER }));
  });

  it("is judged by rules and authorize under the present issuer", async () => {
    const seen: unknown[] = [];
    const authorize = (_: string, held: { claims: object }): object => {
      seen.push((held.claims as { iss: string }).iss);
      return { claims: { asked: true } };
    };
    const { before, after } = rename(keys, config, { authorize, authorizeAt: "request" });
    const token = (await before.authToken("ada")).signed;
    expect(await verdictOf(after, token, { claims: { iss: ISSUER, asked: true } })).toBe("allowed");
    expect(await verdictOf(after, token, { claims: { iss: OLD } })).toBe("CLAIMS_INSUFFICIENT");
    expect(seen).toEqual([ISSUER, ISSUER]);
  });

  it("keeps its session: a refresh gives tokens of the present issuer, also in the grace", async () => {
    const { before, after } = rename(keys, config);
    const pair = await before.login("ada", { scope: ["read"] });
    for (const next of [await after.refresh(pair.refreshToken), await after.refresh(pair.refreshToken)]) {
      expect([claimsOf(next.authToken)["iss"], claimsOf(next.refreshToken)["iss"]]).toEqual([ISSUER, ISSUER]);
      expect(claimsOf(next.authToken)).toMatchObject({ sid: claimsOf(pair.authToken)["sid"], scope: ["read"] });
      expect(await outcomeOf(before.verify(next.authToken))).toBe(INVALID);
    }
  });

  it("is refreshed, adopted and revoked until `until` and no longer", async () => {
    const { before, after, clock } = rename(keys, { ...config, adoptRefresh: true });
    const [first, second] = [await before.login("ada"), await before.login("bob")];
    const loose = await before.refreshToken("eve");
    clock.set(UNTIL - 1);
    expect(claimsOf((await after.refresh(loose.signed)).authToken)).toMatchObject({ iss: ISSUER, sub: "eve" });
    await after.revoke({ token: first.authToken });
    expect(await refused(after.refresh(first.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
    clock.set(UNTIL);
    expect(await refused(after.refresh(second.refreshToken))).toEqual(REFUSED);
    expect(await refused(after.revoke({ token: second.authToken }))).toEqual(REFUSED);
    expect(await after.sessions("bob")).toHaveLength(1);
  });
});

describe("the end of a former issuer", () => {
  it.each([true, false])("applies to tokens that were verified before, with the cache: %s", async (isCached) => {
    const { before, after, clock } = rename(SINGLE, isCached ? {} : { cache: false });
    const token = (await before.authToken("ada")).signed;
    const request = after.forRequest({ token });
    const [verified] = [await after.verify(token), await request.require()];
    expect(await outcomeOf(after.forRequest({ token: verified }).require())).toBe("allowed");
    clock.set(UNTIL);
    expect(await outcomeOf(request.require())).toBe(INVALID);
    expect(await outcomeOf(after.forRequest({ token: verified }).require())).toBe(INVALID);
    expect(await outcomeOf(after.verify(token))).toBe(INVALID);
    // A clock that is set back makes it valid again.
    clock.set(UNTIL - 1);
    expect(await outcomeOf(after.verify(token))).toBe("allowed");
  });

  it("does not move with leeway, and comes after the end of the token itself", async () => {
    const { before, after, clock } = rename(SINGLE, { leeway: 60 });
    const [long, short] = [await before.authToken("ada"), await before.authToken("ada", { maxAge: 100 })];
    clock.set(NOW + 160);
    expect(await outcomeOf(after.verify(short.signed))).toBe("TOKEN_EXPIRED");
    clock.set(UNTIL);
    expect(await outcomeOf(after.verify(long.signed))).toBe(INVALID);
  });

  it("may be past when the manager is built, and differs from name to name", async () => {
    const former = [
      { issuer: OLDER, until: NOW - 1 },
      { issuer: OLD, until: UNTIL },
      { issuer: "x", until: 0 },
    ];
    const { after, clock } = rename(SINGLE, {}, { formerIssuers: former });
    const of = (iss: string): string => forge({ payload: goodClaims({ iss, exp: NOW + 5000 }) });
    expect(await outcomeOf(after.verify(of(OLDER)))).toBe(INVALID);
    expect(await outcomeOf(after.verify(of(OLD)))).toBe("allowed");
    clock.set(NOW - 2);
    expect(await outcomeOf(after.verify(of(OLDER)))).toBe("allowed");
  });

  it('applies to tokens whose session is checked by sessionCheck "always"', async () => {
    const { before, after, clock } = rename(SINGLE, { sessionCheck: "always", sessionCheckTtl: 0 });
    const [kept, gone] = [await before.login("ada"), await before.login("bob")];
    expect(await outcomeOf(after.verify(kept.authToken))).toBe("allowed");
    await before.revoke({ subject: "bob" });
    expect(await outcomeOf(after.verify(gone.authToken))).toBe("TOKEN_REVOKED");
    expect(await outcomeOf(after.verify((await before.authToken("ada")).signed))).toBe("CLAIM_MISSING");
    expect(await outcomeOf(after.verify(gone.refreshToken, { type: "refresh" }))).toBe("TOKEN_REVOKED");
    clock.set(UNTIL);
    expect(await outcomeOf(after.verify(kept.authToken))).toBe(INVALID);
  });

  it("is the time until which a stream may go on without another check", async () => {
    const { before, clock } = rename();
    const formerIssuers = [{ issuer: OLD, until: UNTIL }];
    const verifier = createVerifier(resolveConfig({ ...SINGLE, issuer: ISSUER, now: clock.now, formerIssuers }));
    const [long, short] = [await before.authToken("ada"), await before.authToken("ada", { maxAge: 100 })];
    const [one, other] = [await verifier.verify(long.signed), await verifier.verify(short.signed)];
    expect([verifier.goodUntil(one), verifier.goodUntil(other)]).toEqual([UNTIL, NOW + 100]);
    clock.set(UNTIL - 0.5);
    expect([verifier.isGoodNow(one), verifier.isGoodNow(other)]).toEqual([true, false]);
    clock.set(UNTIL);
    expect(verifier.isGoodNow(one)).toBe(false);
    expect(await outcomeOf(async () => verifier.confirm(one))).toBe(INVALID);
  });
});

describe("with formerIssuers, a manager rejects", () => {
  const beside = (over: object): Site => rename(SINGLE, { audience: "api", ...over });

  it.each<[what: string, over: Readonly<Record<string, unknown>>, reason: string]>([
    ["another issuer", { iss: "https://other.example" }, INVALID],
    ["a former name with a trailing slash", { iss: `${OLD}/` }, INVALID],
    ["a former name in other case", { iss: OLD.toUpperCase() }, INVALID],
    ["a former name in a list", { iss: [OLD] }, INVALID],
    ["a name that every object has", { iss: "constructor" }, INVALID],
    ["an empty name", { iss: "" }, INVALID],
    ["no name", { iss: undefined }, "CLAIM_MISSING"],
    ["a former name for another audience", { iss: OLD, aud: "other" }, "AUDIENCE_INVALID"],
    ["a former name and a past exp", { iss: OLD, exp: NOW - 1 }, "TOKEN_EXPIRED"],
    ["a former name and a bound key", { iss: OLD, cnf: {} }, "TOKEN_TYPE_INVALID"],
    ["a former name without a type", { iss: OLD, type: undefined }, "CLAIM_MISSING"],
  ])("a token of %s", async (_, over, reason) => {
    const issuer = await createIssuer();
    for (const config of [{}, { trust: [entryOf(issuer, ASIDE)] }]) {
      const { after } = beside(config);
      const good = goodClaims({ iss: OLD, aud: "api" });
      expect(await outcomeOf(after.verify(forge({ payload: good })))).toBe("allowed");
      expect(await outcomeOf(after.verify(forge({ payload: { ...good, ...over } })))).toBe(reason);
    }
  });

  it("a token of a former name with another key", async () => {
    const { after } = rename();
    const payload = goodClaims({ iss: OLD });
    expect(await outcomeOf(after.verify(forge({ payload, secret: `${SECRET}!` })))).toBe("SIGNATURE_INVALID");
  });

  it("a token of the trusted issuer's key under a former name, and of its own key under the trusted name", async () => {
    const issuer = await createIssuer();
    const { after } = rename(SINGLE, { trust: [entryOf(issuer, ASIDE)] });
    expect(await outcomeOf(after.verify(await issuer.token()))).toBe("allowed");
    expect(await outcomeOf(after.verify(await issuer.token({ iss: OLD })))).toBe("ALGORITHM_INVALID");
    const payload = goodClaims({ iss: issuer.issuer });
    expect(await outcomeOf(after.verify(forge({ payload })))).toBe("ALGORITHM_INVALID");
  });

  it("a token of a former name that is no longer listed", async () => {
    const { before } = rename();
    const { after } = rename(SINGLE, {}, { formerIssuers: [{ issuer: OLDER, until: UNTIL }] });
    expect(await outcomeOf(after.verify((await before.authToken("ada")).signed))).toBe(INVALID);
  });

  it("a token of a former name whose key has retired", async () => {
    const { before, after } = rename(RING);
    const { signed } = await before.authToken("ada");
    expect(await outcomeOf(after.verify(signed))).toBe("allowed");
    await after.retire("one");
    expect(await outcomeOf(after.verify(signed))).toBe("SIGNATURE_INVALID");
  });
});

describe("a manager with a public key and formerIssuers", () => {
  it("verifies tokens of the former name", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const options = { algorithm: "EdDSA", now: () => NOW } as const;
    const signer = new AuthManager({ ...options, issuer: OLD, privateKey });
    const formerIssuers = [{ issuer: OLD, until: UNTIL }];
    const verifier = new AuthManager({ ...options, issuer: ISSUER, publicKey, formerIssuers });
    const token: JWT = await verifier.verify((await signer.authToken("ada")).signed);
    expect(token.iss).toBe(ISSUER);
  });
});

describe("an invalid formerIssuers", () => {
  const entry = { issuer: OLD, until: UNTIL };
  it.each<[what: string, place: string, remedy: RegExp, value: unknown]>([
    ["that is empty", "formerIssuers", /left out/, []],
    ["that is no list", "formerIssuers", /list/, entry],
    ["that is null", "formerIssuers", /list/, null],
    ["that is undefined", "formerIssuers", /leave the option out/, undefined],
    ["with an entry that is a text", "formerIssuers.0", /object/, [OLD]],
    ["with an empty issuer", "formerIssuers.0.issuer", /empty/, [{ ...entry, issuer: "" }]],
    ["without an issuer", "formerIssuers.0.issuer", /string/, [{ until: UNTIL }]],
    ["with an undefined until", "formerIssuers.0.until", /leave the option out/, [{ ...entry, until: undefined }]],
    ["without until", "formerIssuers.0.until", /seconds since 1970/, [{ issuer: OLD }]],
    ["with a Date", "formerIssuers.0.until", /seconds since 1970/, [{ ...entry, until: new Date() }]],
    ["with NaN", "formerIssuers.0.until", /seconds since 1970/, [{ ...entry, until: Number.NaN }]],
    ["with Infinity", "formerIssuers.0.until", /seconds since 1970/, [{ ...entry, until: Number.POSITIVE_INFINITY }]],
    ["with a negative until", "formerIssuers.0.until", /seconds since 1970/, [{ ...entry, until: -1 }]],
    ["with milliseconds", "formerIssuers.0.until", /divide it by 1000/, [{ ...entry, until: NOW * 1000 }]],
    ["with an unknown option", "formerIssuers.0.untill", /"until"/, [{ ...entry, untill: UNTIL }]],
    ["that names the present issuer", "formerIssuers.0.issuer", /remove/, [{ ...entry, issuer: ISSUER }]],
    ["that names an issuer twice", "formerIssuers.1.issuer", /remove/, [entry, { ...entry, until: NOW }]],
  ])("%s is an InvalidConfigError", (_, place, remedy, formerIssuers) => {
    expect(() => rename(SINGLE, {}, { formerIssuers })).toThrow(InvalidConfigError);
    expect(() => rename(SINGLE, {}, { formerIssuers })).toThrow(remedy);
    expect(() => rename(SINGLE, {}, { formerIssuers })).toThrow(`"${place}"`);
  });

  it("beside a trust entry of the same issuer is an InvalidConfigError, and beside another is not", async () => {
    const issuer = await createIssuer();
    const trust = [entryOf(issuer, ASIDE)];
    const iss = trust[0]?.issuer ?? "";
    expect(() => rename(SINGLE, { trust })).not.toThrow();
    expect(() => rename(SINGLE, { trust }, { formerIssuers: [{ issuer: iss, until: UNTIL }] })).toThrow(
      /"formerIssuers\.0\.issuer": cannot also be in trust/,
    );
  });

  it("of a manager without keys is an InvalidConfigError", async () => {
    const trust = [entryOf(await createIssuer())];
    const error = await refusalOf(() => new AuthManager({ trust, formerIssuers: [entry] } as never));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: "formerIssuers" });
  });

  it("is read beside the variables of fromEnv", async () => {
    const given = { ...SINGLE, issuer: ISSUER, now: () => NOW, formerIssuers: [entry] };
    const auth = AuthManager.fromEnv(given as never);
    expect((await auth.verify(forge({ payload: goodClaims({ iss: OLD }) }))).iss).toBe(ISSUER);
    expect(() => AuthManager.fromEnv({ ...given, formerIssuers: [] } as never)).toThrow(/formerIssuers/);
  });
});
