/** Regressions of the core. */
import { generateKeyPairSync } from "node:crypto";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, AuthManager, defineRule, ForbiddenError, type JWT } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { expect, it } from "vitest";

const base = { issuer: "regression", algorithm: "HS256", secret: "r".repeat(32) } as const;
const auth = new AuthManager(base);
const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);

it("splits a header with a credential longer than two tokens, but not with more than 100 commas", async () => {
  const [commas, blanks] = [",".repeat(3_000_000), " ".repeat(3_000_000)];
  const [xs, good] = ["x".repeat(3_000_000), (await auth.authToken("u")).signed];
  for (const [authorization, reason] of [
    [`Bearer ${commas}`, "CREDENTIALS_AMBIGUOUS"],
    [`Basic ${commas}`, "CREDENTIALS_AMBIGUOUS"],
    [`Bearer ${xs}`, "TOKEN_MALFORMED"],
    [`Bearer ${xs}, Bearer ${good}`, "CREDENTIALS_AMBIGUOUS"],
    [`Basic ${xs}, Bearer ${good}, Bearer x`, "CREDENTIALS_AMBIGUOUS"],
    [`Basic ${xs}`, "TOKEN_MISSING"],
    [`Bearerx${blanks}`, "TOKEN_MISSING"],
  ] as const) {
    await expect(auth.forRequest({ headers: { authorization } }).require()).rejects.toMatchObject({ reason });
  }
  for (const authorization of [`${blanks}Bearer${blanks}${good}${blanks}`, `Basic ${xs},Bearer ${good}`])
    expect((await auth.forRequest({ headers: { authorization } }).require()).sub).toBe("u");
  const token = (await auth.authToken("u", { claims: { pad: "x".repeat(5_000) } })).signed;
  const twice = { authorization: `Bearer ${token}, Bearer ${token}` };
  expect((await auth.forRequest({ headers: twice }).require()).sub).toBe("u");
});

it("ignores cookies for a rule with location header", async () => {
  const manager = new AuthManager({ ...base, cookies: { auth: "a" } });
  const token = (await manager.authToken("u")).signed;
  const foreign = { cookie: `a=${token}`, "sec-fetch-site": "cross-site" };
  const twofold = { cookie: "a=1; a=2", "sec-fetch-site": "same-origin" };
  for (const headers of [foreign, twofold]) {
    const request = manager.forRequest({ headers, method: "POST" });
    await expect(request.require({ location: "header" })).rejects.toMatchObject({ reason: "TOKEN_MISSING" });
    expect(await request.require({ location: "header", optional: true })).toBeNull();
  }
  await expect(manager.forRequest({ headers: foreign, method: "POST" }).require()).rejects.toMatchObject({
    reason: "CSRF_REJECTED",
  });
  await expect(manager.forRequest({ headers: twofold, method: "POST" }).require()).rejects.toMatchObject({
    reason: "CREDENTIALS_AMBIGUOUS",
  });
});

it("rejects a public key that does not match the private key, at construction", () => {
  const [one, other] = [
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ];
  const config = { issuer: "i", algorithm: "ES256", privateKey: one.privateKey } as const;
  expect(() => new AuthManager({ ...config, publicKey: other.publicKey })).toThrow(
    expect.objectContaining({ configValue: "publicKey" }),
  );
  expect(() => new AuthManager({ ...config, publicKey: one.publicKey })).not.toThrow();
});

it("accepts a token after its nbf on a connection that has rejected it before", async () => {
  let now = 1_000;
  const manager = new AuthManager({ ...base, now: () => now });
  const token = (await manager.authToken("u", { claims: { nbf: 1_010 } })).signed;
  const socket = { readyState: 1, send: () => undefined };
  const req = { headers: { authorization: `Bearer ${token}` } };
  const ctx = await createTRPCContext(manager)({ req, res: socket });
  const caller = t.createCallerFactory(
    t.router({ me: protectedProcedure.query(({ ctx: { auth: seen } }) => seen.token.sub) }),
  )(ctx);
  await expect(caller.me()).rejects.toMatchObject({ cause: { reason: "TOKEN_NOT_YET_VALID" } });
  await expect(ctx.auth.require()).rejects.toMatchObject({ reason: "TOKEN_NOT_YET_VALID" });
  now = 1_020;
  expect(await caller.me()).toBe("u");
  expect((await ctx.auth.require()).sub).toBe("u");
});

it("accepts a JWT from another copy of the package", async () => {
  const copy = "../../src/core/manager/manager.ts?copy";
  const { AuthManager: Other } = (await import(/* @vite-ignore */ copy)) as { AuthManager: typeof AuthManager };
  const jwt: JWT = await new Other(base).authToken("u");
  expect(await auth.verifyToken(jwt)).toBe(true);
  expect((await auth.forRequest({ token: jwt }).require()).sub).toBe("u");
  expect(await new AuthManager({ ...base, issuer: "another" }).verifyToken(jwt)).toBe(false);
});

it("rejects a value that is not a token as malformed, not as missing", async () => {
  for (const token of [null, 7, {}, []]) {
    const request = auth.forRequest({ token: token as never });
    await expect(request.require({ optional: true })).rejects.toMatchObject({ reason: "TOKEN_MALFORMED" });
    expect(await auth.verifyToken(token as never)).toBe(false);
  }
});

it("rejects an argument of forRequest that is not a request, instead of an anonymous caller", async () => {
  const token = await auth.authToken("u");
  const headers = new Headers({ authorization: `Bearer ${token.signed}` });
  for (const input of [token.signed, token, headers, null, 7, [], [token]]) {
    expect(() => auth.forRequest(input as never)).toThrow(TypeError);
    expect(() => auth.forRequest(input as never)).toThrow(/^forRequest .*pass \{ token \} or \{ headers, method \}/);
  }
  for (const input of [{ token }, { headers }, new Request("https://x.example", { headers })])
    expect((await auth.forRequest(input).require()).sub).toBe("u");
  expect(await auth.forRequest({}).authenticate()).toBeNull();
});

it.each([
  ["header.scheme", { header: { scheme: undefined } }],
  ["cookies.auth", { cookies: { auth: undefined, refresh: "r" } }],
  ["csrf.origins", { csrf: { origins: undefined } }],
])("rejects an undefined nested option: %s", (configValue, options) => {
  expect(() => new AuthManager({ ...base, ...(options as object) })).toThrow(expect.objectContaining({ configValue }));
});

it.each([
  ["a Map", new Map()],
  ["a Date", new Date()],
])("rejects %s as rights from authorize", async (_, rights) => {
  const manager = new AuthManager({ ...base, authorize: () => rights as object, authorizeAt: "request" });
  const token = (await manager.authToken("u", { scope: "old" })).signed;
  const request = manager.forRequest({ token });
  await expect(request.require({ scope: "old" })).rejects.toThrow(
    new TypeError("authorize must return an object or null"),
  );
});

it("passes on a stream that a guarded query returns as a value", async () => {
  const stream = new ReadableStream();
  const router = t.router({
    download: protectedProcedure.query(() => ({ stream })),
    bare: protectedProcedure.query(() => stream),
  });
  const caller = t.createCallerFactory(router)({
    auth: auth.forRequest({ token: (await auth.authToken("u")).signed }),
  });
  expect(await caller.bare()).toBe(stream);
  expect((await caller.download()).stream).toBe(stream);
});

it("keeps the message of a resolver's own TRPCError, even if its cause has the same code", async () => {
  const router = t.router({
    own: publicProcedure.query(() => {
      throw new TRPCError({
        code: "FORBIDDEN",
        message: "my own words",
        cause: new ForbiddenError("SCOPE_INSUFFICIENT"),
      });
    }),
    thrown: publicProcedure.query(() => {
      throw new ForbiddenError("SCOPE_INSUFFICIENT");
    }),
  });
  const ask = async (path: string) => {
    const req = new Request(`http://localhost/${path}`);
    const createContext = createTRPCContext(auth);
    const response = await fetchRequestHandler({ endpoint: "/", req, router, createContext });
    const { error } = (await response.json()) as { error: { message: string; data: { auth?: object } } };
    return [response.status, error.message, error.data.auth];
  };
  expect(await ask("own")).toEqual([403, "my own words", undefined]);
  expect(await ask("thrown")).toEqual([
    403,
    "The scope of the token does not allow this",
    { reason: "SCOPE_INSUFFICIENT" },
  ]);
});

it.each(["\t", "\n ", "\u00a0"])("rejects a scope of blanks: %j", (scope) => {
  expect(() => defineRule({ scope })).toThrow(/rule\.scope must not be blank/);
});

it.each(["nbf", "jti"])("rejects the claim %s from authorize", async (claim) => {
  const manager = new AuthManager({ ...base, authorize: () => ({ claims: { [claim]: "x" } }), authorizeAt: "request" });
  const request = manager.forRequest({ token: (await manager.authToken("u")).signed });
  await expect(request.require()).rejects.toThrow(
    new TypeError(`authorize must not return the claim "${claim}", which belongs to one token: leave it out`),
  );
});

it("reads connectionParams.authorization even if the header has another name", async () => {
  const manager = new AuthManager({ ...base, header: { name: "x-token" } });
  const [token, other] = [(await manager.authToken("u")).signed, (await manager.authToken("v")).signed];
  const open = async (connectionParams: object) => {
    const res = { readyState: 1, send: () => undefined };
    const ctx = await createTRPCContext(manager)({
      req: { headers: {} },
      res,
      info: { connectionParams: connectionParams as never },
    });
    return ctx.auth.require();
  };
  expect((await open({ authorization: `Bearer ${token}` })).sub).toBe("u");
  expect((await open({ "X-Token": `Bearer ${token}` })).sub).toBe("u");
  await expect(open({ authorization: `Bearer ${token}`, "x-token": `Bearer ${other}` })).rejects.toMatchObject({
    reason: "CREDENTIALS_AMBIGUOUS",
  });
});
