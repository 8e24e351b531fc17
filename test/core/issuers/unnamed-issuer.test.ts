/** An entry with `issuer: null`: the tokens of an earlier system, which have no `iss`. */
import {
  AuthManager,
  type AuthManagerConfig,
  InvalidConfigError,
  memorySessionStore,
  type TrustedIssuer,
} from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { base64url, forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { API, ASIDE, createIssuer, entryOf, type Issuer, THEIRS, trusting } from "./support.ts";

const OLD_SECRET = "the old secret of a Flask application";
const keysOf = (secret: string) => ({ keys: [{ kty: "oct", k: base64url(secret) }] });
const ENTRY = {
  issuer: null,
  jwks: keysOf(OLD_SECRET),
  audience: null,
  algorithms: ["HS256"],
  subject: "verbatim",
  claims: ["role"],
  require: null,
  issuedBefore: NOW,
} as const satisfies TrustedIssuer;

type Claims = Readonly<Record<string, unknown>>;
/** A token as flask_jwt_simple writes it; an `undefined` claim is left out. */
const old = (claims: Claims = {}, header: object = { alg: "HS256", typ: "JWT" }, secret = OLD_SECRET): string =>
  forge({ header, payload: { exp: NOW + 60, iat: NOW, nbf: NOW, sub: "ada", ...claims }, secret });
const by = (over: Partial<TrustedIssuer> = {}): AuthManager => trusting({ ...ENTRY, ...over });

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

/** The managers that an entry without an issuer can belong to. */
const MANAGERS: [string, () => AuthManager][] = [
  ["alone", () => by()],
  ["beside another entry", () => trusting([entryOf(theirs, ASIDE), ENTRY])],
  ["beside own keys", () => createAuth({ trust: [ENTRY] }).auth],
  ["beside own keys of the same secret", () => createAuth({ secret: OLD_SECRET, trust: [ENTRY] }).auth],
];

describe.each(MANAGERS)("an entry without an issuer, %s", (_, make) => {
  it("accepts a token without iss, as an auth token that has no iss", async () => {
    const token = await make().verify(old({ role: "editor", secret: "s" }));
    expect(token.claims).toEqual({
      exp: NOW + 60,
      iat: NOW,
      nbf: NOW,
      sub: "ada",
      role: "editor",
      type: "auth",
    });
    expect([token.tokenType, token.sub, "iss" in token.claims, token.iss]).toEqual(["auth", "ada", false, undefined]);
    expect(await verdictOf(make(), old(), { claims: { iss: "null" } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await verdictOf(make(), old({ role: "editor" }), { claims: { role: "editor" } })).toBe("allowed");
  });

  it.each<[string, unknown, string]>([
    ["null", null, "CLAIM_MISSING"],
    ['"null"', "null", "ISSUER_INVALID"],
    ["empty", "", "ISSUER_INVALID"],
    ["a list", [], "ISSUER_INVALID"],
    ["false", false, "ISSUER_INVALID"],
    ["zero", 0, "ISSUER_INVALID"],
    ["unknown", "https://unknown.example", "ISSUER_INVALID"],
    ['"undefined"', "undefined", "ISSUER_INVALID"],
  ])("rejects a token whose iss is %s", async (__, iss, verdict) => {
    expect(await verdictOf(make(), old({ iss }))).toBe(verdict);
  });

  it("reads iss as JSON.parse does: own members, escapes and the last of duplicates", async () => {
    const rest = `"exp":${NOW + 60},"iat":${NOW},"sub":"ada"`;
    const read = (members: string): Promise<string> =>
      verdictOf(make(), forge({ payload: `{${members},${rest}}`, secret: OLD_SECRET }));
    expect(await read('"__proto__":{"iss":"https://theirs.example"}')).toBe("allowed");
    expect(await read('"ISS":"a","iss ":"b"')).toBe("allowed");
    expect(await read('"\\u0069ss":"https://unknown.example"')).toBe("ISSUER_INVALID");
    expect(await read('"iss":"https://unknown.example","iss":null')).toBe("CLAIM_MISSING");
    expect(await read('"iss":null,"iss":"https://unknown.example"')).toBe("ISSUER_INVALID");
    expect(await read('"__proto__":{"iat":1},"iat":null')).toBe("allowed");
  });

  it("rejects another secret, another algorithm and no signature", async () => {
    const auth = make();
    expect(await verdictOf(auth, old({}, undefined, "another secret of the same length"))).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, old({}, { alg: "HS384", typ: "JWT" }))).toBe("ALGORITHM_INVALID");
    expect(await verdictOf(auth, old({}, { alg: "none", typ: "JWT" }))).toBe("ALGORITHM_INVALID");
    expect(await verdictOf(auth, old())).toBe("allowed");
  });
});

describe("a token that names an issuer", () => {
  it("is never tried with the keys of the entry without one, though another rejects it", async () => {
    const auth = createAuth({ trust: [entryOf(theirs, ASIDE), ENTRY] }).auth;
    for (const iss of [ISSUER, THEIRS]) {
      const verdict = await verdictOf(auth, old({ iss, type: "auth", aud: API }, { alg: "HS256", typ: "at+jwt" }));
      expect([iss, verdict]).toEqual([iss, iss === ISSUER ? "SIGNATURE_INVALID" : "ALGORITHM_INVALID"]);
    }
    expect(await verdictOf(auth, await theirs.token({ aud: "another" }))).toBe("AUDIENCE_INVALID");
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
  });

  it("is still required where no entry has issuer null", async () => {
    for (const auth of [
      createAuth().auth,
      trusting(entryOf(theirs)),
      createAuth({ trust: [entryOf(theirs, ASIDE)] }).auth,
    ])
      expect(await verdictOf(auth, forge({ payload: { exp: NOW + 60, iat: NOW, sub: "ada", type: "auth" } }))).toBe(
        "CLAIM_MISSING",
      );
  });

  it("is required of the entry of another issuer, whose keys sign a token without iss", async () => {
    const both = trusting([entryOf(theirs, ASIDE), { ...ENTRY, algorithms: ["HS256", "ES256"] }]);
    expect(await verdictOf(both, await theirs.token({ iss: undefined }))).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(both, await theirs.token())).toBe("allowed");
  });
});

describe("a token without iss", () => {
  it.each<[string, Claims, string]>([
    ["issued at issuedBefore", { iat: NOW }, "allowed"],
    ["issued long before", { iat: NOW - 1e6 }, "allowed"],
    ["issued a second later", { iat: NOW + 1 }, "CLAIM_INVALID"],
    ["issued a moment later", { iat: NOW + 0.001 }, "CLAIM_INVALID"],
    ["without iat", { iat: undefined }, "CLAIM_MISSING"],
    ["with iat null", { iat: null }, "CLAIM_MISSING"],
    ["with iat as text", { iat: String(NOW) }, "CLAIM_INVALID"],
    ["without exp, as of JWT_EXPIRES = False", { exp: undefined }, "CLAIM_MISSING"],
    ["that has expired", { exp: NOW }, "TOKEN_EXPIRED"],
    ["that is not valid yet", { nbf: NOW + 1 }, "TOKEN_NOT_YET_VALID"],
    ["without sub", { sub: undefined }, "CLAIM_MISSING"],
    ["with an integer as sub", { sub: 42 }, "allowed"],
    ["with an inexact number as sub", { sub: 1e20 }, "CLAIM_INVALID"],
    ["with an object as sub", { sub: { id: 42 } }, "CLAIM_INVALID"],
  ])("%s has the verdict of its claims %j", async (_, claims, verdict) => {
    expect(await verdictOf(by(), old(claims))).toBe(verdict);
  });

  it("is rejected after issuedBefore, though leeway and the 60 s of other clocks pass", async () => {
    const auth = trusting(ENTRY, { leeway: 30, now: () => NOW + 5 });
    expect(await verdictOf(auth, old({ iat: NOW + 1, nbf: NOW, exp: NOW + 99 }))).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, old({ iat: NOW, nbf: NOW, exp: NOW + 99 }))).toBe("allowed");
  });

  it.each<[string, Claims]>([
    ["a refresh token of Flask-JWT-Extended", { type: "refresh" }],
    ["a refresh token of Simple JWT", { token_type: "refresh" }],
    ["an ID token with a nonce", { nonce: "n" }],
    ["an ID token with at_hash", { at_hash: "h" }],
    ["an ID token by token_use", { token_use: "id" }],
    ["a logout token", { events: { "http://schemas.openid.net/event/backchannel-logout": {} } }],
    ["bound to a key", { cnf: { jkt: "k" } }],
  ])("is rejected with require null when it is %s", async (_, claims) => {
    for (const typ of ["JWT", "at+jwt", undefined]) {
      const token = old(claims, { alg: "HS256", ...(typ ? { typ } : {}) });
      const isRefresh = typ === "at+jwt" && /refresh/.test(JSON.stringify(claims));
      expect(await verdictOf(by({ typ: null }), token)).toBe(isRefresh ? "allowed" : "TOKEN_TYPE_INVALID");
    }
    expect(await verdictOf(by(), old(claims))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by(), old())).toBe("allowed");
  });

  it.each<[string, NonNullable<TrustedIssuer["require"]>, Claims, Claims]>([
    [
      "Flask-JWT-Extended",
      { type: "access" },
      { type: "access", fresh: false, jti: "j", csrf: "c" },
      { type: "reset" },
    ],
    ["Simple JWT", { token_type: "access" }, { token_type: "access", jti: "j", user_id: 7 }, { token_type: "sliding" }],
    ["a service with a purpose", { purpose: "login" }, { purpose: "login" }, { purpose: "reset" }],
  ])("of %s needs the claims that its entry requires", async (_, required, claims, others) => {
    const auth = by({ require: required });
    expect(await verdictOf(auth, old(claims))).toBe("allowed");
    expect(await verdictOf(auth, old(others))).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, old())).toBe("CLAIM_MISSING");
  });

  it("must have the typ JWT unless its entry states another", async () => {
    const typed = (typ?: string): string => old({}, { alg: "HS256", ...(typ ? { typ } : {}) });
    expect(await verdictOf(by(), typed("jwt"))).toBe("allowed");
    expect(await verdictOf(by(), typed("at+jwt"))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by(), typed())).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by({ typ: null }), typed())).toBe("allowed");
    expect(await verdictOf(by({ typ: "at+jwt" }), typed("at+jwt"))).toBe("allowed");
  });

  it("may have any aud with audience null, and one of the audiences otherwise", async () => {
    expect(await verdictOf(by(), old({ aud: "web" }))).toBe("allowed");
    expect(await verdictOf(by({ audience: API }), old({ aud: API }))).toBe("allowed");
    expect(await verdictOf(by({ audience: API }), old({ aud: "web" }))).toBe("AUDIENCE_INVALID");
    expect(await verdictOf(by({ audience: API }), old())).toBe("CLAIM_MISSING");
  });

  it("may hold its identity in an object, or in another claim, for a subject function", async () => {
    const read = async (subject: TrustedIssuer["subject"], claims: Claims): Promise<string> =>
      (await by(subject ? { subject } : {}).verify(old(claims))).sub;
    const ofObject: TrustedIssuer["subject"] = ({ sub }) => `old|${String((sub as { id: number }).id)}`;
    expect(await read(ofObject, { sub: { id: 42, name: "Ada" } })).toBe("old|42");
    expect(await read(({ identity }) => String(identity), { sub: undefined, identity: 42 })).toBe("42");
    await expect(read(ofObject, { sub: { name: "Ada" } })).rejects.toMatchObject({ reason: "CLAIM_INVALID" });
    await expect(read(({ sub }) => String(sub), { sub: { id: 42 } })).rejects.toMatchObject({
      reason: "CLAIM_INVALID",
    });
  });
});

describe("the session of a token without iss", () => {
  it("does not exist: the token is neither refreshed, adopted, ended nor taken for an own token", async () => {
    const { auth } = createAuth({
      secret: OLD_SECRET,
      sessions: memorySessionStore(),
      adoptRefresh: true,
      sessionCheck: "always",
      trust: [ENTRY],
    });
    const refresh = old({ type: "refresh", rid: "dGhpcyBpcyAxMjggYml0cw" });
    expect(await refusalOf(auth.refresh(refresh))).toMatchObject({ reason: "CLAIM_MISSING" });
    expect(await refusalOf(auth.refresh(old()))).toMatchObject({ reason: "CLAIM_MISSING" });
    expect(await refusalOf(auth.verify(refresh, { type: "refresh" }))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    // With sessionCheck "always", an own token without sid would be CLAIM_MISSING.
    const token = await auth.verify(old({ sid: "s", rid: "r" }));
    expect([token.sid, await auth.sessions("ada")]).toEqual([undefined, []]);
  });
});

describe("authorize", () => {
  it("gets the subject and a token without iss", async () => {
    const seen: unknown[] = [];
    const auth = trusting(ENTRY, {
      authorizeAt: "request",
      authorize: (subject, token) => {
        seen.push(subject, "iss" in token.claims, (token as { iss?: string }).iss);
        return { scope: "notes" };
      },
    });
    expect(await verdictOf(auth, old(), { scope: "notes" })).toBe("allowed");
    expect(seen).toEqual(["ada", false, undefined]);
  });
});

describe("a short secret of an entry", () => {
  const SHORT = "flask-secret";
  const short = { ...ENTRY, jwks: keysOf(SHORT) };
  const build = (config: object): AuthManager => new AuthManager(config as AuthManagerConfig);

  it("is rejected by its place, and accepted with allowWeakSecret", async () => {
    const place = "trust.0.jwks.keys.0";
    for (const own of [{}, { issuer: ISSUER, algorithm: "HS256", secret: SECRET }]) {
      const config = { ...own, trust: [short], now: () => NOW };
      const error = await refusalOf(() => build(config));
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect(error).toMatchObject({ configValue: place, message: expect.stringContaining("allowWeakSecret: true") });
      expect((error as Error).message).not.toContain(SHORT);
      const auth = build({ ...config, allowWeakSecret: true });
      expect(await verdictOf(auth, old({}, undefined, SHORT))).toBe("allowed");
      expect(await verdictOf(auth, old())).toBe("SIGNATURE_INVALID");
    }
  });

  it("is rejected beside a long one, for it would be ignored otherwise", async () => {
    const keys = [...keysOf(OLD_SECRET).keys, ...keysOf(SHORT).keys];
    const config = { trust: [{ ...ENTRY, jwks: { keys } }], now: () => NOW };
    expect(await refusalOf(() => build(config))).toMatchObject({ configValue: "trust.0.jwks.keys.1" });
    const auth = build({ ...config, allowWeakSecret: true });
    for (const secret of [OLD_SECRET, SHORT]) expect(await verdictOf(auth, old({}, undefined, secret))).toBe("allowed");
  });

  it("may be that of an entry with an issuer", async () => {
    const named = { issuer: THEIRS, jwks: keysOf(SHORT), audience: null, algorithms: ["HS256"], require: { tier: 1 } };
    const config = { trust: [{ ...named, typ: "JWT" }], now: () => NOW };
    expect(await refusalOf(() => build(config))).toMatchObject({ configValue: "trust.0.jwks.keys.0" });
    const token = old({ iss: THEIRS, tier: 1 }, undefined, SHORT);
    expect(await verdictOf(build({ ...config, allowWeakSecret: true }), token)).toBe("allowed");
  });

  it("is not empty and no key of another kind, even with allowWeakSecret", async () => {
    for (const secret of ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]) {
      const config = { trust: [{ ...ENTRY, jwks: keysOf(secret) }], allowWeakSecret: true };
      expect(await refusalOf(() => build(config))).toMatchObject({ configValue: "trust.0.jwks.keys.0" });
    }
  });

  it("is the only reason for allowWeakSecret in a manager without own keys", async () => {
    const config = { trust: [entryOf(theirs)], allowWeakSecret: true };
    expect(await refusalOf(() => build(config))).toMatchObject({ configValue: "allowWeakSecret" });
    expect(build({ trust: [entryOf(theirs, ASIDE), short], allowWeakSecret: true })).toBeInstanceOf(AuthManager);
  });
});
