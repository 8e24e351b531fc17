/** The kinds of a trusted issuer's tokens: access, ID, logout and sender-constrained tokens. */
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

describe("the typ of a trusted issuer's token", () => {
  it.each<[string, string | null | undefined, unknown, string]>([
    ["at+jwt, accepted by default", undefined, "at+jwt", "allowed"],
    ["AT+JWT, accepted by default", undefined, "AT+JWT", "allowed"],
    ["application/at+jwt, accepted by default", undefined, "application/at+jwt", "allowed"],
    ["Application/At+Jwt, accepted by default", undefined, "Application/At+Jwt", "allowed"],
    ["JWT, rejected by default", undefined, "JWT", "TOKEN_TYPE_INVALID"],
    ["absent, rejected by default", undefined, undefined, "TOKEN_TYPE_INVALID"],
    ["text/at+jwt, rejected by default", undefined, "text/at+jwt", "TOKEN_TYPE_INVALID"],
    ["a list, rejected by default", undefined, ["at+jwt"], "TOKEN_TYPE_INVALID"],
    ["JWT, accepted when configured", "JWT", "JWT", "allowed"],
    ["jwt, accepted when JWT is configured", "JWT", "jwt", "allowed"],
    ["at+jwt, rejected when JWT is configured", "JWT", "at+jwt", "TOKEN_TYPE_INVALID"],
    ["absent, rejected when JWT is configured", "JWT", undefined, "TOKEN_TYPE_INVALID"],
    ["at+jwt, accepted when application/at+jwt is configured", "application/at+jwt", "at+jwt", "allowed"],
    ["JWT, rejected when application/at+jwt is configured", "application/at+jwt", "JWT", "TOKEN_TYPE_INVALID"],
    ["at+jwt, accepted when the option is null", null, "at+jwt", "allowed"],
    ["absent, accepted when the option is null", null, undefined, "allowed"],
    ["a vendor's media type, accepted when the option is null", null, "application/okta-internal-at+jwt", "allowed"],
  ])("is %s", async (_, typ, header, verdict) => {
    const auth = by(typ === undefined ? {} : { typ });
    expect(await verdictOf(auth, await theirs.token({ scope: "notes" }, { typ: header }))).toBe(verdict);
  });
});

describe("a token with required claims", () => {
  it.each<[string, NonNullable<TrustedIssuer["require"]>, Record<string, unknown>, string]>([
    ["with the required value", { token_use: "access" }, { token_use: "access" }, "allowed"],
    ["absent", { token_use: "access" }, {}, "CLAIM_MISSING"],
    ["with another value", { token_use: "access" }, { token_use: "refresh" }, "CLAIM_INVALID"],
    ["with another type", { ver: 1 }, { ver: "1" }, "CLAIM_INVALID"],
    ["equal in all claims", { ver: 1, tid: "t" }, { ver: 1, tid: "t" }, "allowed"],
    ["equal in only one of two claims", { ver: 1, tid: "t" }, { ver: 1, tid: "u" }, "CLAIM_INVALID"],
    ["in a list", { groups: ["staff"] }, { groups: ["a", "staff"] }, "allowed"],
    ["missing from a list", { groups: ["staff"] }, { groups: ["a"] }, "CLAIM_INVALID"],
    ["at a dotted path", { "realm.roles": ["staff"] }, { realm: { roles: ["staff"] } }, "allowed"],
    ["as part of an object", { realm: { on: true } }, { realm: { on: true, x: 1 } }, "allowed"],
    ["as a word of the scope", { scope: "notes" }, { scope: "openid notes" }, "allowed"],
    ["missing from the words of the scope", { scope: "notes" }, { scope: "notes:read" }, "CLAIM_INVALID"],
    ["equal in type, a reserved claim", { type: "auth" }, { type: "auth" }, "allowed"],
    ["different in type, a reserved claim", { type: "auth" }, { type: "refresh" }, "CLAIM_INVALID"],
    ["only inherited from Object.prototype", { constructor: "x" }, {}, "CLAIM_MISSING"],
  ])("%s: required %j, claims %j, verdict %s", async (_, required, claims, verdict) => {
    expect(await verdictOf(by({ require: required, claims: [] }), await theirs.token(claims))).toBe(verdict);
  });
});

describe("an ID token", () => {
  const anyType: Partial<TrustedIssuer> = { typ: null };

  it.each<[string, Record<string, unknown>]>([
    ["at_hash", { at_hash: "h" }],
    ["c_hash", { c_hash: "h" }],
    ["s_hash", { s_hash: "h" }],
    ['Cognito\'s token_use "id"', { token_use: "id" }],
    ['Keycloak\'s typ "ID"', { typ: "ID" }],
    ['at_hash, even with Keycloak\'s typ "Bearer"', { typ: "Bearer", at_hash: "h" }],
  ])("is rejected, whatever its typ, by its mark: %s", async (_, claims) => {
    for (const typ of ["at+jwt", "JWT", undefined])
      expect(await verdictOf(by(anyType), await theirs.token(claims, { typ }))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by(), await theirs.token(claims))).toBe("TOKEN_TYPE_INVALID");
    expect(
      await verdictOf(by({ ...anyType, audience: null, require: { sub: "42" } }), await theirs.token(claims)),
    ).toBe("TOKEN_TYPE_INVALID");
  });

  it("is recognised by these marks only: an access token without them is accepted", async () => {
    const claims = { token_use: "access", typ: "Bearer", auth_time: NOW, acr: "1", azp: "app", email: "a@b.c" };
    expect(await verdictOf(by(anyType), await theirs.token(claims, { typ: "JWT" }))).toBe("allowed");
  });
});

describe("a token of any typ without an access token's mark", () => {
  const plain = (claims: Record<string, unknown> = {}): Promise<string> => theirs.token(claims, { typ: "JWT" });

  it("is rejected as a possible ID token unless claims are required", async () => {
    for (const typ of ["JWT", null]) {
      expect(await verdictOf(by({ typ }), await plain())).toBe("TOKEN_TYPE_INVALID");
      expect(await verdictOf(by({ typ, require: { tier: 1 } }), await plain({ tier: 1 }))).toBe("allowed");
      expect(await verdictOf(by({ typ, require: { tier: 1 } }), await plain())).toBe("CLAIM_MISSING");
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ["a scope", { scope: "" }],
    ["RFC 9068's client_id", { client_id: "app" }],
    ["Okta's scp", { scp: ["a"] }],
    ["Okta's cid", { cid: "app" }],
    ["Entra's appid", { appid: "app" }],
    ["Entra's azpacr", { azpacr: "1" }],
    ["Entra's appidacr", { appidacr: "1" }],
    ["Auth0's permissions", { permissions: [] }],
    ["Auth0's gty", { gty: "client-credentials" }],
    ['Cognito\'s token_use "access"', { token_use: "access" }],
    ['Keycloak\'s typ "Bearer"', { typ: "Bearer" }],
    ['claimgate\'s type "auth"', { type: "auth" }],
  ])("is accepted with the mark %s, and rejected when the mark is null", async (_, claims) => {
    expect(await verdictOf(by({ typ: "JWT" }), await plain(claims))).toBe("allowed");
    const [name = ""] = Object.keys(claims);
    expect(await verdictOf(by({ typ: "JWT" }), await plain({ [name]: null }))).toBe("TOKEN_TYPE_INVALID");
  });

  it.each<[string, Record<string, unknown>]>([
    ["azp", { azp: "app" }],
    ['claimgate\'s type "refresh"', { type: "refresh", rid: "r" }],
    ["a session id", { sid: "s" }],
    ["roles", { roles: ["staff"] }],
    ["a tenant id", { tid: "t", ver: "2.0", oid: "o" }],
  ])("is rejected with %s, which ID tokens have too", async (_, claims) => {
    expect(await verdictOf(by({ typ: "JWT" }), await plain(claims))).toBe("TOKEN_TYPE_INVALID");
  });
});

describe("a logout token", () => {
  const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

  it("is rejected, whatever its typ", async () => {
    const claims = { events: { [LOGOUT]: {} }, sid: "s1" };
    for (const typ of ["logout+jwt", "JWT", undefined, "at+jwt"])
      expect(await verdictOf(by({ typ: null }), await theirs.token(claims, { typ }))).toBe("TOKEN_TYPE_INVALID");
  });

  it("is recognised by its event only: a token with other events is accepted", async () => {
    for (const events of [["concert"], { concert: {} }, "concert", null, 1])
      expect(await verdictOf(by(), await theirs.token({ events }))).toBe("allowed");
  });
});

describe("a sender-constrained token", () => {
  it.each<[string, unknown]>([
    ["a DPoP key", { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }],
    ["a client certificate", { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }],
    ["an unknown confirmation", {}],
    ["null", null],
  ])("bound by %s is rejected", async (_, cnf) => {
    expect(await verdictOf(by(), await theirs.token({ cnf }))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(by({ typ: null, require: { sub: "42" } }), await theirs.token({ cnf }))).toBe(
      "TOKEN_TYPE_INVALID",
    );
    expect(await verdictOf(by(), await theirs.token())).toBe("allowed");
  });
});
