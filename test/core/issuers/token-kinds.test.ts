/** Which tokens of a trusted issuer are access tokens for anybody who holds them: by typ, by required claims, and by what gives others away. */
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { createIssuer, entryOf, type Issuer, trusting } from "./support.ts";

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const by = (over: Partial<TrustedIssuer> = {}): AuthManager => trusting(entryOf(theirs, over));

describe("typ", () => {
  it.each<[string, string | null | undefined, unknown, string]>([
    ["at+jwt by default", undefined, "at+jwt", "allowed"],
    ["at+jwt by default, in any case", undefined, "AT+JWT", "allowed"],
    ["at+jwt by default, as a whole media type", undefined, "application/at+jwt", "allowed"],
    ["at+jwt by default, as a whole media type in any case", undefined, "Application/At+Jwt", "allowed"],
    ["at+jwt by default, and not JWT", undefined, "JWT", "TOKEN_TYPE_INVALID"],
    ["at+jwt by default, and not absent", undefined, undefined, "TOKEN_TYPE_INVALID"],
    ["at+jwt by default, and not another media type", undefined, "text/at+jwt", "TOKEN_TYPE_INVALID"],
    ["at+jwt by default, and no list", undefined, ["at+jwt"], "TOKEN_TYPE_INVALID"],
    ["the entry's", "JWT", "JWT", "allowed"],
    ["the entry's, in any case", "JWT", "jwt", "allowed"],
    ["the entry's, and not at+jwt", "JWT", "at+jwt", "TOKEN_TYPE_INVALID"],
    ["the entry's, and not absent", "JWT", undefined, "TOKEN_TYPE_INVALID"],
    ["the entry's, as a whole media type", "application/at+jwt", "at+jwt", "allowed"],
    ["the entry's, as a whole media type, and no other", "application/at+jwt", "JWT", "TOKEN_TYPE_INVALID"],
    ["any", null, "at+jwt", "allowed"],
    ["any, also absent", null, undefined, "allowed"],
    ["any, also one of its own", null, "application/okta-internal-at+jwt", "allowed"],
  ])("is %s", async (_, typ, header, verdict) => {
    const auth = by(typ === undefined ? {} : { typ });
    expect(await verdictOf(auth, await theirs.token({ scope: "notes" }, { typ: header }))).toBe(verdict);
  });
});

describe("required claims", () => {
  it.each<[string, NonNullable<TrustedIssuer["require"]>, Record<string, unknown>, string]>([
    ["hold", { token_use: "access" }, { token_use: "access" }, "allowed"],
    ["are absent", { token_use: "access" }, {}, "CLAIM_MISSING"],
    ["are another", { token_use: "access" }, { token_use: "refresh" }, "CLAIM_INVALID"],
    ["are of another type", { ver: 1 }, { ver: "1" }, "CLAIM_INVALID"],
    ["all hold", { ver: 1, tid: "t" }, { ver: 1, tid: "t" }, "allowed"],
    ["do not all hold", { ver: 1, tid: "t" }, { ver: 1, tid: "u" }, "CLAIM_INVALID"],
    ["are in a list", { groups: ["staff"] }, { groups: ["a", "staff"] }, "allowed"],
    ["are not in a list", { groups: ["staff"] }, { groups: ["a"] }, "CLAIM_INVALID"],
    ["are inside another", { "realm.roles": ["staff"] }, { realm: { roles: ["staff"] } }, "allowed"],
    ["are in an object", { realm: { on: true } }, { realm: { on: true, x: 1 } }, "allowed"],
    ["are a scope's words", { scope: "notes" }, { scope: "openid notes" }, "allowed"],
    ["are not a scope's words", { scope: "notes" }, { scope: "notes:read" }, "CLAIM_INVALID"],
    ["are what only the token's own issuer says", { type: "auth" }, { type: "auth" }, "allowed"],
    ["are not what only the token's own issuer says", { type: "auth" }, { type: "refresh" }, "CLAIM_INVALID"],
    ["are what objects inherit", { constructor: "x" }, {}, "CLAIM_MISSING"],
  ])("that %s", async (_, required, claims, verdict) => {
    expect(await verdictOf(by({ require: required, claims: [] }), await theirs.token(claims))).toBe(verdict);
  });
});

describe("an ID token", () => {
  const anyType: Partial<TrustedIssuer> = { typ: null };

  it.each<[string, Record<string, unknown>]>([
    ["nonce", { nonce: "n" }],
    ["an empty nonce", { nonce: "" }],
    ["at_hash", { at_hash: "h" }],
    ["c_hash", { c_hash: "h" }],
    ["s_hash", { s_hash: "h" }],
    ["Cognito's token_use", { token_use: "id" }],
    ["Keycloak's typ", { typ: "ID" }],
    ["its hash, though it says Bearer", { typ: "Bearer", at_hash: "h" }],
    ["its nonce, though it has a scope", { nonce: "n", scope: "openid" }],
  ])("is known by %s, whatever its typ", async (_, claims) => {
    for (const typ of ["at+jwt", "JWT", undefined])
      expect(await verdictOf(by(anyType), await theirs.token(claims, { typ }))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by(), await theirs.token(claims))).toBe("TOKEN_TYPE_INVALID");
    expect(
      await verdictOf(by({ ...anyType, audience: null, require: { sub: "42" } }), await theirs.token(claims)),
    ).toBe("TOKEN_TYPE_INVALID");
  });

  it("is not what Keycloak before 25 issues as an access token with a nonce", async () => {
    const claims = { typ: "Bearer", nonce: "n", scope: "openid" };
    expect(await verdictOf(by({ typ: "JWT" }), await theirs.token(claims, { typ: "JWT" }))).toBe("allowed");
  });

  it("is not what has neither of these", async () => {
    const claims = { token_use: "access", typ: "Bearer", auth_time: NOW, acr: "1", azp: "app", email: "a@b.c" };
    expect(await verdictOf(by(anyType), await theirs.token(claims, { typ: "JWT" }))).toBe("allowed");
  });
});

describe("a token that is not marked as anything", () => {
  const plain = (claims: Record<string, unknown> = {}): Promise<string> => theirs.token(claims, { typ: "JWT" });

  it("may be an ID token, and is refused unless something is required of it", async () => {
    for (const typ of ["JWT", null]) {
      expect(await verdictOf(by({ typ }), await plain())).toBe("TOKEN_TYPE_INVALID");
      expect(await verdictOf(by({ typ, require: { tier: 1 } }), await plain({ tier: 1 }))).toBe("allowed");
      expect(await verdictOf(by({ typ, require: { tier: 1 } }), await plain())).toBe("CLAIM_MISSING");
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ["a scope", { scope: "" }],
    ["RFC 9068's client", { client_id: "app" }],
    ["Okta's scope", { scp: ["a"] }],
    ["Okta's client", { cid: "app" }],
    ["Entra's client", { appid: "app" }],
    ["how Entra's client proved itself", { azpacr: "1" }],
    ["how Entra's client proved itself, version 1", { appidacr: "1" }],
    ["Auth0's permissions", { permissions: [] }],
    ["Auth0's grant type", { gty: "client-credentials" }],
    ["Cognito's use", { token_use: "access" }],
    ["Keycloak's type", { typ: "Bearer" }],
    ["claimgate's own type", { type: "auth" }],
  ])("is marked by %s", async (_, claims) => {
    expect(await verdictOf(by({ typ: "JWT" }), await plain(claims))).toBe("allowed");
    const [name = ""] = Object.keys(claims);
    expect(await verdictOf(by({ typ: "JWT" }), await plain({ [name]: null }))).toBe("TOKEN_TYPE_INVALID");
  });

  it.each<[string, Record<string, unknown>]>([
    ["azp", { azp: "app" }],
    ["claimgate's type of refresh tokens", { type: "refresh", rid: "r" }],
    ["a session", { sid: "s" }],
    ["roles", { roles: ["staff"] }],
    ["a tenant", { tid: "t", ver: "2.0", oid: "o" }],
  ])("is not marked by %s, which ID tokens have too", async (_, claims) => {
    expect(await verdictOf(by({ typ: "JWT" }), await plain(claims))).toBe("TOKEN_TYPE_INVALID");
  });
});

describe("a logout token", () => {
  const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

  it("is refused, whatever its typ", async () => {
    const claims = { events: { [LOGOUT]: {} }, sid: "s1" };
    for (const typ of ["logout+jwt", "JWT", undefined, "at+jwt"])
      expect(await verdictOf(by({ typ: null }), await theirs.token(claims, { typ }))).toBe("TOKEN_TYPE_INVALID");
  });

  it("is not what has events of its own", async () => {
    for (const events of [["concert"], { concert: {} }, "concert", null, 1])
      expect(await verdictOf(by(), await theirs.token({ events }))).toBe("allowed");
  });
});

describe("a token that is bound to its sender", () => {
  it.each<[string, unknown]>([
    ["a DPoP key", { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }],
    ["a client certificate", { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }],
    ["something unknown", {}],
    ["null", null],
  ])("by %s is refused", async (_, cnf) => {
    expect(await verdictOf(by(), await theirs.token({ cnf }))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by({ typ: null, require: { sub: "42" } }), await theirs.token({ cnf }))).toBe(
      "TOKEN_TYPE_INVALID",
    );
    expect(await verdictOf(by(), await theirs.token())).toBe("allowed");
  });
});
