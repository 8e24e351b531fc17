/** A real issuer: what `oidc-provider` issues for our API passes both transports, and what it issues for anything else does not. */
import { AuthManager, type TrustedIssuer } from "claimgate";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type BothApis, letIn, openBothApis, refused } from "./both-apis.ts";
import { BILLS, createSigningKey, NOTES, type OidcIssuer, OPAQUE, startIssuer, USER, WEB } from "./oidc-issuer.ts";

type Entry = Partial<TrustedIssuer>;

// The issuer's clock is the machine's; the manager's runs ahead of it as far as a test says.
let ahead = 0;
const now = (): number => Date.now() / 1000 + ahead;
beforeEach(() => {
  ahead = 0;
});

let oidc: OidcIssuer;
beforeAll(async () => {
  // It warns that nothing is stored, at every start.
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  oidc = await startIssuer(await createSigningKey("first"));
});
afterAll(() => oidc.stop());

function entryOf({ issuer }: OidcIssuer, over: Entry = {}): TrustedIssuer {
  return { issuer, discovery: true, audience: NOTES, algorithms: ["RS256"], ...over };
}

/** Both APIs behind a manager that has no key of its own. */
async function openTrusting(issuer: OidcIssuer, over: Entry = {}): Promise<BothApis> {
  const apis = await openBothApis(new AuthManager({ trust: [entryOf(issuer, over)], now }));
  onTestFinished(() => apis.close());
  return apis;
}

describe("client-credentials access tokens", () => {
  it("are let in by a tRPC procedure and a GraphQL field", async () => {
    const { ask } = await openTrusting(oidc);
    expect(await ask("me", await oidc.serviceToken())).toEqual(letIn("service"));
  });

  it("pass a rule by the scope that the issuer granted, and fail one that asks for more", async () => {
    const { ask } = await openTrusting(oidc);
    const reader = await oidc.serviceToken(NOTES, "notes:read");
    expect(await ask("read", reader)).toEqual(letIn("service"));
    expect(await ask("write", reader)).toEqual(refused("SCOPE_INSUFFICIENT"));
    expect(await ask("write", await oidc.serviceToken(NOTES, "notes:read notes:write"))).toEqual(letIn("service"));
  });

  it("are refused where they are for another API, and let in where that one is ours too", async () => {
    const token = await oidc.serviceToken(BILLS);
    expect(await (await openTrusting(oidc)).ask("me", token)).toEqual(refused("AUDIENCE_INVALID"));
    const both = await openTrusting(oidc, { audience: [NOTES, BILLS] });
    expect(await both.ask("me", token)).toEqual(letIn("service"));
  });

  it("are refused where they are opaque", async () => {
    const { ask } = await openTrusting(oidc);
    expect(await ask("me", await oidc.serviceToken(OPAQUE))).toEqual(refused("TOKEN_MALFORMED"));
  });

  it("cost the issuer one request for its metadata and one for its keys, however many come", async () => {
    const { ask } = await openTrusting(oidc);
    const tokens = [await oidc.serviceToken(), await oidc.serviceToken()];
    const before = oidc.requests.length;
    for (const token of tokens) expect(await ask("me", token)).toEqual(letIn("service"));
    expect(oidc.requests.slice(before)).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });
});

describe("beside keys of our own", () => {
  it("their tokens and ours are let in, and their subject is told from ours", async () => {
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

describe("the tokens of someone who logged in", () => {
  it("are let in where they are access tokens, and refused where they are ID tokens", async () => {
    const { ask } = await openTrusting(oidc);
    const { access_token, id_token } = await oidc.logIn();
    expect(await ask("read", access_token)).toEqual(letIn(USER));
    expect(await ask("read", id_token ?? "")).toEqual(refused("TOKEN_TYPE_INVALID"));
  });

  it.each<[string, Entry]>([
    ["typ is null", { typ: null }],
    ["typ is JWT", { typ: "JWT" }],
    ["typ is null and a claim is required that it has", { typ: null, require: { sub: USER } }],
  ])("are refused where they are ID tokens, though the audience is the client they are for and %s", async (_, over) => {
    const { ask } = await openTrusting(oidc, { audience: [WEB, NOTES], ...over });
    const { id_token } = await oidc.logIn({ nonce: "n-0S6_WzA2Mj" });
    expect(await ask("me", id_token ?? "")).toEqual(refused("TOKEN_TYPE_INVALID"));
  });

  it("are let in by typ null where they are access tokens", async () => {
    const { ask } = await openTrusting(oidc, { audience: [WEB, NOTES], typ: null });
    const { access_token } = await oidc.logIn({ nonce: "n-0S6_WzA2Mj" });
    expect(await ask("me", access_token)).toEqual(letIn(USER));
  });

  // Without a nonce this issuer's ID token has nothing but iss, sub, aud, iat and exp, and no typ.
  it.each<[string, Entry, string]>([
    ["the default typ", { audience: WEB }, "TOKEN_TYPE_INVALID"],
    ["typ JWT", { audience: WEB, typ: "JWT" }, "TOKEN_TYPE_INVALID"],
    [
      "having none, though the audience is theirs and any typ will do",
      { audience: WEB, typ: null },
      "TOKEN_TYPE_INVALID",
    ],
    ["an audience that is the API's", { typ: null, require: { sub: USER } }, "AUDIENCE_INVALID"],
    ["a claim that is required", { audience: WEB, typ: null, require: { client_id: WEB } }, "CLAIM_MISSING"],
  ])("are refused where they are ID tokens without any mark, by %s", async (_, over, reason) => {
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

  it("take turns: both keys' tokens are let in while both are published, and the old key's no longer once it is withdrawn", async () => {
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

  it("are not mistaken for one another where a new one takes over the name of the old", async () => {
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
  it("leaves a token undecided where its keys are not known yet, and does not take it for a bad one", async () => {
    const stopped = await startIssuer(await createSigningKey("first"));
    const token = await stopped.serviceToken();
    await stopped.stop();
    const { ask } = await openTrusting(stopped);
    expect(await ask("me", token)).toEqual(refused("KEYS_UNAVAILABLE"));
    expect(await ask("me", "no token")).toEqual(refused("TOKEN_MALFORMED"));
  });

  it("still has its tokens let in by its last keys, until these are too old to be trusted", async () => {
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
