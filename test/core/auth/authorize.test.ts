/** `authorize` at request time: rights kept elsewhere lie over the token, and are asked for once, when a guard needs them. */
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

describe("the rights", () => {
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

  it("leave the token's own scope and claims where they say nothing of them", async () => {
    expect(await verdict({}, { scope: "old", claims: { plan: "free" } })).toBe("allowed");
    expect(await verdict({ claims: { other: 1 } }, { scope: "old", claims: { plan: "free", other: 1 } })).toBe(
      "allowed",
    );
  });

  it("lie over the claims of the same name, whole", async () => {
    expect(await verdict({ claims: { plan: "pro" } }, { claims: { plan: "pro" } })).toBe("allowed");
    expect(await verdict({ claims: { plan: "pro" } }, { claims: { plan: "free" } })).toBe("CLAIMS_INSUFFICIENT");
    expect(await verdict({ claims: { own: { a: 1 } } }, { claims: { own: { b: 2 } } })).toBe("CLAIMS_INSUFFICIENT");
  });

  it("count for override, args and anyOf", async () => {
    expect(await verdict({ claims: { admin: true } }, { scope: "x", override: { admin: true } })).toBe("allowed");
    expect(await verdict({}, { scope: "x", override: { admin: true } })).toBe("SCOPE_INSUFFICIENT");
    expect(await verdict({ scope: "x" }, { anyOf: [{ scope: "x" }] })).toBe("allowed");
  });

  it("are seen in the token that a guard gives, deeply frozen, and not in what they were given as", async () => {
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

  it("are asked for with the subject as text, and the verified token", async () => {
    const { auth, authorize } = withRights({});
    await auth.forRequest({ token: forge({ payload: goodClaims({ sub: 7 }) }) }).require();
    expect(authorize).toHaveBeenCalledExactlyOnceWith("7", expect.objectContaining({ tokenType: "auth" }));
  });

  it("may be given at once, without a promise", async () => {
    const { auth } = createAuth({ authorize: () => ({ scope: "now" }), authorizeAt: "request" });
    expect((await auth.forRequest({ token }).require({ scope: "now" })).scope).toBe("now");
  });

  it("do not undo what the claims schema made of the token's claims", async () => {
    const claimsSchema = z.object({ plan: z.string().transform((text) => `<${text}>`) });
    const { auth } = createAuth({ claimsSchema: claimsSchema, authorize: () => ({}), authorizeAt: "request" });
    expect((await auth.verify(token)).claims).toMatchObject({ plan: "<free>" });
    expect((await auth.forRequest({ token }).require()).claims).toMatchObject({ plan: "<free>" });
  });
});

describe("no rights", () => {
  it("refuse with TOKEN_REVOKED", async () => {
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
      "a throw",
      () => {
        throw failure;
      },
    ],
    ["a rejection", () => Promise.reject(failure)],
    [
      "a thrown token error of its own",
      () => {
        throw Object.assign(new Error("x"), { reason: "TOKEN_REVOKED" });
      },
    ],
    ["nothing", undefined],
    ["a misspelt right", { scopes: "old" }],
    ["a scope that is undefined", { scope: undefined }],
    ["claims that are undefined", { scope: "old", claims: undefined }],
    ["text", "admin"],
    ["true", true],
    ["a list", []],
    ["a list of scopes", ["admin"]],
    ["claims that are null", { claims: null }],
    ["claims that are a list", { claims: ["admin"] }],
    ["claims that are text", { claims: "admin" }],
    ["claims with a function", { claims: { a: () => 1 } }],
    ["a scope that is a function", { scope: () => "a" }],
    ...["iss", "sub", "aud", "exp", "iat", "type", "scope", "sid", "rid"].map(
      (name) => [`a claim ${name}`, { claims: { [name]: "x" } }] as const,
    ),
  ] as readonly (readonly [string, unknown])[])("because of %s are STORE_UNAVAILABLE", async (_, answer) => {
    const { auth } = withRights(answer);
    const error = await refusalOf(auth.forRequest({ token }).require());
    expect(error).toMatchObject({ name: "AuthError", status: 503, reason: "STORE_UNAVAILABLE" });
    expect(await fetchGuarded(auth)({ authorization: `Bearer ${token}` })).toMatchObject({
      status: 503,
      reason: "STORE_UNAVAILABLE",
      challenge: null,
    });
  });

  it("keep what was thrown as the cause", async () => {
    const { auth } = withRights(() => Promise.reject(failure));
    expect(await refusalOf(auth.forRequest({ token }).require())).toMatchObject({ cause: failure });
  });

  it("because of claims that do not fit the schema let nobody in", async () => {
    const claimsSchema = z.object({ plan: z.enum(["free", "pro"]) });
    const make = (plan: string) =>
      createAuth({ claimsSchema, authorize: () => ({ claims: { plan: plan as "pro" } }), authorizeAt: "request" }).auth;
    expect(await refusalOf(make("gold").forRequest({ token }).require())).toMatchObject({ status: 503 });
    expect((await make("pro").forRequest({ token }).require()).claims.plan).toBe("pro");
  });
});

describe("authorize is asked", () => {
  it("once per request, also by guards that ask at the same time", async () => {
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

  it("once per request where it fails, and again for the next", async () => {
    const { auth, authorize } = withRights(() => Promise.reject(new Error("x")));
    const request = auth.forRequest({ token });
    for (let i = 0; i < 3; i++) expect(await refusalOf(request.require())).toMatchObject({ status: 503 });
    expect(authorize).toHaveBeenCalledTimes(1);
    await refusalOf(auth.forRequest({ token }).require());
    expect(authorize).toHaveBeenCalledTimes(2);
  });

  it("anew for each request, so that what it says now counts", async () => {
    let scope = "a";
    const { auth } = withRights(() => ({ scope }));
    expect((await auth.forRequest({ token }).require({ scope: "a" })).scope).toBe("a");
    scope = "b";
    expect(await refusalOf(auth.forRequest({ token }).require({ scope: "a" }))).toMatchObject({
      reason: "SCOPE_INSUFFICIENT",
    });
  });

  it("not without a guard, and not for a token that is missing or bad", async () => {
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

  it("and leaves no rejection behind that nobody waits for", async () => {
    const { auth } = withRights(() => Promise.reject(new Error("x")));
    void auth
      .forRequest({ token })
      .require()
      .catch(() => undefined);
  });
});
