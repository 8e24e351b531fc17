/** `authorize` at request time: how rights change a token, and when `authorize` is called. */
import type { Authorize, Rights, Rule } from "claimgate";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { fetchGuarded } from "../../support/fetch-guarded.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";

watchRejections();

const withRights = (answer: unknown) => {
  const authorize = vi.fn<Authorize>(async () => (typeof answer === "function" ? answer() : answer) as Rights | null);
  return { authorize, auth: createAuth({ authorize, authorizeAt: "request" }).auth };
};
const token = forge({ payload: goodClaims({ scope: "old", plan: "free", own: { a: 1, b: 2 } }) });

describe("the rights that authorize returns", () => {
  const verdict = async (answer: unknown, rule: Rule): Promise<string> => {
    const { auth } = withRights(answer);
    return auth
      .forRequest({ token })
      .require(rule)
      .then(
        () => "allowed",
        (error: { reason: string }) => error.reason,
      );
  };

  it("replace the scope", async () => {
    expect(await verdict({ scope: "new" }, { scope: "new" })).toBe("allowed");
    expect(await verdict({ scope: "new" }, { scope: "old" })).toBe("SCOPE_INSUFFICIENT");
    expect(await verdict({ scope: null }, { scope: "old" })).toBe("SCOPE_INSUFFICIENT");
  });

  it("leave out scope or claims, and the token's own remain", async () => {
    expect(await verdict({}, { scope: "old", claims: { plan: "free" } })).toBe("allowed");
    expect(await verdict({ claims: { other: 1 } }, { scope: "old", claims: { plan: "free", other: 1 } })).toBe(
      "allowed",
    );
  });

  it("replace whole claims of the same name", async () => {
    expect(await verdict({ claims: { plan: "pro" } }, { claims: { plan: "pro" } })).toBe("allowed");
    expect(await verdict({ claims: { plan: "pro" } }, { claims: { plan: "free" } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await verdict({ claims: { own: { a: 1 } } }, { claims: { own: { b: 2 } } })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("apply to override, args and anyOf", async () => {
    expect(await verdict({ claims: { admin: true } }, { scope: "x", override: { admin: true } })).toBe("allowed");
    expect(await verdict({}, { scope: "x", override: { admin: true } })).toBe("SCOPE_INSUFFICIENT");
    expect(await verdict({ scope: "x" }, { anyOf: [{ scope: "x" }] })).toBe("allowed");
  });

  it("appear deeply frozen in the token that a guard returns, without freezing the returned rights", async () => {
    const given = { scope: { admin: true }, claims: { plan: "pro", deep: { list: [1] } } };
    const { auth } = withRights(given);
    const request = auth.forRequest({ token });
    const jwt = await request.require();
    expect(jwt.claims).toEqual({
      ...goodClaims(),
      scope: { admin: true },
      plan: "pro",
      own: { a: 1, b: 2 },
      deep: { list: [1] },
    });
    expect([jwt.claims, jwt.scope, jwt.claims["deep"]].every(Object.isFrozen)).toBe(true);
    expect([given.scope, given.claims.deep].some(Object.isFrozen)).toBe(false);
    expect(jwt.signed).toBe(token);
    expect(request.token).toBe(jwt);
    expect((await auth.verify(token)).claims).toMatchObject({ plan: "free", scope: "old" });
  });

  it("are requested with the subject as text and the verified token", async () => {
    const { auth, authorize } = withRights({});
    await auth.forRequest({ token: forge({ payload: goodClaims({ sub: 7 }) }) }).require();
    expect(authorize).toHaveBeenCalledExactlyOnceWith("7", expect.objectContaining({ tokenType: "auth" }));
  });

  it("may be returned synchronously", async () => {
    const { auth } = createAuth({ authorize: () => ({ scope: "now" }), authorizeAt: "request" });
    expect((await auth.forRequest({ token }).require({ scope: "now" })).scope).toBe("now");
  });

  it("keep the claims that the claims schema transformed", async () => {
    const claimsSchema = z.object({ plan: z.string().transform((text) => `<${text}>`) });
    const { auth } = createAuth({ claimsSchema: claimsSchema, authorize: () => ({}), authorizeAt: "request" });
    expect((await auth.verify(token)).claims).toMatchObject({ plan: "<free>" });
    expect((await auth.forRequest({ token }).require()).claims).toMatchObject({ plan: "<free>" });
  });
});

describe("a guard whose authorize function", () => {
  it("returns null rejects with TOKEN_REVOKED", async () => {
    const { auth } = withRights(null);
    expect(await refusalOf(auth.forRequest({ token }).require())).toMatchObject({
      name: "UnauthorizedError",
      status: 401,
      reason: "TOKEN_REVOKED",
      cause: { name: "RevokedTokenError" },
    });
    expect(await refusalOf(auth.forRequest({ token }).authenticate())).toMatchObject({ reason: "TOKEN_REVOKED" });
    expect(await fetchGuarded(auth)({ authorization: `Bearer ${token}` })).toMatchObject({
      status: 401,
      reason: "TOKEN_REVOKED",
    });
  });

  const failure = new Error("connection lost");
  it.each([
    [
      "throws",
      () => {
        throw failure;
      },
    ],
    ["rejects", () => Promise.reject(failure)],
    [
      "throws an error with a reason",
      () => {
        throw Object.assign(new Error("x"), { reason: "TOKEN_REVOKED" });
      },
    ],
  ] as readonly (readonly [string, unknown])[])("%s fails with STORE_UNAVAILABLE", async (_, answer) => {
    const { auth } = withRights(answer);
    const error = await refusalOf(auth.forRequest({ token }).require());
    expect(error).toMatchObject({ name: "AuthError", status: 503, reason: "STORE_UNAVAILABLE" });
    expect(await fetchGuarded(auth)({ authorization: `Bearer ${token}` })).toMatchObject({
      status: 503,
      reason: "STORE_UNAVAILABLE",
      challenge: null,
    });
  });

  it.each([
    ["returns undefined", undefined],
    ["returns a misspelt right", { scopes: "old" }],
    ["returns an undefined scope", { scope: undefined }],
    ["returns undefined claims", { scope: "old", claims: undefined }],
    ["returns text", "admin"],
    ["returns true", true],
    ["returns a list", []],
    ["returns a list of scopes", ["admin"]],
    ["returns null claims", { claims: null }],
    ["returns a list as claims", { claims: ["admin"] }],
    ["returns text as claims", { claims: "admin" }],
    ["returns claims with a function", { claims: { a: () => 1 } }],
    ["returns a function as scope", { scope: () => "a" }],
    ...["iss", "sub", "aud", "exp", "iat", "type", "scope", "sid", "rid"].map(
      (name) => [`returns a claim ${name}`, { claims: { [name]: "x" } }] as const,
    ),
  ] as readonly (readonly [string, unknown])[])("%s fails as a mistake of the application", async (_, answer) => {
    const { auth } = withRights(answer);
    expect(await refusalOf(auth.forRequest({ token }).require())).toMatchObject({ name: "TypeError" });
    expect(await fetchGuarded(auth)({ authorization: `Bearer ${token}` })).toMatchObject({
      status: 500,
      challenge: null,
    });
  });

  it("rejects keeps the rejection as the cause", async () => {
    const { auth } = withRights(() => Promise.reject(failure));
    expect(await refusalOf(auth.forRequest({ token }).require())).toMatchObject({ cause: failure });
  });

  it("returns claims that the schema rejects fails as a mistake of the application", async () => {
    const claimsSchema = z.object({ plan: z.enum(["free", "pro"]) });
    const make = (plan: string) =>
      createAuth({ claimsSchema, authorize: () => ({ claims: { plan: plan as "pro" } }), authorizeAt: "request" }).auth;
    expect(await refusalOf(make("gold").forRequest({ token }).require())).toMatchObject({
      name: "TypeError",
      message:
        "authorize must return claims that match claimsSchema, together with those of the token or login: return others, or widen it",
    });
    expect((await make("pro").forRequest({ token }).require()).claims.plan).toBe("pro");
  });
});

describe("authorize", () => {
  it("is called once per request, also by concurrent guards", async () => {
    const { auth, authorize } = withRights({ scope: "new" });
    const request = auth.forRequest({ token });
    await Promise.all([
      request.require(),
      request.require({ scope: "new" }),
      request.authenticate(),
      refusalOf(request.require({ scope: "x" })),
    ]);
    await request.require();
    expect(authorize).toHaveBeenCalledTimes(1);
  });

  it("is called once per request when it fails, and again for the next request", async () => {
    const { auth, authorize } = withRights(() => Promise.reject(new Error("x")));
    const request = auth.forRequest({ token });
    for (let i = 0; i < 3; i++) expect(await refusalOf(request.require())).toMatchObject({ status: 503 });
    expect(authorize).toHaveBeenCalledTimes(1);
    await refusalOf(auth.forRequest({ token }).require());
    expect(authorize).toHaveBeenCalledTimes(2);
  });

  it("is called again for each request, so that changed rights apply", async () => {
    let scope = "a";
    const { auth } = withRights(() => ({ scope }));
    expect((await auth.forRequest({ token }).require({ scope: "a" })).scope).toBe("a");
    scope = "b";
    expect(await refusalOf(auth.forRequest({ token }).require({ scope: "a" }))).toMatchObject({
      reason: "SCOPE_INSUFFICIENT",
    });
  });

  it("is not called without a guard, or when the token is missing or invalid", async () => {
    const { auth, authorize } = withRights({});
    const request = auth.forRequest({ token });
    expect(request.token).toBeNull();
    await auth.verify(token);
    await auth.authToken("ada");
    await auth.forRequest().require({ optional: true });
    await refusalOf(auth.forRequest().require());
    await refusalOf(auth.forRequest({ token: forge({ payload: goodClaims({ exp: NOW }) }) }).require());
    await refusalOf(auth.forRequest({ token }).require({ type: "refresh" }));
    expect(authorize).not.toHaveBeenCalled();
  });

  it("leaves no unhandled rejection when the caller ignores a failed guard", async () => {
    const { auth } = withRights(() => Promise.reject(new Error("x")));
    void auth
      .forRequest({ token })
      .require()
      .catch(() => undefined);
  });
});
