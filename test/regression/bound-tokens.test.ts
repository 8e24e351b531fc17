/** Sender-constrained tokens (`cnf`) are rejected as bearer tokens, and no manager issues them. */
import { generateKeyPairSync, sign } from "node:crypto";
import { AuthManager, memorySessionStore } from "claimgate";
import { describe, expect, it } from "vitest";
import { createIssuer, entryOf, trusting } from "../core/issuers/support.ts";
import { createAuth, ISSUER, NOW } from "../support/create-auth.ts";
import { base64url, forge, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { serveBoth } from "../support/serve-both.ts";

const CONFIRMATIONS: readonly (readonly [method: string, cnf: unknown])[] = [
  ["DPoP (RFC 9449)", { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }],
  ["mutual TLS (RFC 8705)", { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" }],
  ["an embedded key (RFC 7800)", { jwk: { kty: "EC" } }],
  ["an unknown method", { later: true }],
  ["an empty object", {}],
  ["null", null],
];

describe.each(CONFIRMATIONS)("a token bound by %s", (_, cnf) => {
  it("is rejected by its own issuer, for both types, in header and cookie", async () => {
    const { auth } = createAuth({ cookies: { auth: "auth", refresh: "refresh" } });
    for (const type of ["auth", "refresh"] as const) {
      const both = await serveBoth(auth, { rule: { type } });
      const bound = forge({ payload: goodClaims({ type, cnf }) });
      const plain = forge({ payload: goodClaims({ type }) });
      const own = { "sec-fetch-site": "same-origin" };
      for (const [token, verdict] of [
        [bound, "TOKEN_TYPE_INVALID"],
        [plain, "ada"],
      ]) {
        expect((await both.ask({ headers: { authorization: `Bearer ${token}` } })).verdict).toBe(verdict);
        expect((await both.ask({ headers: { ...own, cookie: `${type}=${token}` } })).verdict).toBe(verdict);
      }
    }
  });

  it("is rejected by a manager that only verifies, and by one that trusts its issuer", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const signed = (claims: object): string => {
      const input = `${base64url('{"alg":"EdDSA"}')}.${base64url(JSON.stringify(goodClaims({ ...claims })))}`;
      return `${input}.${sign(null, Buffer.from(input), privateKey).toString("base64url")}`;
    };
    const verifier = new AuthManager({ issuer: ISSUER, algorithm: "EdDSA", publicKey, now: () => NOW });
    expect(await refusalOf(verifier.verify(signed({ cnf })))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect((await verifier.verify(signed({}))).sub).toBe("ada");
    const theirs = await createIssuer();
    const trust = trusting(entryOf(theirs));
    expect(await refusalOf(trust.verify(await theirs.token({ cnf })))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect((await trust.verify(await theirs.token())).sub).toBe("42");
  });

  it("starts, refreshes and ends no session", async () => {
    const { auth } = createAuth({ sessions: memorySessionStore(), adoptRefresh: true });
    const refresh = (over: object) => forge({ payload: goodClaims({ type: "refresh", rid: "r1", ...over }) });
    expect(await refusalOf(auth.refresh(refresh({ cnf })))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect(await refusalOf(auth.revoke({ token: refresh({ cnf }) }))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect(await auth.sessions("ada")).toEqual([]);
    expect(Object.keys(await auth.refresh(refresh({})))).toContain("authToken");
  });
});

describe("the reserved claim cnf", () => {
  const cnf = { jkt: "x" };
  const claims = { cnf } as never;

  it("is rejected when tokens are issued", async () => {
    const { auth } = createAuth({ sessions: memorySessionStore() });
    for (const issue of [
      () => auth.authToken("ada", { claims }),
      () => auth.refreshToken("ada", { claims }),
      () => auth.login("ada", { claims }),
    ]) {
      const error = await refusalOf(issue);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain("cnf");
    }
  });

  it("is rejected from authorize, and dropped from a claims schema", async () => {
    const authorize = () => ({ claims });
    const { auth: byRights } = createAuth({ authorize, authorizeAt: "request" });
    const request = byRights.forRequest({ token: forge() });
    await expect(request.require()).rejects.toThrow(/^authorize: claims\.cnf cannot be set/);
    const claimsSchema = { "~standard": { version: 1 as const, vendor: "t", validate: () => ({ value: { cnf } }) } };
    const { auth: bySchema } = createAuth<Record<string, unknown>>({ claimsSchema });
    expect((await bySchema.verify(forge())).claims["cnf"]).toBeUndefined();
  });

  it("is rejected in the claims of a trusted issuer", async () => {
    const theirs = await createIssuer();
    expect(() => trusting(entryOf(theirs, { claims: ["cnf"] }))).toThrow(
      expect.objectContaining({ configValue: "trust.0.claims.0" }),
    );
  });
});
