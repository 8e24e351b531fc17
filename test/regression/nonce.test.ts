/** Regressions of the claim `nonce`: the entry of `trust` decides whether it marks an ID token. */
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { createIssuer, entryOf, type Issuer, trusting } from "../core/issuers/support.ts";
import { serveBoth } from "../support/serve-both.ts";
import { verdictOf } from "../support/verdict-of.ts";

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const by = (over: Partial<TrustedIssuer>): AuthManager => trusting(entryOf(theirs, over));
type Claims = Readonly<Record<string, unknown>>;
/** An entry, the header's `typ` and the claims of a token with a nonce. */
type Case = [string, Partial<TrustedIssuer>, string | undefined, Claims];

const SETTLED: Case[] = [
  ["the default typ", {}, "at+jwt", {}],
  ["typ at+jwt", { typ: "at+jwt" }, "at+jwt", {}],
  ["typ application/AT+JWT", { typ: "application/AT+JWT" }, "At+Jwt", {}],
  ["typ at+jwt beside another required claim", { require: { tier: 1 } }, "at+jwt", { tier: 1 }],
  ["token_use, as of Cognito", { typ: null, require: { token_use: "access" } }, undefined, { token_use: "access" }],
  ["typ, as of Keycloak before 25", { typ: "JWT", require: { typ: "Bearer" } }, "JWT", { typ: "Bearer" }],
  ["type, as of claimgate", { typ: "JWT", require: { type: "auth" } }, "JWT", { type: "auth" }],
  ["type, as of Flask-JWT-Extended", { typ: "JWT", require: { type: "access" } }, "JWT", { type: "access" }],
  ["token_type, as of Simple JWT", { typ: "JWT", require: { token_type: "access" } }, "JWT", { token_type: "access" }],
  ["typ beside others", { typ: "JWT", require: { tier: 1, typ: "Bearer" } }, "JWT", { tier: 1, typ: "Bearer" }],
];

const UNSETTLED: Case[] = [
  ["any typ, though the header says at+jwt", { typ: null }, "at+jwt", { scope: "notes" }],
  ["another typ", { typ: "JWT" }, "JWT", { scope: "notes" }],
  ['the typ JWT, though the claim typ is "Bearer"', { typ: "JWT" }, "JWT", { typ: "Bearer", scope: "notes" }],
  ["any typ, though token_use says access", { typ: null }, undefined, { token_use: "access" }],
  ["the typ JWT, though type says auth", { typ: "JWT" }, "JWT", { type: "auth" }],
  ["another required claim", { typ: null, require: { scope: "notes" } }, "at+jwt", { scope: "notes" }],
  ["a required claim of a similar name", { typ: null, require: { token_typ: "a" } }, undefined, { token_typ: "a" }],
  ["a required claim in capitals", { typ: null, require: { Type: "access" } }, undefined, { Type: "access" }],
  ["a path to a type", { typ: null, require: { "act.typ": "Bearer" } }, undefined, { act: { typ: "Bearer" } }],
  [
    "a type inside of a required object",
    { typ: null, require: { act: { typ: "B" } } },
    undefined,
    { act: { typ: "B" } },
  ],
  ["a required nonce", { typ: null, require: { nonce: "n" } }, "at+jwt", {}],
];

describe("a token with a nonce", () => {
  it.each(SETTLED)("is accepted when its entry states %s", async (_, over, typ, claims) => {
    for (const nonce of ["n", "", null, 0])
      expect(await verdictOf(by(over), await theirs.token({ ...claims, nonce }, { typ }))).toBe("allowed");
  });

  it.each(UNSETTLED)("is rejected when its entry states %s, and accepted without it", async (_, over, typ, claims) => {
    const auth = by(over);
    for (const nonce of ["n", "", null, 0])
      expect(await verdictOf(auth, await theirs.token({ ...claims, nonce }, { typ }))).toBe("TOKEN_TYPE_INVALID");
    const without = over.require && "nonce" in over.require ? "CLAIM_MISSING" : "allowed";
    expect(await verdictOf(auth, await theirs.token(claims, { typ }))).toBe(without);
  });

  it("is rejected when it lacks the type that its entry requires", async () => {
    const auth = by({ typ: "JWT", require: { typ: "Bearer" } });
    const sign = (claims: Claims): Promise<string> => theirs.token({ nonce: "n", ...claims }, { typ: "JWT" });
    expect(await verdictOf(auth, await sign({}))).toBe("CLAIM_MISSING");
    expect(await verdictOf(auth, await sign({ typ: "Refresh" }))).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(auth, await sign({ typ: "Other" }))).toBe("CLAIM_INVALID");
    expect(await verdictOf(by({}), await sign({}))).toBe("TOKEN_TYPE_INVALID");
  });
});

describe("a nonce that its entry accepts", () => {
  it.each<[string, Claims]>([
    ["at_hash", { at_hash: "h" }],
    ["c_hash", { c_hash: "h" }],
    ["s_hash", { s_hash: "h" }],
    ['token_use "id"', { token_use: "id" }],
    ['the typ "ID"', { typ: "ID" }],
    ["a logout event", { events: { "http://schemas.openid.net/event/backchannel-logout": {} } }],
    ["cnf", { cnf: { jkt: "k" } }],
  ])("does not admit a token that is also marked by %s", async (_, mark) => {
    const named = by({ typ: "JWT", require: { type: "access" } });
    expect(await verdictOf(by({}), await theirs.token({ nonce: "n", ...mark }))).toBe("TOKEN_TYPE_INVALID");
    const token = await theirs.token({ nonce: "n", type: "access", ...mark }, { typ: "JWT" });
    expect(await verdictOf(named, token)).toBe("TOKEN_TYPE_INVALID");
    expect(await verdictOf(named, await theirs.token({ nonce: "n", type: "access" }, { typ: "JWT" }))).toBe("allowed");
  });

  it("gets one verdict on both transports", async () => {
    const bearer = async (typ: string): Promise<object> => ({
      headers: { authorization: `Bearer ${await theirs.token({ nonce: "n", typ: "Bearer" }, { typ })}` },
    });
    const strict = await serveBoth(by({}));
    expect(await strict.ask(await bearer("at+jwt"))).toMatchObject({ verdict: "42", status: 200 });
    const loose = await serveBoth(by({ typ: null }));
    expect(await loose.ask(await bearer("at+jwt"))).toMatchObject({ verdict: "TOKEN_TYPE_INVALID", status: 401 });
    const named = await serveBoth(by({ typ: null, require: { typ: "Bearer" } }));
    expect(await named.ask(await bearer("JWT"))).toMatchObject({ verdict: "42", status: 200 });
  });
});
