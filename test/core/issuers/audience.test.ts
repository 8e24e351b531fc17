/** The audience of a trusted issuer's token. */
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

describe("the audience of a trusted issuer's token", () => {
  it.each<[string, string | string[], unknown, string]>([
    ["equals the configured audience", API, API, "allowed"],
    ["includes the configured audience in a list", API, [ANOTHER, API], "allowed"],
    ["equals one of several configured audiences", [ANOTHER, API], API, "allowed"],
    ["shares one audience with the configured list", [ANOTHER, API], ["x", API], "allowed"],
    ["is another audience", API, ANOTHER, "AUDIENCE_INVALID"],
    ["only begins with the configured audience", API, `${API}/v2`, "AUDIENCE_INVALID"],
    ["differs in case", API, API.toUpperCase(), "AUDIENCE_INVALID"],
    ["shares no audience with the configured list", [ANOTHER, API], ["x"], "AUDIENCE_INVALID"],
    ["is absent", API, undefined, "CLAIM_MISSING"],
    ["is null", API, null, "CLAIM_MISSING"],
    ["is empty", API, "", "CLAIM_MISSING"],
    ["is an empty list", API, [], "CLAIM_MISSING"],
    ["is of another type", API, 1, "AUDIENCE_INVALID"],
    ["is in a list with a number", API, [API, 1], "AUDIENCE_INVALID"],
  ])("%s: configured %j, aud %j, verdict %s", async (_, audience, aud, verdict) => {
    expect(await verdictOf(by({ audience }), await theirs.token({ aud }))).toBe(verdict);
    expect(await verdictOf(by({ audience, audienceClaim: "aud" }), await theirs.token({ aud }))).toBe(verdict);
  });

  it("is compared with the entry's audience, and the manager's own audience applies only to its own tokens", async () => {
    const { auth } = createAuth({ audience: ANOTHER, trust: [entryOf(theirs, ASIDE)] });
    expect(await verdictOf(auth, (await auth.authToken("ada")).signed)).toBe("allowed");
    expect(await verdictOf(auth, (await auth.authToken("ada", { audience: API })).signed)).toBe("AUDIENCE_INVALID");
    expect(await verdictOf(auth, await theirs.token())).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token({ aud: ANOTHER }))).toBe("AUDIENCE_INVALID");
  });
});

describe("audience null", () => {
  it("accepts access tokens of any audience, and rejects another typ", async () => {
    for (const aud of [API, ANOTHER, [ANOTHER], undefined]) {
      expect(await verdictOf(by({ audience: null }), await theirs.token({ aud }))).toBe("allowed");
      expect(await verdictOf(by({ audience: null }), await theirs.token({ aud }, { typ: "JWT" }))).toBe(
        "TOKEN_TYPE_INVALID",
      );
    }
  });

  it("accepts tokens of any audience that carry the required claims", async () => {
    const auth = by({ audience: null, typ: null, require: { token_use: "access" } });
    const header = { typ: undefined };
    expect(await verdictOf(auth, await theirs.token({ aud: undefined, token_use: "access" }, header))).toBe("allowed");
    expect(await verdictOf(auth, await theirs.token({ aud: API }, header))).toBe("CLAIM_MISSING");
    expect(await verdictOf(auth, await theirs.token({ aud: API, token_use: "other" }, header))).toBe("CLAIM_INVALID");
  });
});

describe("audienceClaim", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["is the configured client, as in Cognito's tokens", { client_id: "app" }, "allowed"],
    ["includes the configured client", { client_id: ["x", "app"] }, "allowed"],
    ["is another client", { client_id: "another" }, "AUDIENCE_INVALID"],
    ["is of another type", { client_id: { app: true } }, "AUDIENCE_INVALID"],
    ["is absent", {}, "CLAIM_MISSING"],
    ["is null", { client_id: null }, "CLAIM_MISSING"],
    ["is absent while aud is the configured client", { aud: "app" }, "CLAIM_MISSING"],
    ["is another client while aud is the configured client", { aud: "app", client_id: "another" }, "AUDIENCE_INVALID"],
    ["is the configured client while aud is another", { aud: ANOTHER, client_id: "app" }, "allowed"],
  ])("as client_id %s: claims %j, verdict %s", async (_, claims, verdict) => {
    const auth = by({ audience: "app", audienceClaim: "client_id" });
    expect(await verdictOf(auth, await theirs.token({ aud: undefined, ...claims }))).toBe(verdict);
  });

  it("may be named like a member of Object.prototype, and ignores inherited members", async () => {
    const auth = by({ audience: "app", audienceClaim: "constructor" });
    expect(await verdictOf(auth, await theirs.token())).toBe("CLAIM_MISSING");
    expect(await verdictOf(auth, await theirs.token({ constructor: "app" }))).toBe("allowed");
  });
});
