/** The option `claims`: the claims of a trusted issuer's token that rules and resolvers see. */
import type { AuthManager, Rule, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { API, ASIDE, createIssuer, entryOf, type Issuer, THEIRS, trusting } from "./support.ts";

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

/** A manager with its own key whose trusted issuer lists `claims`. */
const listing = (claims: string[], over: Partial<TrustedIssuer> = {}): AuthManager =>
  createAuth({ trust: [entryOf(theirs, { ...ASIDE, claims, ...over })] }).auth;

describe("a reserved claim of a trusted issuer's token", () => {
  it("is removed: type, sid and rid", async () => {
    const signed = await theirs.token({ type: "refresh", sid: "s1", rid: "r1", plan: "pro" });
    const token = await trusting(entryOf(theirs)).verify(signed);
    expect(token.tokenType).toBe("auth");
    expect(token.claims).toEqual({
      iss: THEIRS,
      sub: "42",
      aud: API,
      iat: NOW,
      exp: NOW + 60,
      jti: "j1",
      plan: "pro",
      type: "auth",
    });
  });

  it("makes no refresh token of it, whatever type says", async () => {
    const auth = trusting(entryOf(theirs));
    for (const type of ["refresh", "auth", undefined, 1]) {
      const signed = await theirs.token({ type, rid: "r1", sid: "s1" });
      expect(await verdictOf(auth, signed, { type: "refresh" })).toBe("TOKEN_TYPE_INVALID");
      expect(await verdictOf(auth, signed, { type: "auth" })).toBe("allowed");
      expect(await refusalOf(auth.verify(signed, { type: "refresh" }))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
      expect((await auth.verify(signed, { type: "any" })).tokenType).toBe("auth");
    }
  });

  it.each<[string, Rule]>([
    ["claims", { claims: { sid: "s1" } }],
    ["override", { scope: "all", override: { rid: "r1" } }],
    ["args", { args: { sid: "session" } }],
  ])("is invisible to the rule part %s", async (_, rule) => {
    const signed = await theirs.token({ sid: "s1", rid: "r1" });
    const facts = { args: { session: "s1" } };
    expect(await verdictOf(trusting(entryOf(theirs)), signed, rule, facts)).toMatch(/_INSUFFICIENT$/);
  });
});

describe("a claim of a trusted issuer's token", () => {
  const claims = { role: "admin", plan: "pro", realm: { roles: ["admin"] }, "https://theirs.example/org": 7 };
  const facts = { args: { name: "admin", org: 7 }, parent: { name: "admin" } };

  it.each<[string, Rule]>([
    ["claims", { claims: { role: "admin" } }],
    ["a dotted path", { claims: { "realm.roles": ["admin"] } }],
    ["override", { scope: "all", override: { role: "admin" } }],
    ["anyOf", { anyOf: [{ scope: "all" }, { claims: { role: "admin" } }] }],
    ["args", { args: { role: "name" } }],
    ["args with dots in the name", { args: { "https://theirs.example/org": "org" } }],
    ["parent", { parent: { role: "name" } }],
  ])("is visible to the rule part %s only when it is listed", async (_, rule) => {
    const signed = await theirs.token(claims);
    expect(await verdictOf(listing(["plan"]), signed, rule, facts)).toMatch(/_INSUFFICIENT$/);
    const all = listing(["role", "realm", "https://theirs.example/org"]);
    expect(await verdictOf(all, signed, rule, facts)).toBe("allowed");
    expect(await verdictOf(all, await theirs.token(), rule, facts)).toMatch(/_INSUFFICIENT$/);
  });

  it("is invisible to resolvers unless it is listed", async () => {
    const token = await listing(["plan", "absent"])
      .forRequest({ token: await theirs.token(claims) })
      .require({ claims: { plan: "pro" } });
    expect(Object.keys(token.claims).toSorted()).toEqual(["aud", "exp", "iat", "iss", "jti", "plan", "sub", "type"]);
    expect(JSON.stringify(token)).not.toContain("admin");
  });

  it("may be listed by a dotted path, and is read under that name", async () => {
    const auth = listing(["realm.roles"]);
    const token = await auth.forRequest({ token: await theirs.token(claims) }).require();
    expect(token.claims).toMatchObject({ "realm.roles": ["admin"] });
    expect(token.claims).not.toHaveProperty("realm");
    const signed = await theirs.token(claims);
    expect(await verdictOf(auth, signed, { claims: { "realm.roles": ["admin"] } })).toBe("allowed");
    expect(await verdictOf(auth, signed, { claims: { "realm.roles": ["owner"] } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await verdictOf(auth, signed, { claims: { realm: { roles: ["admin"] } } })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("is visible by default when the manager has a single issuer", async () => {
    expect(await verdictOf(trusting(entryOf(theirs)), await theirs.token(claims), { claims: { role: "admin" } })).toBe(
      "allowed",
    );
  });

  it("is invisible with an empty list, also when the manager has a single issuer", async () => {
    const auth = trusting(entryOf(theirs, { claims: [] }));
    expect(await verdictOf(auth, await theirs.token(claims), { claims: { role: "admin" } })).toBe(
      "CLAIMS_INSUFFICIENT",
    );
  });

  it("may be named like a member of Object.prototype", async () => {
    const auth = listing(["toString", "constructor", "__proto__"]);
    const token = await auth.verify(await theirs.token());
    expect(Object.keys(token.claims)).not.toContain("toString");
    const payload = await theirs.token(JSON.parse('{"__proto__":{"role":"admin"},"constructor":"theirs"}'));
    expect(await verdictOf(auth, payload, { claims: { role: "admin" } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await verdictOf(auth, payload, { claims: { constructor: "theirs" } })).toBe("allowed");
  });
});

describe("a rule about iss", () => {
  it("tells a trusted issuer's tokens from the manager's own", async () => {
    const auth = listing([]);
    const rule = { claims: { iss: THEIRS } };
    expect(await verdictOf(auth, await theirs.token(), rule)).toBe("allowed");
    expect(await verdictOf(auth, (await auth.authToken("ada")).signed, rule)).toBe("CLAIMS_INSUFFICIENT");
  });
});

describe("claimsSchema with a trusted issuer", () => {
  const claimsSchema = z.object({ plan: z.enum(["free", "pro"]), seats: z.coerce.number().default(1) });

  it("applies to the issuer's tokens", async () => {
    const auth = trusting(entryOf(theirs, { claims: ["plan", "seats"] }), { claimsSchema });
    const token = await auth.verify(await theirs.token({ plan: "pro", seats: "3", role: "admin" }));
    expect(token.claims).toMatchObject({ plan: "pro", seats: 3 });
    expect(token.claims).not.toHaveProperty("role");
    expect(await verdictOf(auth, await theirs.token({ plan: "gold" }))).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, await theirs.token())).toBe("CLAIM_INVALID");
  });

  it("does not receive claims that are not listed", async () => {
    const auth = trusting(entryOf(theirs, { claims: ["seats"] }), { claimsSchema });
    expect(await verdictOf(auth, await theirs.token({ plan: "pro" }))).toBe("CLAIM_INVALID");
    const optional = trusting(entryOf(theirs, { claims: ["plan"] }), { claimsSchema });
    expect((await optional.verify(await theirs.token({ plan: "pro", seats: 9 }))).claims).toMatchObject({ seats: 1 });
  });

  it("cannot change subject, type or issuer", async () => {
    const rogue = z.object({}).transform(() => ({ sub: "root", type: "refresh", iss: "x", role: "user" }));
    const token = await trusting(entryOf(theirs), { claimsSchema: rogue }).verify(await theirs.token());
    expect(token).toMatchObject({ sub: "42", tokenType: "auth", iss: THEIRS });
    expect(token.claims).toMatchObject({ role: "user", type: "auth" });
  });
});

describe("authorize with a trusted issuer", () => {
  it("receives the mapped subject and the listed claims, and its rights replace the token's", async () => {
    const asked: unknown[] = [];
    const { auth } = createAuth({
      trust: [entryOf(theirs, { ...ASIDE, claims: ["plan"] })],
      authorizeAt: "request",
      authorize: (subject, token) => {
        asked.push([subject, token.claims["plan"], token.claims["role"], token.iss]);
        return { scope: "write", claims: { team: "blue" } };
      },
    });
    const signed = await theirs.token({ scope: "read", plan: "pro", role: "admin", sid: "s1" });
    const token = await auth.forRequest({ token: signed }).require({ scope: "write", claims: { team: "blue" } });
    expect(asked).toEqual([["theirs|42", "pro", undefined, THEIRS]]);
    expect(token.claims).toMatchObject({ plan: "pro", team: "blue", scope: "write", type: "auth", sub: "theirs|42" });
    expect(Object.keys(token.claims)).not.toContain("role");
    expect(Object.keys(token.claims)).not.toContain("sid");
    expect(await verdictOf(auth, signed, { override: { role: "admin" }, scope: "all" })).toBe("SCOPE_INSUFFICIENT");
    expect(await verdictOf(auth, signed, { scope: "read" })).toBe("SCOPE_INSUFFICIENT");
  });

  it("rejects a subject for which it returns null", async () => {
    const auth = trusting(entryOf(theirs), {
      authorizeAt: "request",
      authorize: (subject) => (subject === "42" ? null : {}),
    });
    expect(await verdictOf(auth, await theirs.token())).toBe("TOKEN_REVOKED");
    expect(await verdictOf(auth, await theirs.token({ sub: "43" }))).toBe("allowed");
  });
});

describe("the claims of a trusted issuer's verified token", () => {
  it("are frozen", async () => {
    const token = await trusting(entryOf(theirs)).verify(await theirs.token({ realm: { roles: ["user"] } }));
    const { realm } = token.claims as unknown as { realm: { roles: string[] } };
    expect(() => realm.roles.push("admin")).toThrow(TypeError);
  });
});
