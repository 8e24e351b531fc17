/** The option `scopeClaim`: the scope from one claim, from several claims, or from a function. */
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { createIssuer, entryOf, type Issuer, trusting } from "./support.ts";

watchRejections();

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

type ScopeClaim = TrustedIssuer["scopeClaim"];
const by = (scopeClaim?: ScopeClaim, over: Partial<TrustedIssuer> = {}): AuthManager =>
  trusting(entryOf(theirs, { ...(scopeClaim === undefined ? {} : { scopeClaim }), ...over }));

/** The verdicts on the scope `read`, and on `read` together with `write`. */
async function holds(auth: AuthManager, claims: Record<string, unknown>): Promise<readonly string[]> {
  const signed = await theirs.token(claims);
  return Promise.all(["read", "read write"].map((scope) => verdictOf(auth, signed, { scope })));
}

const READ = ["allowed", "SCOPE_INSUFFICIENT"];
const BOTH = ["allowed", "allowed"];
const NONE = ["SCOPE_INSUFFICIENT", "SCOPE_INSUFFICIENT"];

describe("the scope of a trusted issuer's token", () => {
  it.each<[string, ScopeClaim | undefined, Record<string, unknown>]>([
    ["a text in scope by default", undefined, { scope: "read" }],
    ["a list in scope by default", undefined, { scope: ["read"] }],
    ["a text in another claim, as with Entra", "scp", { scp: "read", scope: "write" }],
    ["a list in another claim, as with Okta", "scp", { scp: ["read"], scope: "write" }],
    ["a list in permissions, as with Auth0", "permissions", { permissions: ["read"], scope: "write" }],
    [
      "a text in a claim with dots in its name",
      "https://theirs.example/scope",
      { "https://theirs.example/scope": "read" },
    ],
    ["a list inside another claim, as with Keycloak", "realm_access.roles", { realm_access: { roles: ["read"] } }],
    ["a list in one of several claims", ["scp", "roles"], { roles: ["read"], scope: "write" }],
    ["the result of a function", ({ can }) => (can as string[]).map((it) => it.slice(4)), { can: ["can:read"] }],
  ])("is read from %s", async (_, scopeClaim, claims) => {
    expect(await holds(by(scopeClaim), claims)).toEqual(READ);
    expect(await holds(by(scopeClaim), widen(claims))).toEqual(BOTH);
  });

  it("combines several claims, texts and lists", async () => {
    expect(await holds(by(["scp", "roles"]), { scp: "read", roles: ["write"] })).toEqual(BOTH);
    expect(await holds(by(["scp", "roles"]), { scp: " read  ", roles: [] })).toEqual(READ);
    const token = await by(["scp", "roles"]).verify(await theirs.token({ scp: "read write", roles: ["admin"] }));
    expect(token.scope).toEqual(["read", "write", "admin"]);
  });

  it("is empty when the configured claim is absent, whatever scope says", async () => {
    const claims = { scope: "read write" };
    for (const scopeClaim of ["scp", ["scp", "roles"], () => undefined, "a.b", "toString"] satisfies ScopeClaim[]) {
      expect(await holds(by(scopeClaim), claims)).toEqual(NONE);
      expect((await by(scopeClaim).verify(await theirs.token(claims))).claims).not.toHaveProperty("scope");
    }
  });

  it("is visible to rules even if its claim is not listed, and the claim itself is not", async () => {
    const auth = by("scp", { claims: [] });
    const signed = await theirs.token({ scp: "read" });
    expect(await verdictOf(auth, signed, { scope: "read" })).toBe("allowed");
    expect(await verdictOf(auth, signed, { claims: { scope: "read" } })).toBe("allowed");
    expect(await verdictOf(auth, signed, { claims: { scp: "read" } })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("may be an object, as in the manager's own tokens", async () => {
    const signed = await theirs.token({ scope: { admin: true } });
    expect(await verdictOf(by(), signed, { scope: { admin: true } })).toBe("allowed");
    expect(await verdictOf(by(), signed, { scope: { owner: true } })).toBe("SCOPE_INSUFFICIENT");
  });
});

describe("a scope of an unsupported type", () => {
  it.each<[string, unknown]>([
    ["a number", 1],
    ["null", null],
    ["true", true],
    ["a list that holds a number", ["read", 1]],
    ["a list of lists", [["read"]]],
    ["words separated by a tab", "read\twrite"],
  ])("is empty when it is %s in a single claim", async (_, scope) => {
    expect(await holds(by(), { scope })).toEqual(NONE);
  });

  it.each<[string, unknown]>([
    ["a number", 1],
    ["an object", { read: true }],
    ["a list that holds null", ["read", null]],
    ["a list of lists", [["read"]]],
  ])("rejects the token when it is %s in one of several claims", async (_, roles) => {
    const auth = by(["scp", "roles"]);
    expect(await verdictOf(auth, await theirs.token({ scp: "read", roles }))).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, await theirs.token({ scp: "read", roles: null }))).toBe("allowed");
  });
});

describe("a scope function", () => {
  it("rejects the token when it throws", async () => {
    const auth = by(({ can }) => (can as string[]).join(" "));
    expect(await verdictOf(auth, await theirs.token())).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, await theirs.token({ can: ["read"] }), { scope: "read" })).toBe("allowed");
  });

  it.each<[string, () => unknown]>([
    ["a promise", async () => "read"],
    ["a promise that rejects", () => Promise.reject(new Error("no database"))],
    ["a function", () => () => "read"],
  ])("fails with a TypeError when it returns %s", async (_, scopeClaim) => {
    const signed = await theirs.token();
    expect(await refusalOf(by(scopeClaim).verify(signed))).toBeInstanceOf(TypeError);
    expect(await refusalOf(by(scopeClaim).forRequest({ token: signed }).require())).toBeInstanceOf(TypeError);
  });

  it("keeps its returned list unfrozen", async () => {
    const scopes = ["read"];
    const auth = by(() => scopes);
    expect(await holds(auth, {})).toEqual(READ);
    scopes.push("write");
    expect(await holds(auth, { jti: "j2" })).toEqual(BOTH);
  });
});

/** The same claims with `write` added to `read`. */
function widen(claims: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(claims).replace(/\["([^"]*)read"\]/, '["$1read","$1write"]');
  return JSON.parse(text.replace(/:"read"/, ':"read write"')) as Record<string, unknown>;
}
