/** The wire format: tokens from Flask_PyJWT are accepted, and issued tokens have the same form. */
import { JWT } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const ISSUER = "https://flask.example";
const SECRET = "flask-secret-of-exactly-32-bytes";
const HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

// PyJWT wrote these tokens with Flask_PyJWT's claims, in its order; they are valid until 2100.
const FLASK = {
  withDict: `${HEADER}.eyJpc3MiOiJodHRwczovL2ZsYXNrLmV4YW1wbGUiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMCwic3ViIjoiYWRhIiwidHlwZSI6ImF1dGgiLCJzY29wZSI6eyJhZG1pbiI6dHJ1ZX0sInBsYW4iOiJwcm8ifQ.h-sUJkjoopTQcYZ6eNqR6tNuBcaTqwO5TGeUyECeReQ`,
  withInteger: `${HEADER}.eyJpc3MiOiJodHRwczovL2ZsYXNrLmV4YW1wbGUiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMCwic3ViIjo3LCJ0eXBlIjoiYXV0aCIsInNjb3BlIjoicmVhZCB3cml0ZSJ9.iO302AlAOLkC0x-J9nPdcYH3LcoWN_I2ff-z0uwrXCU`,
  refresh: `${HEADER}.eyJyaWQiOiJkR2hwY3lCcGN5QXhNamdnWW1sMGN3IiwiaXNzIjoiaHR0cHM6Ly9mbGFzay5leGFtcGxlIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDAsInN1YiI6ImFkYSIsInR5cGUiOiJyZWZyZXNoIn0.BEsus2vN530CGv_sCiACjyQ0vpVBo-Ex4_Jy1eVNxUc`,
  plain: `${HEADER}.eyJpc3MiOiJodHRwczovL2ZsYXNrLmV4YW1wbGUiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMCwic3ViIjoiYWRhIiwidHlwZSI6ImF1dGgifQ.GMkf-PUpr2fh6xYhRLdd1k1epC0YpwCe3Fu5TOSlumU`,
  escaped: `${HEADER}.eyJpc3MiOiJodHRwczovL2ZsYXNrLmV4YW1wbGUiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMCwic3ViIjoiYWRcdTAwZTQiLCJ0eXBlIjoiYXV0aCIsInNjb3BlIjp7ImFkbWluIjp0cnVlfX0.CHpPSCdwABDa_G7QvLFuW0Y0M838f7ReOr1WoZz8vpU`,
  expired: `${HEADER}.eyJpc3MiOiJodHRwczovL2ZsYXNrLmV4YW1wbGUiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMCwic3ViIjoiYWRhIiwidHlwZSI6ImF1dGgifQ.sAbHZTGZ2F3ZGzVhM19ZziO0qy6KiaGnSAhPw3G45wE`,
};
const { auth } = createAuth({ issuer: ISSUER, secret: SECRET });
const times = { iss: ISSUER, iat: 1_700_000_000, exp: 4_102_444_800 };

describe("a token from Flask_PyJWT", () => {
  it.each([
    [
      "with a dict as scope",
      FLASK.withDict,
      { ...times, sub: "ada", type: "auth", scope: { admin: true }, plan: "pro" },
    ],
    [
      "with an integer subject and a scope of words",
      FLASK.withInteger,
      { ...times, sub: 7, type: "auth", scope: "read write" },
    ],
    ["without a scope", FLASK.plain, { ...times, sub: "ada", type: "auth" }],
    ["with an escaped letter", FLASK.escaped, { ...times, sub: "adä", type: "auth", scope: { admin: true } }],
  ])("%s is accepted", async (_, token, claims) => {
    const jwt = await auth.verify(token);
    expect(jwt.claims).toEqual(claims);
    expect([jwt.sub, jwt.alg, jwt.typ, jwt.signed]).toEqual([String(claims.sub), "HS256", "JWT", token]);
    expect(JWT.fromSignedToken(token).claims).toEqual(claims);
  });

  it("of type refresh is accepted only as a refresh token", async () => {
    const jwt = await auth.verify(FLASK.refresh, { type: "refresh" });
    expect(jwt.claims).toEqual({ rid: "dGhpcyBpcyAxMjggYml0cw", ...times, sub: "ada", type: "refresh" });
    expect(await refusalOf(auth.verify(FLASK.refresh))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
  });

  it("is rejected when it has expired, and with another secret", async () => {
    expect(await refusalOf(auth.verify(FLASK.expired))).toMatchObject({ reason: "TOKEN_EXPIRED" });
    const { auth: other } = createAuth({ issuer: ISSUER, secret: "another secret of more than 32 bytes" });
    expect(await refusalOf(other.verify(FLASK.plain))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("gets the same verdicts from rules as in Flask_PyJWT", async () => {
    const verdicts = await Promise.all([
      verdictOf(auth, FLASK.withDict, { scope: { admin: true } }),
      verdictOf(auth, FLASK.plain, { scope: { admin: true } }),
      verdictOf(auth, FLASK.withInteger, { scope: "write" }),
      verdictOf(auth, FLASK.withInteger, { args: { sub: "id" } }, { args: { id: "7" } }),
      verdictOf(auth, FLASK.withInteger, { args: { sub: "id" } }, { args: { id: "8" } }),
      verdictOf(
        auth,
        FLASK.withDict,
        { args: { sub: "username" }, override: { "scope.admin": true } },
        { args: { username: "eve" } },
      ),
    ]);
    expect(verdicts).toEqual(["allowed", "SCOPE_INSUFFICIENT", "allowed", "allowed", "CLAIMS_INSUFFICIENT", "allowed"]);
  });
});

describe("a token that a manager issues", () => {
  const raw = (token: string): string[] =>
    token
      .split(".")
      .slice(0, 2)
      .map((part) => Buffer.from(part, "base64url").toString());

  it("of type auth has Flask_PyJWT's header, claims and order, as compact JSON", async () => {
    const { signed } = await auth.authToken("ada", { scope: { admin: true }, claims: { plan: "pro" } });
    expect(raw(signed)).toEqual([
      '{"alg":"HS256","typ":"JWT"}',
      `{"iss":"${ISSUER}","iat":${NOW},"exp":${NOW + 3600},"sub":"ada","type":"auth","scope":{"admin":true},"plan":"pro"}`,
    ]);
  });

  it("of type refresh has Flask_PyJWT's header, claims and order", async () => {
    const jwt = await auth.refreshToken(7);
    expect(raw(jwt.signed)).toEqual([
      '{"alg":"HS256","typ":"JWT"}',
      `{"rid":"${jwt.claims.rid}","iss":"${ISSUER}","iat":${NOW},"exp":${NOW + 604_800},"sub":7,"type":"refresh"}`,
    ]);
  });

  it("equals the token that Flask_PyJWT writes for the same claims, byte for byte", async () => {
    const { auth: then } = createAuth({ issuer: ISSUER, secret: SECRET, now: () => times.iat });
    const maxAge = times.exp - times.iat;
    const options = { scope: { admin: true }, claims: { plan: "pro" }, maxAge };
    expect((await then.authToken("ada", options)).signed).toBe(FLASK.withDict);
    expect((await then.authToken(7, { scope: "read write", maxAge })).signed).toBe(FLASK.withInteger);
    expect((await then.authToken("ada", { maxAge })).signed).toBe(FLASK.plain);
  });
});
