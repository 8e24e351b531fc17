/** Invalid tokens: `verify` and Fetch requests reject each of them for its one reason. */
import { InvalidTokenError } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { fetchGuarded } from "../../support/fetch-guarded.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { ACCEPTED, REFRESH_TOKEN, REFUSED, SENDABLE } from "./refusal-cases.ts";

const { auth } = createAuth();
const send = fetchGuarded(auth);

watchRejections();

describe("verify", () => {
  it.each(REFUSED)("rejects %s: %s", async (_, reason, token) => {
    const error = await refusalOf(auth.verify(token));
    expect(error).toBeInstanceOf(InvalidTokenError);
    expect(error).toMatchObject({ reason });
    expect(await auth.verifyToken(token)).toBe(token === REFRESH_TOKEN);
  });

  it.each(ACCEPTED)("accepts %s", async (_, token) => {
    expect((await auth.verify(token)).isSigned()).toBe(true);
  });

  it.each([
    "\n",
    "\r\n",
    "\u2028",
    "\0",
  ])("rejects a token with a line break or NUL in or around it (%j)", async (text) => {
    const token = forge();
    for (const odd of [`${token}${text}`, `${text}${token}`, token.replace(".", `${text}.`)]) {
      expect(await refusalOf(auth.verify(odd))).toMatchObject({ reason: "TOKEN_MALFORMED" });
    }
  });

  it("rejects a value that is not a text", async () => {
    for (const token of [undefined, null, 5, {}, ["a.b.c"]]) {
      expect(await refusalOf(auth.verify(token as never))).toMatchObject({ reason: "TOKEN_MALFORMED" });
      expect(await auth.verifyToken(token as never)).toBe(false);
    }
  });
});

describe("a Fetch request", () => {
  it.each(SENDABLE)("is rejected with %s: %s", async (_, reason, token) => {
    const answer = await send({ authorization: `Bearer ${token}` });
    expect(answer).toMatchObject({ status: 401, reason });
    expect(answer.challenge).toMatch(/^Bearer error="invalid_token", error_description="[^"]+"$/);
    // A short token may occur in the answer by chance.
    expect(token.length > 40 && JSON.stringify(answer.body).includes(token.slice(0, 2000))).toBe(false);
  });

  it.each(ACCEPTED)("is accepted with %s", async (_, token) => {
    expect(await send({ authorization: `Bearer ${token}` })).toMatchObject({ status: 200, challenge: null });
  });

  it("is rejected without a token, with a challenge that names no error", async () => {
    expect(await send({})).toMatchObject({ status: 401, reason: "TOKEN_MISSING", challenge: "Bearer" });
  });

  it("is rejected with an auth token and accepted with a refresh token when the rule has type refresh", async () => {
    const sendRefresh = fetchGuarded(auth, { type: "refresh" });
    const refused = await sendRefresh({ authorization: `Bearer ${(await auth.authToken("ada")).signed}` });
    expect(refused).toMatchObject({ status: 401, reason: "TOKEN_TYPE_INVALID" });
    const allowed = await sendRefresh({ authorization: `Bearer ${(await auth.refreshToken("ada")).signed}` });
    expect(allowed.status).toBe(200);
  });
});
