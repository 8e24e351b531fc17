/** The audience of issued tokens, and the audiences that each manager accepts. */
import type { AuthManager } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const MANAGERS = {
  none: createAuth().auth,
  a: createAuth({ audience: "a" }).auth,
  "[a]": createAuth({ audience: ["a"] }).auth,
  "[a,b]": createAuth({ audience: ["a", "b"] }).auth,
};
type Name = keyof typeof MANAGERS;

const judge = async (auth: AuthManager, aud: unknown): Promise<string> => {
  try {
    await auth.verify(forge({ payload: goodClaims({ aud }) }));
    return "accepted";
  } catch (error) {
    return (error as { reason: string }).reason;
  }
};

const MATRIX: ReadonlyArray<readonly [aud: unknown, verdicts: Record<Name, string>]> = [
  [undefined, { none: "accepted", a: "CLAIM_MISSING", "[a]": "CLAIM_MISSING", "[a,b]": "CLAIM_MISSING" }],
  ["a", { none: "AUDIENCE_INVALID", a: "accepted", "[a]": "accepted", "[a,b]": "accepted" }],
  ["b", { none: "AUDIENCE_INVALID", a: "AUDIENCE_INVALID", "[a]": "AUDIENCE_INVALID", "[a,b]": "accepted" }],
  [["x", "a"], { none: "AUDIENCE_INVALID", a: "accepted", "[a]": "accepted", "[a,b]": "accepted" }],
  [["x"], { none: "AUDIENCE_INVALID", a: "AUDIENCE_INVALID", "[a]": "AUDIENCE_INVALID", "[a,b]": "AUDIENCE_INVALID" }],
  ["ab", { none: "AUDIENCE_INVALID", a: "AUDIENCE_INVALID", "[a]": "AUDIENCE_INVALID", "[a,b]": "AUDIENCE_INVALID" }],
  [
    ["a", 5],
    { none: "AUDIENCE_INVALID", a: "AUDIENCE_INVALID", "[a]": "AUDIENCE_INVALID", "[a,b]": "AUDIENCE_INVALID" },
  ],
  [
    { a: true },
    { none: "AUDIENCE_INVALID", a: "AUDIENCE_INVALID", "[a]": "AUDIENCE_INVALID", "[a,b]": "AUDIENCE_INVALID" },
  ],
];

describe("a token with an audience", () => {
  it.each(MATRIX)("%j is accepted or rejected as the manager's audience demands", async (aud, verdicts) => {
    const found: Record<string, string> = {};
    for (const [name, auth] of Object.entries(MANAGERS)) found[name] = await judge(auth, aud);
    expect(found).toEqual(verdicts);
  });
});

describe("a manager with an audience", () => {
  it.each([
    ["none", undefined],
    ["a", "a"],
    ["[a]", "a"],
    ["[a,b]", ["a", "b"]],
  ] as const)("of %s issues aud %j in tokens of both types, and accepts them", async (name, aud) => {
    const auth = MANAGERS[name];
    const a = await auth.authToken("ada");
    const r = await auth.refreshToken("ada");
    expect([a.claims.aud, r.claims.aud]).toEqual([aud, aud]);
    expect((await auth.verify(a.signed)).sub).toBe("ada");
    expect((await auth.verify(r.signed, { type: "refresh" })).sub).toBe("ada");
  });

  it("issues an auth token for another audience when authToken names one", async () => {
    for (const audience of ["b", ["b", "c"]]) {
      const jwt = await MANAGERS.a.authToken("ada", { audience });
      expect(jwt.claims.aud).toEqual(audience);
      expect(await refusalOf(MANAGERS.a.verify(jwt.signed))).toMatchObject({ reason: "AUDIENCE_INVALID" });
      expect((await MANAGERS["[a,b]"].verify(jwt.signed)).sub).toBe("ada");
    }
  });
});
