/** A Proxy cannot hide a reserved claim from the check of a login or of `authorize`. */
import { AuthManager, memorySessionStore } from "claimgate";
import { describe, expect, it } from "vitest";
import { ISSUER, SECRET } from "../support/create-auth.ts";
import { shyClaims } from "../support/shy-claims.ts";

const OWN = { issuer: ISSUER, algorithm: "HS256", secret: SECRET, sessions: memorySessionStore() } as const;
const RESERVED = { sub: "root", scope: "admin" };
const CHECKS = Array.from({ length: 25 }, (_, checks) => checks);

/** The claims of the auth token, or the name of the error. */
async function outcomeOf(auth: AuthManager, claims: Record<string, unknown> = {}): Promise<unknown> {
  try {
    const { authToken } = await auth.login("ada", { claims });
    const { sub, scope, plan } = (await auth.verify(authToken)).claims;
    return { sub, scope, plan };
  } catch (error) {
    return (error as Error).name;
  }
}

describe("claims in a Proxy", () => {
  it("of a login never set a reserved claim, and others are copied", async () => {
    const auth = new AuthManager(OWN);
    for (const checks of CHECKS)
      expect(["TypeError", { sub: "ada" }]).toContainEqual(await outcomeOf(auth, shyClaims(RESERVED, checks)));
    expect(await outcomeOf(auth, shyClaims({ plan: "pro" }, 0))).toEqual({ sub: "ada", plan: "pro" });
  });

  it("of authorize never set a reserved claim, and others are copied", async () => {
    const withRights = (claims: Record<string, unknown>): AuthManager =>
      new AuthManager({ ...OWN, authorize: () => ({ claims }) });
    for (const checks of CHECKS)
      expect(["TypeError", { sub: "ada" }]).toContainEqual(await outcomeOf(withRights(shyClaims(RESERVED, checks))));
    expect(await outcomeOf(withRights(shyClaims({ plan: "pro" }, 0)))).toEqual({ sub: "ada", plan: "pro" });
  });
});
