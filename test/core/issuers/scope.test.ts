/** Where a trusted issuer keeps the scope: its own claim, several, or a function's. */
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

/** Whether the claims hold the scopes `read`, and `read` with `write`. */
async function holds(auth: AuthManager, claims: Record<string, unknown>): Promise<readonly string[]> {
  const signed = await theirs.token(claims);
  return Promise.all(["read", "read write"].map((scope) => verdictOf(auth, signed, { scope })));
}

const READ = ["allowed", "SCOPE_INSUFFICIENT"];
const BOTH = ["allowed", "allowed"];
const NONE = ["SCOPE_INSUFFICIENT", "SCOPE_INSUFFICIENT"];

describe("the scope", () => {
  it.each<[string, ScopeClaim | undefined, Record<string, unknown>]>([
    ["is text in scope by default", undefined, { scope: "read" }],
    ["is a list in scope by default", undefined, { scope: ["read"] }],
    ["is text in another claim, as Entra's", "scp", { scp: "read", scope: "write" }],
    ["is a list in another claim, as Okta's", "scp", { scp: ["read"], scope: "write" }],
    ["is in permissions, as Auth0's", "permissions", { permissions: ["read"], scope: "write" }],
    ["is in a claim with dots in its name", "https://theirs.example/scope", { "https://theirs.example/scope": "read" }],
    ["is inside another claim, as Keycloak's", "realm_access.roles", { realm_access: { roles: ["read"] } }],
    ["is in one of several claims", ["scp", "roles"], { roles: ["read"], scope: "write" }],
    [
      "is what a function makes of the claims",
      ({ can }) => (can as string[]).map((it) => it.slice(4)),
      { can: ["can:read"] },
    ],
  ])("%s", async (_, scopeClaim, claims) => {
    expect(await holds(by(scopeClaim), claims)).toEqual(READ);
    expect(await holds(by(scopeClaim), widen(claims))).toEqual(BOTH);
  });

  it("is what several claims say together, with text and lists", async () => {
    expect(await holds(by(["scp", "roles"]), { scp: "read", roles: ["write"] })).toEqual(BOTH);
    expect(await holds(by(["scp", "roles"]), { scp: " read  ", roles: [] })).toEqual(READ);
    const token = await by(["scp", "roles"]).verify(await theirs.token({ scp: "read write", roles: ["admin"] }));
    expect(token.scope).toEqual(["read", "write", "admin"]);
  });

  it("is none where the claim is absent, whatever else calls itself so", async () => {
    const claims = { scope: "read write" };
    for (const scopeClaim of ["scp", ["scp", "roles"], () => undefined, "a.b", "toString"] satisfies ScopeClaim[]) {
      expect(await holds(by(scopeClaim), claims)).toEqual(NONE);
      expect((await by(scopeClaim).verify(await theirs.token(claims))).claims).not.toHaveProperty("scope");
    }
  });

  it("is seen by rules though its claim is not listed, and its claim is not", async () => {
    const auth = by("scp", { claims: [] });
    const signed = await theirs.token({ scp: "read" });
    expect(await verdictOf(auth, signed, { scope: "read" })).toBe("allowed");
    expect(await verdictOf(auth, signed, { claims: { scope: "read" } })).toBe("allowed");
    expect(await verdictOf(auth, signed, { claims: { scp: "read" } })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("may be an object, as our own may", async () => {
    const signed = await theirs.token({ scope: { admin: true } });
    expect(await verdictOf(by(), signed, { scope: { admin: true } })).toBe("allowed");
    expect(await verdictOf(by(), signed, { scope: { owner: true } })).toBe("SCOPE_INSUFFICIENT");
  });
});

describe("a scope of another type", () => {
  it.each<[string, unknown]>([
    ["a number", 1],
    ["null", null],
    ["true", true],
    ["a list that holds another type", ["read", 1]],
    ["a list of lists", [["read"]]],
    ["words behind other spaces", "read\twrite"],
  ])("holds nothing where it is %s in one claim", async (_, scope) => {
    expect(await holds(by(), { scope })).toEqual(NONE);
  });

  it.each<[string, unknown]>([
    ["a number", 1],
    ["an object", { read: true }],
    ["a list that holds another type", ["read", null]],
    ["a list of lists", [["read"]]],
  ])("refuses the token where it is %s in one of several claims", async (_, roles) => {
    const auth = by(["scp", "roles"]);
    expect(await verdictOf(auth, await theirs.token({ scp: "read", roles }))).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, await theirs.token({ scp: "read", roles: null }))).toBe("allowed");
  });
});

describe("a function for the scope", () => {
  it("refuses the token where it throws", async () => {
    const auth = by(({ can }) => (can as string[]).join(" "));
    expect(await verdictOf(auth, await theirs.token())).toBe("CLAIM_INVALID");
    expect(await verdictOf(auth, await theirs.token({ can: ["read"] }), { scope: "read" })).toBe("allowed");
  });

  it.each<[string, () => unknown]>([
    ["a promise", async () => "read"],
    ["a promise that rejects", () => Promise.reject(new Error("no database"))],
    ["a function", () => () => "read"],
  ])("is at fault, and not the token, where it gives %s", async (_, scopeClaim) => {
    const signed = await theirs.token();
    expect(await refusalOf(by(scopeClaim).verify(signed))).toBeInstanceOf(TypeError);
    expect(await refusalOf(by(scopeClaim).forRequest({ token: signed }).require())).toBeInstanceOf(TypeError);
  });

  it("keeps what it gives: only a copy is frozen", async () => {
    const scopes = ["read"];
    const auth = by(() => scopes);
    expect(await holds(auth, {})).toEqual(READ);
    scopes.push("write");
    expect(await holds(auth, { jti: "j2" })).toEqual(BOTH);
  });
});

/** The same claims with `write` where `read` is. */
function widen(claims: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(claims).replace(/\["([^"]*)read"\]/, '["$1read","$1write"]');
  return JSON.parse(text.replace(/:"read"/, ':"read write"')) as Record<string, unknown>;
}
