/** Session tokens in PyJWT, and refresh tokens of Python that claimgate adopts as sessions. */
import { AuthManager, type AuthManagerOptions, memorySessionStore } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithService } from "../support/describe-with-service.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { makeTextKeys } from "./pem-keys.ts";
import { PyJwt, whyNoPyJwt } from "./pyjwt-peer.ts";

const KEYS = makeTextKeys();
const OTHER_KEYS = makeTextKeys();
const ISSUER = "https://issuer.example";
const SUBJECTS = [
  ["text", "ada"],
  ["an integer", 7],
] as const;
// 128 random bits, as Flask_PyJWT writes them.
const RID = "dGhpcyBpcyAxMjggYml0cw";

describeWithService("PyJWT as a peer of sessions", whyNoPyJwt, () => {
  let peer: PyJwt;
  beforeAll(() => {
    peer = new PyJwt();
  });
  afterAll(() => peer.close());

  describe.each(["HS256", "ES256", "RS256"] as const)("%s", (algorithm) => {
    const { sign, verify } = KEYS[algorithm];
    // PyJWT uses the real time, so the manager's clock begins with it.
    const open = (over: AuthManagerOptions = {}) => {
      const clock = createTestClock();
      const key =
        algorithm === "HS256" ? { algorithm, secret: sign } : { algorithm, privateKey: sign, publicKey: verify };
      const sessions = memorySessionStore();
      const auth = new AuthManager({ issuer: ISSUER, ...key, sessions, now: clock.now, ...over });
      return { auth, clock };
    };

    /**
     * Decodes with PyJWT, which from 2.10 on accepts an integer subject only if it does not verify
     * it.
     */
    const readThere = async (token: string, key: string = verify) =>
      peer.ask({
        decode: token,
        key,
        algorithms: [algorithm],
        options: { issuer: ISSUER, options: { verify_sub: false, require: ["iss", "iat", "exp", "sub", "type"] } },
      });

    it.each(SUBJECTS)("PyJWT reads a session's tokens, with a subject that is %s", async (_, sub) => {
      const { auth, clock } = open();
      const pair = await auth.login(sub, { scope: { admin: true }, claims: { plan: "pro" } });
      const next = await auth.refresh(pair.refreshToken);
      const now = clock.now();
      const header = { alg: algorithm, typ: "JWT" };
      const [session] = await auth.sessions(sub);
      for (const { authToken, refreshToken } of [pair, next]) {
        const of = { iss: ISSUER, sub, sid: session?.id, iat: now };
        expect(await readThere(authToken)).toEqual({
          claims: { ...of, exp: now + 3600, type: "auth", scope: { admin: true }, plan: "pro" },
          header,
        });
        expect(await readThere(refreshToken)).toEqual({
          claims: { ...of, exp: now + 604_800, type: "refresh", rid: expect.stringMatching(/^[\w-]{22}$/) },
          header,
        });
      }
      expect(await readThere(next.authToken, OTHER_KEYS[algorithm].verify)).toMatchObject({
        error: "InvalidSignatureError",
      });
    });

    it.each(
      SUBJECTS,
    )("a refresh token of Flask_PyJWT becomes a session, once, with a subject that is %s", async (_, sub) => {
      const { auth, clock } = open({ adoptRefresh: true, refreshGrace: 0 });
      const claims = { iss: ISSUER, iat: clock.now(), exp: clock.now() + 600, sub, type: "refresh", rid: RID };
      const theirs = await peer.encode(claims, sign, algorithm);
      expect((await auth.verify(theirs, { type: "refresh" })).claims).toEqual(claims);
      expect(await auth.sessions(sub)).toEqual([]);

      const pair = await auth.refresh(theirs);
      const [session, ...others] = await auth.sessions(sub);
      expect(others).toEqual([]);
      const now = clock.now();
      const of = { iss: ISSUER, sub, sid: session?.id, iat: now };
      expect((await readThere(pair.authToken)).claims).toEqual({ ...of, exp: now + 3600, type: "auth" });
      const refreshed = (await readThere(pair.refreshToken)).claims;
      expect(refreshed).toEqual({ ...of, exp: now + 604_800, type: "refresh", rid: expect.any(String) });
      expect(refreshed?.["rid"]).not.toBe(RID);

      expect(await refusalOf(auth.refresh(theirs))).toMatchObject({ reason: "TOKEN_REUSED", status: 401 });
      expect(await refusalOf(auth.refresh(pair.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED", status: 401 });
      expect(await auth.sessions(sub)).toEqual([]);
      expect(await refusalOf(auth.refresh(theirs))).toMatchObject({ reason: "TOKEN_REVOKED", status: 401 });
      const another = await peer.encode({ ...claims, rid: "YW5vdGhlciByYW5kb20gaWQ" }, sign, algorithm);
      expect(await auth.refresh(another)).toMatchObject({ expiresIn: 3600 });
    });

    it("Python's token is rejected without the option, and when it is of another type, late or forged", async () => {
      const { auth, clock } = open({ adoptRefresh: true });
      const claims = { iss: ISSUER, iat: clock.now(), exp: clock.now() + 600, sub: "ada", type: "refresh", rid: RID };
      const good = await peer.encode(claims, sign, algorithm);
      expect(await refusalOf(open().auth.refresh(good))).toMatchObject({ reason: "CLAIM_MISSING", status: 401 });

      const { rid: _rid, ...withoutRid } = claims;
      const cases: [reason: string, claims: Record<string, unknown>, key?: string][] = [
        ["TOKEN_TYPE_INVALID", { ...claims, type: "auth" }],
        ["CLAIM_MISSING", withoutRid],
        ["CLAIM_MISSING", { ...claims, rid: 7 }],
        ["TOKEN_EXPIRED", { ...claims, exp: clock.now() }],
        ["ISSUER_INVALID", { ...claims, iss: "https://other.example" }],
        ["SIGNATURE_INVALID", claims, OTHER_KEYS[algorithm].sign],
      ];
      for (const [reason, changed, key = sign] of cases) {
        const token = await peer.encode(changed, key, algorithm);
        expect(await refusalOf(auth.refresh(token))).toMatchObject({ reason, status: 401 });
      }
      expect(await auth.sessions("ada")).toEqual([]);
      expect(await auth.refresh(good)).toMatchObject({ expiresIn: 3600 });
    });

    it("Python's refresh token can be revoked before it becomes a session", async () => {
      const { auth, clock } = open({ adoptRefresh: true });
      const claims = { iss: ISSUER, iat: clock.now(), exp: clock.now() + 600, sub: "ada", type: "refresh", rid: RID };
      const theirs = await peer.encode(claims, sign, algorithm);
      await auth.revoke({ token: theirs });
      expect(await refusalOf(auth.refresh(theirs))).toMatchObject({ reason: "TOKEN_REVOKED", status: 401 });
      expect(await refusalOf(auth.verify(theirs, { type: "refresh" }))).toMatchObject({ reason: "TOKEN_REVOKED" });
    });
  });
});
