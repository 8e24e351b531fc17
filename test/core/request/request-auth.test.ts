/** `RequestAuth` from `forRequest`: the caller, the token before and after guards, and errors. */
import { AuthError, isAuthError, JWT, RequestAuth } from "claimgate";
import { InvalidTokenError } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const { auth } = createAuth();

describe("forRequest", () => {
  it("returns an anonymous request without arguments", async () => {
    const request = auth.forRequest();
    expect(request).toBeInstanceOf(RequestAuth);
    expect(request.token).toBeNull();
    expect(await request.authenticate()).toBeNull();
    expect(await refusalOf(request.require())).toMatchObject({ status: 401, reason: "TOKEN_MISSING" });
  });

  it("accepts a token as text or as a JWT, and verifies both", async () => {
    const jwt = await auth.authToken("ada");
    for (const token of [jwt, jwt.signed]) expect((await auth.forRequest({ token }).require()).sub).toBe("ada");
    const read = JWT.fromSignedToken(forge({ secret: "x".repeat(40) }));
    expect(await refusalOf(auth.forRequest({ token: read }).require())).toMatchObject({ reason: "SIGNATURE_INVALID" });
    const unsigned = new JWT("auth", "ada");
    expect(await refusalOf(auth.forRequest({ token: unsigned }).require())).toMatchObject({
      reason: "TOKEN_MALFORMED",
    });
  });

  it("treats a given token as a credential from the header", async () => {
    const request = auth.forRequest({ token: forge() });
    expect((await request.require({ location: "header" })).sub).toBe("ada");
    expect(await refusalOf(request.require({ location: "cookies" }))).toMatchObject({ reason: "TOKEN_MISSING" });
  });

  it("never throws for an invalid token; guards and authenticate reject it", async () => {
    for (const token of ["", "x", "a.b.c", "x".repeat(1e6)]) {
      const request = auth.forRequest({ token });
      expect(request.token).toBeNull();
      for (const ask of [
        () => request.require(),
        () => request.authenticate(),
        () => request.require({ optional: true }),
      ]) {
        expect(await refusalOf(ask)).toMatchObject({ status: 401, reason: "TOKEN_MALFORMED" });
      }
      expect(request.token).toBeNull();
    }
  });
});

describe("the token of a request", () => {
  it("is null until a guard or authenticate verifies it, and the same JWT afterwards", async () => {
    const request = auth.forRequest({ token: forge() });
    expect(request.token).toBeNull();
    const jwt = await request.authenticate();
    expect(jwt?.sub).toBe("ada");
    expect(request.token).toBe(jwt);
    expect(await request.require()).toBe(jwt);
  });

  it("remains available when only the rule was rejected", async () => {
    const request = auth.forRequest({ token: forge() });
    await refusalOf(request.require({ scope: "x" }));
    expect(request.token?.sub).toBe("ada");
  });

  it("is null again once it has expired, and guards reject it", async () => {
    const { auth, clock } = createAuth();
    const request = auth.forRequest({ token: forge() });
    await request.require();
    clock.set(NOW + 59);
    expect(request.token?.sub).toBe("ada");
    expect((await request.authenticate())?.sub).toBe("ada");
    clock.set(NOW + 60);
    expect(request.token).toBeNull();
    for (const ask of [() => request.require(), () => request.authenticate()]) {
      expect(await refusalOf(ask)).toMatchObject({ status: 401, reason: "TOKEN_EXPIRED" });
    }
  });

  it("expires too when authorize replaced its rights", async () => {
    const { auth: manager, clock } = createAuth({ authorize: () => ({ scope: "a" }), authorizeAt: "request" });
    const request = manager.forRequest({ token: forge() });
    await request.require({ scope: "a" });
    expect(request.token?.scope).toBe("a");
    clock.set(NOW + 60);
    expect(request.token).toBeNull();
    expect(await refusalOf(request.require({ scope: "a" }))).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });

  it("is null while its verification is pending", async () => {
    const { auth: asking } = createAuth({ authorizeAt: "request", authorize: async () => ({}) });
    const request = asking.forRequest({ token: forge() });
    const pending = request.require();
    expect(request.token).toBeNull();
    await pending;
    expect(request.token?.sub).toBe("ada");
  });

  it("is null beside a verified refresh cookie, without an auth cookie and with an unverified one", async () => {
    const { auth: local } = createAuth({ cookies: { auth: "t", refresh: "r" } });
    const cookie = `r=${forge({ payload: goodClaims({ type: "refresh" }) })}`;
    for (const more of ["", `; t=${forge()}`, `; t=${forge({ secret: "x".repeat(40) })}`]) {
      const request = local.forRequest({ headers: { cookie: `${cookie}${more}` }, method: "GET" });
      expect((await request.require({ type: "refresh" })).tokenType).toBe("refresh");
      expect(request.token).toBeNull();
    }
  });

  it("is never a refresh token", async () => {
    const request = auth.forRequest({ token: (await auth.refreshToken("ada")).signed });
    expect((await request.require({ type: "refresh" })).tokenType).toBe("refresh");
    expect(request.token).toBeNull();
    expect(await refusalOf(request.authenticate())).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
  });
});

describe("the error of a rejected request", () => {
  it("is an AuthError with a reason and the token error as its cause", async () => {
    const error = await refusalOf(auth.forRequest({ token: forge({ payload: goodClaims({ iss: "x" }) }) }).require());
    expect(error).toBeInstanceOf(AuthError);
    expect(isAuthError(error)).toBe(true);
    expect(error).toMatchObject({ name: "UnauthorizedError", status: 401, reason: "ISSUER_INVALID" });
    expect((error as AuthError).cause).toBeInstanceOf(InvalidTokenError);
  });

  it("is recognised when it comes from another copy of the package, and other values are not", () => {
    const foreign = Object.defineProperty(new Error("x"), Symbol.for("claimgate.AuthError"), { value: true });
    expect(isAuthError(foreign)).toBe(true);
    for (const other of [new Error("x"), { status: 401, reason: "TOKEN_MISSING" }, null, undefined, "x"]) {
      expect(isAuthError(other)).toBe(false);
    }
  });

  it("is not an AuthError when the clock fails", async () => {
    const { auth: failing } = createAuth({
      now: () => {
        throw new RangeError("no clock");
      },
    });
    const error = await refusalOf(failing.forRequest({ token: forge() }).require());
    expect(error).toBeInstanceOf(RangeError);
    expect(isAuthError(error)).toBe(false);
  });
});

it("isolates the tokens of concurrent requests", async () => {
  const subjects = Array.from({ length: 20 }, (_, i) => `user-${i}`);
  const seen = await Promise.all(
    subjects.map(async (sub) => {
      const request = auth.forRequest({ token: forge({ payload: goodClaims({ sub }) }) });
      await request.require();
      return request.token?.sub;
    }),
  );
  expect(seen).toEqual(subjects);
});
