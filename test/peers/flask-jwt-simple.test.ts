/** A migration from flask_jwt_simple: PyJWT's tokens, the documented entry, both transports. */
import { AuthManager, memorySessionStore } from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ISSUER, SECRET } from "../support/create-auth.ts";
import { describeWithService } from "../support/describe-with-service.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { serveBoth } from "../support/serve-both.ts";
import { readTrustEntries } from "../support/trust-entries.ts";
import { PyJwt, whyNoPyJwt } from "./pyjwt-peer.ts";

const FLASK_SECRET = "flask-secret";
const [, ENTRY] =
  readTrustEntries({ publicJwk: {}, base64urlOfTheSecret: Buffer.from(FLASK_SECRET).toString("base64url") }).find(
    ([, { issuer }]) => issuer === null,
  ) ?? [];
const SWITCH = ENTRY?.issuedBefore ?? 0;
const HOUR = 3600;

/** The new server: own keys and sessions, and the entry for the old tokens. */
function migrate(): { readonly auth: AuthManager; readonly clock: TestClock } {
  if (!ENTRY) throw new Error("The page has no entry with issuer: null");
  const clock = createTestClock(SWITCH - HOUR);
  const auth = new AuthManager({
    issuer: ISSUER,
    algorithm: "HS256",
    secret: SECRET,
    sessions: memorySessionStore(),
    trust: [ENTRY],
    allowWeakSecret: true,
    now: clock.now,
  });
  return { auth, clock };
}

describeWithService("a migration from flask_jwt_simple", whyNoPyJwt, () => {
  let peer: PyJwt;
  beforeAll(() => {
    peer = new PyJwt();
  });
  afterAll(() => peer.close());

  /** A token as `create_jwt` writes it, with what `jwt_data_loader` and the test add. */
  const createJwt = (
    iat: number,
    over: Readonly<Record<string, unknown>> = {},
    secret = FLASK_SECRET,
  ): Promise<string> => peer.encode({ exp: iat + HOUR, iat, nbf: iat, sub: "ada", ...over }, secret, "HS256");
  const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it("logs no one out, and ends an hour after the switch", async () => {
    const { auth, clock } = migrate();
    const both = await serveBoth(auth);
    const before = await createJwt(SWITCH - HOUR);
    const last = await createJwt(SWITCH, { roles: ["editor"] });
    expect(await both.ask(bearing(before))).toMatchObject({ verdict: "ada", status: 200 });

    clock.set(SWITCH);
    const { authToken } = await auth.login("ada");
    expect(await both.ask(bearing(last))).toMatchObject({ verdict: "ada", status: 200 });
    expect(await both.ask(bearing(authToken))).toMatchObject({ verdict: "ada", status: 200 });
    expect(await both.ask(bearing(before))).toMatchObject({ verdict: "TOKEN_EXPIRED", status: 401 });

    clock.set(SWITCH + HOUR - 1);
    expect(await both.ask(bearing(last))).toMatchObject({ verdict: "ada", status: 200 });
    const late = await createJwt(SWITCH + 1, { exp: SWITCH + 9 * HOUR });
    expect(await both.ask(bearing(late))).toMatchObject({ verdict: "CLAIM_INVALID", status: 401 });
    clock.set(SWITCH + HOUR);
    expect(await both.ask(bearing(last))).toMatchObject({ verdict: "TOKEN_EXPIRED", status: 401 });
  });

  it("gives an old token no session and no issuer", async () => {
    const { auth } = migrate();
    const token = await createJwt(SWITCH - HOUR, { roles: ["editor"], admin: true });
    const { claims, iss, sid } = await auth.verify(token);
    expect([claims, iss, sid]).toEqual([
      { exp: SWITCH, iat: SWITCH - HOUR, nbf: SWITCH - HOUR, sub: "ada", roles: ["editor"], type: "auth" },
      undefined,
      undefined,
    ]);
    expect(await refusalOf(auth.refresh(token))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["of an integer identity", { sub: 42 }, "42"],
    ["with an audience, as of jwt_data_loader", { aud: "web" }, "ada"],
    ["without exp, as of JWT_EXPIRES = False", { exp: undefined }, "CLAIM_MISSING"],
    ["of an identity that is an object", { sub: { id: 1 } }, "CLAIM_INVALID"],
    ["with the issuer null", { iss: null }, "CLAIM_MISSING"],
    ["with the issuer of the new server", { iss: ISSUER, type: "auth" }, "SIGNATURE_INVALID"],
    ["with an unknown issuer", { iss: "flask" }, "ISSUER_INVALID"],
    ["of Flask-JWT-Extended for a refresh", { type: "refresh" }, "TOKEN_TYPE_INVALID"],
    ["with a nonce", { nonce: "n" }, "TOKEN_TYPE_INVALID"],
  ])("has one verdict on both transports for a token %s", async (_, over, verdict) => {
    const both = await serveBoth(migrate().auth);
    const token = await createJwt(SWITCH - HOUR, over);
    expect(await both.ask(bearing(token))).toMatchObject({ verdict, status: /^[A-Z_]+$/.test(verdict) ? 401 : 200 });
  });

  it("rejects a token of another secret", async () => {
    const both = await serveBoth(migrate().auth);
    const token = await createJwt(SWITCH - HOUR, {}, "another-secret");
    expect(await both.ask(bearing(token))).toMatchObject({ verdict: "SIGNATURE_INVALID", status: 401 });
  });
});
