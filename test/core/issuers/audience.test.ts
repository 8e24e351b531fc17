/** Whom a trusted issuer's token must be for. */
import type { AuthManager, TrustedIssuer } from "claimgate";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { API, ASIDE, createIssuer, entryOf, type Issuer, trusting } from "./support.ts";

const ANOTHER = "https://another.example";

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const by = (over: Partial<TrustedIssuer>): AuthManager => trusting(entryOf(theirs, over));

describe("an audience", () => {
  it.each<[string, string | string[], unknown, string]>([
    ["is that text", API, API, "allowed"],
    ["is in the token's list", API, [ANOTHER, API], "allowed"],
    ["is one of the entry's", [ANOTHER, API], API, "allowed"],
    ["is in both lists", [ANOTHER, API], ["x", API], "allowed"],
    ["is another", API, ANOTHER, "AUDIENCE_INVALID"],
    ["is a part of it", API, `${API}/v2`, "AUDIENCE_INVALID"],
    ["is of another case", API, API.toUpperCase(), "AUDIENCE_INVALID"],
    ["is in neither list", [ANOTHER, API], ["x"], "AUDIENCE_INVALID"],
    ["is absent", API, undefined, "CLAIM_MISSING"],
    ["is null", API, null, "CLAIM_MISSING"],
    ["is empty", API, "", "CLAIM_MISSING"],
    ["is a list of none", API, [], "CLAIM_MISSING"],
    ["is of another type", API, 1, "AUDIENCE_INVALID"],
    ["is in a list with another type", API, [API, 1], "AUDIENCE_INVALID"],
  ])("that %s", async (_, audience, aud, verdict) => {
    expect(await verdictOf(by({ audience }), await theirs.token({ aud }))).toBe(verdict);
    expect(await verdictOf(by({ audience, audienceClaim: "aud" }), await theirs.token({ aud }))).toBe(verdict);
  });

  it("is theirs to state: the manager's own counts for its own tokens only", async () => {
    const { auth } = createAuth({ audience: ANOTHER, trust: [entryOf(theirs, ASIDE)] });
    expect(await verdictOf(auth, (await auth.authToken("ada")).signed)).toBe("allowed");
    expect(await verdictOf(auth, (await auth.authToken("ada", { audience: API })).signed)).toBe("AUDIENCE_INVALID");
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token({ aud: ANOTHER }))).toBe("AUDIENCE_INVALID");
  });
});

describe("no audience", () => {
  it("lets a token in whoever it is for, as long as it is an access token", async () => {
    for (const aud of [API, ANOTHER, [ANOTHER], undefined]) {
      expect(await verdictOf(by({ audience: null }), await theirs.token({ aud }))).toBe("allowed");
      expect(await verdictOf(by({ audience: null }), await theirs.token({ aud }, { typ: "JWT" }))).toBe(
        "TOKEN_TYPE_INVALID",
      );
    }
  });

  it("lets a token in whoever it is for, as long as it has what is required", async () => {
    const auth = by({ audience: null, typ: null, require: { token_use: "access" } });
    const header = { typ: undefined };
    expect(await verdictOf(auth, await theirs.token({ aud: undefined, token_use: "access" }, header))).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token({ aud: API }, header))).toBe("CLAIM_MISSING");
    expect(await verdictOf(auth, await theirs.token({ aud: API, token_use: "other" }, header))).toBe("CLAIM_INVALID");
  });
});

describe("another claim for the audience", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["is the client, as in Cognito's tokens", { client_id: "app" }, "allowed"],
    ["is one of several clients", { client_id: ["x", "app"] }, "allowed"],
    ["is another client", { client_id: "another" }, "AUDIENCE_INVALID"],
    ["is of another type", { client_id: { app: true } }, "AUDIENCE_INVALID"],
    ["is absent", {}, "CLAIM_MISSING"],
    ["is null", { client_id: null }, "CLAIM_MISSING"],
    ["is absent, though aud says it", { aud: "app" }, "CLAIM_MISSING"],
    ["is another client, though aud says it", { aud: "app", client_id: "another" }, "AUDIENCE_INVALID"],
    ["is the client, whatever aud says", { aud: ANOTHER, client_id: "app" }, "allowed"],
  ])("that %s", async (_, claims, verdict) => {
    const auth = by({ audience: "app", audienceClaim: "client_id" });
    expect(await verdictOf(auth, await theirs.token({ aud: undefined, ...claims }))).toBe(verdict);
  });

  it("may have a name that objects inherit, and is none of theirs", async () => {
    const auth = by({ audience: "app", audienceClaim: "constructor" });
    expect(await verdictOf(auth, await theirs.token())).toBe("CLAIM_MISSING");
    expect(await verdictOf(auth, await theirs.token({ constructor: "app" }))).toBe("allowed");
  });
});
