/** The README's `trust` entries for well-known issuers accept access tokens for our API only. */
import type { AuthManager } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { createIssuer, type Issuer } from "../core/issuers/support.ts";
import { createAuth, NOW } from "../support/create-auth.ts";
import { verdictOf } from "../support/verdict-of.ts";
import { PROFILES, type Profile, type Shape } from "./issuer-profiles.ts";

const READ = { scope: "notes:read" };

/**
 * Next to our own keys. The entry has the issuer's keys here, and `discovery: true` in the README.
 */
function trusting({ entry }: Profile, { jwks }: Issuer): AuthManager {
  return createAuth({ trust: [{ ...entry, jwks }] }).auth;
}

function sign(issuer: Issuer, { typ, claims }: Shape, over = {}): Promise<string> {
  return issuer.token({ sub: undefined, aud: undefined, jti: undefined, ...claims, ...over }, { typ });
}

describe.each(PROFILES.map((profile) => [profile.name, profile] as const))("%s", (_, profile) => {
  let issuer: Issuer;
  let auth: AuthManager;
  beforeAll(async () => {
    issuer = await createIssuer(profile.entry.issuer, { alg: "RS256" });
    auth = trusting(profile, issuer);
  });

  it("has access tokens that are accepted with their scope", async () => {
    const signed = await sign(issuer, profile.access);
    expect(await verdictOf(auth, signed, READ)).toBe("allowed");
    expect(await verdictOf(auth, signed, { scope: "notes:write" })).toBe("SCOPE_INSUFFICIENT");
  });

  it("has a subject that differs from ours, and shows the claims that its entry lists", async () => {
    const { sub, claims } = await auth.verify(await sign(issuer, profile.access));
    expect(sub).toBe(profile.subject);
    const {
      iss,
      aud: _aud,
      iat,
      exp,
      jti: _jti,
      sub: _sub,
      scope: _scope,
      type,
      ...rest
    } = claims as Record<string, unknown>;
    expect({ iss, iat, exp, type }).toEqual({ iss: profile.entry.issuer, iat: NOW, exp: NOW + 60, type: "auth" });
    expect(rest).toEqual(profile.visible);
  });

  it("has ID tokens that are rejected, also when their client is the audience", async () => {
    expect(await verdictOf(auth, await sign(issuer, profile.id))).toBe("TOKEN_TYPE_INVALID");
    const { audienceClaim = "aud", audience } = profile.entry;
    const forAudience = await sign(issuer, profile.id, { [audienceClaim]: audience });
    expect(await verdictOf(auth, forAudience)).toBe("TOKEN_TYPE_INVALID");
  });

  it("has access tokens for another API that are rejected", async () => {
    const signed = await sign(issuer, profile.access, profile.foreign.claims);
    expect(await verdictOf(auth, signed)).toBe(profile.foreign.reason);
  });
});
