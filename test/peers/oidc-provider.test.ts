/** A real issuer: both transports accept its tokens for our API, and reject all others. */
import { AuthManager, type TrustedIssuer } from "claimgate";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type BothApis, letIn, openBothApis, refused } from "./both-apis.ts";
import { BILLS, createSigningKey, NOTES, type OidcIssuer, OPAQUE, startIssuer, USER, WEB } from "./oidc-issuer.ts";

type Entry = Partial<TrustedIssuer>;

// The issuer uses the machine's clock; the manager's clock is ahead of it by so many seconds.
let ahead = 0;
const now = (): number => Date.now() / 1000 + ahead;
beforeEach(() => {
  ahead = 0;
});

let oidc: OidcIssuer;
beforeAll(async () => {
  // It warns at every start that its storage is temporary.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  oidc = await startIssuer(await createSigningKey("first"));
});
afterAll(() => oidc.stop());

function entryOf({ issuer }: OidcIssuer, over: Entry = {}): TrustedIssuer {
  return { issuer, discovery: true, audience: NOTES, algorithms: ["RS256"], ...over };
}

/** Both APIs behind a manager without its own keys. */
async function openTrusting(issuer: OidcIssuer, over: Entry = {}): Promise<BothApis> {
  const apis = await openBothApis(new AuthManager({ trust: [entryOf(issuer, over)], now }));
  onTestFinished(() => apis.close());
  return apis;
}

describe("client-credentials access tokens", () => {
  it("are accepted by a tRPC procedure and a GraphQL field", async () => {
    const { ask } = await openTrusting(oidc);
    expect(await ask("me", await oidc.serviceToken())).toEqual(letIn("service"));
  });

  it("are accepted by a rule for a granted scope, and rejected by a rule for another", async () => {
    const { ask } = await openTrusting(oidc);
    const reader = await oidc.serviceToken(NOTES, "notes:read");
    expect(await ask("read", reader)).toEqual(letIn("service"));
    expect(await ask("write", reader)).toEqual(refused("SCOPE_INSUFFICIENT"));
    expect(await ask("write", await oidc.serviceToken(NOTES, "notes:read notes:write"))).toEqual(letIn("service"));
  });

  it("are rejected when they are for another API, and accepted when it is one of our audiences", async () => {
    const token = await oidc.serviceToken(BILLS);
    expect(await (await openTrusting(oidc)).ask("me", token)).toEqual(refused("AUDIENCE_INVALID"));
    const both = await openTrusting(oidc, { audience: [NOTES, BILLS] });
    expect(await both.ask("me", token)).toEqual(letIn("service"));
  });

  it("are rejected when they are opaque", async () => {
    const { ask } = await openTrusting(oidc);
    expect(await ask("me", await oidc.serviceToken(OPAQUE))).toEqual(refused("TOKEN_MALFORMED"));
  });

  it("cost the issuer one request for its metadata and one for its keys, however many arrive", async () => {
    const { ask } = await openTrusting(oidc);
    const tokens = [await oidc.serviceToken(), await oidc.serviceToken()];
    const before = oidc.requests.length;
    for (const token of tokens) expect(await ask("me", token)).toEqual(letIn("service"));
    expect(oidc.requests.slice(before)).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });
});

describe("the issuer's tokens next to our own", () => {
  it("are both accepted, and their subjects differ", async () => {
    const auth = new AuthManager({
      issuer: "https://own.example",
      algorithm: "HS256",
      secret: "s".repeat(32),
      trust: [entryOf(oidc, { subject: ({ sub }) => `oidc|${String(sub)}`, claims: ["client_id"] })],
      now,
    });
    const { ask, close } = await openBothApis(auth);
    onTestFinished(close);
    expect(await ask("read", await oidc.serviceToken())).toEqual(letIn("oidc|service"));
    const own = await auth.authToken("service", { scope: "notes:write" });
    expect(await ask("write", own.signed)).toEqual(letIn("service"));
    expect(await ask("read", own.signed)).toEqual(refused("SCOPE_INSUFFICIENT"));
    expect(await ask("write", await oidc.serviceToken())).toEqual(refused("SCOPE_INSUFFICIENT"));
  });
});

describe("the tokens of a user who logged in", () => {
  it("are accepted when they are access tokens, and rejected when they are ID tokens", async () => {
    const { ask } = await openTrusting(oidc);
    const { access_token, id_token } = await oidc.logIn();
    expect(await ask("read", access_token)).toEqual(letIn(USER));
    expect(await ask("read", id_token ?? "")).toEqual(refused("TOKEN_TYPE_INVALID"));
  });

  it.each<[string, Entry]>([
    ["typ is null", { typ: null }],
    ["typ is JWT", { typ: "JWT" }],
    ["typ is null and a claim is required that the token has", { typ: null, require: { sub: USER } }],
  ])("are rejected when they are ID tokens, even if their client is the audience and %s", async (_, over) => {
    const { ask } = await openTrusting(oidc, { audience: [WEB, NOTES], ...over });
    const { id_token } = await oidc.logIn({ nonce: "n-0S6_WzA2Mj" });
    expect(await ask("me", id_token ?? "")).toEqual(refused("TOKEN_TYPE_INVALID"));
  });

  it("are accepted with typ null when they are access tokens", async () => {
    const { ask } = await openTrusting(oidc, { audience: [WEB, NOTES], typ: null });
    const { access_token } = await oidc.logIn({ nonce: "n-0S6_WzA2Mj" });
    expect(await ask("me", access_token)).toEqual(letIn(USER));
  });

  // Without a nonce, this issuer's ID token has only iss, sub, aud, iat and exp, and no typ.
  it.each<[string, Entry, string]>([
    ["the default typ", { audience: WEB }, "TOKEN_TYPE_INVALID"],
    ["typ JWT", { audience: WEB, typ: "JWT" }, "TOKEN_TYPE_INVALID"],
    [
      "their shape, even if their client is the audience and any typ is accepted",
      { audience: WEB, typ: null },
      "TOKEN_TYPE_INVALID",
    ],
    ["the API's audience", { typ: null, require: { sub: USER } }, "AUDIENCE_INVALID"],
    ["a required claim", { audience: WEB, typ: null, require: { client_id: WEB } }, "CLAIM_MISSING"],
  ])("are rejected when they are ID tokens without a nonce, because of %s", async (_, over, reason) => {
    const { ask } = await openTrusting(oidc, over);
    expect(await ask("me", (await oidc.logIn()).id_token ?? "")).toEqual(refused(reason));
  });
});

describe("the issuer's keys", () => {
  let rotating: OidcIssuer;
  beforeEach(async () => {
    rotating = await startIssuer(await createSigningKey("never used"));
  });
  afterEach(() => rotating.stop());

  it("can be rotated: tokens of both are accepted while both are published, and not after a withdrawal", async () => {
    const [old, next] = [await createSigningKey("2025-01"), await createSigningKey("2025-02")];
    rotating.publish(old);
    const { ask } = await openTrusting(rotating, { lifespan: 300, cooldown: 30 });
    const before = await rotating.serviceToken();
    expect(await ask("me", before)).toEqual(letIn("service"));

    rotating.publish(next, old);
    const after = await rotating.serviceToken();
    ahead = 31;
    expect(await ask("me", after)).toEqual(letIn("service"));
    expect(await ask("me", before)).toEqual(letIn("service"));

    rotating.publish(next);
    expect(await ask("me", before)).toEqual(letIn("service"));
    ahead = 31 + 301;
    expect(await ask("me", before)).toEqual(refused("SIGNATURE_INVALID"));
    expect(await ask("me", after)).toEqual(letIn("service"));
  });

  it("are distinct when a new key has the kid of the old one", async () => {
    rotating.publish(await createSigningKey("signing"));
    const { ask } = await openTrusting(rotating, { lifespan: 300 });
    const before = await rotating.serviceToken();
    expect(await ask("me", before)).toEqual(letIn("service"));
    rotating.publish(await createSigningKey("signing"));
    const after = await rotating.serviceToken();
    ahead = 301;
    expect(await ask("me", after)).toEqual(letIn("service"));
    expect(await ask("me", before)).toEqual(refused("SIGNATURE_INVALID"));
  });
});

describe("an issuer that stopped", () => {
  it("causes a 503, not a 401, for a token whose keys are unknown", async () => {
    const stopped = await startIssuer(await createSigningKey("first"));
    const token = await stopped.serviceToken();
    await stopped.stop();
    const { ask } = await openTrusting(stopped);
    expect(await ask("me", token)).toEqual(refused("KEYS_UNAVAILABLE"));
    expect(await ask("me", "no token")).toEqual(refused("TOKEN_MALFORMED"));
  });

  it("leaves its last keys in use for its tokens until they are too old", async () => {
    const stopping = await startIssuer(await createSigningKey("first"));
    const { ask } = await openTrusting(stopping, { lifespan: 300, staleIfError: 600 });
    const token = await stopping.serviceToken();
    expect(await ask("me", token)).toEqual(letIn("service"));
    await stopping.stop();
    ahead = 899;
    expect(await ask("me", token)).toEqual(letIn("service"));
    ahead = 901;
    expect(await ask("me", token)).toEqual(refused("KEYS_UNAVAILABLE"));
  });
});
