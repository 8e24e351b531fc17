/** The behaviour of Flask_PyJWT's and flask_jwt_simple's route decorators, on tRPC. */
import { createTRPCClient, httpLink, type TRPCClient } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthTokenOptions } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, forbidden, unauthorized } from "../support/trpc.ts";
import { serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure, optionalProcedure, refreshProcedure } = authProcedures(t.procedure);

const router = t.router({
  required: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  optional: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? null),
  refresh: refreshProcedure.query(({ ctx }) => ctx.auth.token.sub),
  inHeader: t.procedure.use(requireToken({ location: "header" })).query(({ ctx }) => ctx.auth.token.sub),
  inCookie: t.procedure.use(requireToken({ location: "cookies" })).query(({ ctx }) => ctx.auth.token.sub),
  optionalInCookie: t.procedure
    .use(requireToken({ location: "cookies", optional: true }))
    .query(({ ctx }) => ctx.auth.token?.sub ?? null),
  refreshInCookie: t.procedure
    .use(requireToken({ type: "refresh", location: "cookies" }))
    .query(({ ctx }) => ctx.auth.token.sub),
  scoped: t.procedure.use(requireToken({ scope: { admin: true } })).query(() => "in"),
  worded: t.procedure.use(requireToken({ scope: "read write" })).query(() => "in"),
  claimed: t.procedure.use(requireToken({ claims: { plan: "pro", "org.seats": 3 } })).query(() => "in"),
  own: t.procedure
    .input(z.object({ username: z.string(), team: z.string().default("none") }))
    .use(requireToken({ args: { sub: "username" } }))
    .query(({ input }) => input.username),
  ownTeam: t.procedure
    .input(z.object({ teams: z.object({ from: z.string(), to: z.string() }) }))
    .use(requireToken({ args: { teams: ["teams.from", "teams.to"] } }))
    .query(() => "in"),
  overridable: t.procedure
    .input(z.object({ username: z.string() }))
    .use(requireToken({ args: { sub: "username" }, scope: "write", override: { admin: true, level: 9 } }))
    .query(({ input }) => input.username),
  either: t.procedure
    .input(z.object({ username: z.string() }))
    .use(requireToken({ anyOf: [{ args: { sub: "username" } }, { scope: "staff" }] }))
    .query(() => "in"),
});

interface Caller {
  readonly header?: string;
  readonly cookie?: string;
}

async function start() {
  const { auth } = createAuth({ cookies: { auth: "access", refresh: "renewal" } });
  const { url } = await serve({ router, createContext: createTRPCContext(auth) });
  const as = ({ header, cookie }: Caller): TRPCClient<typeof router> =>
    createTRPCClient({
      links: [
        httpLink({
          url,
          headers: { ...(header ? { authorization: `Bearer ${header}` } : {}), ...(cookie ? { cookie } : {}) },
        }),
      ],
    });
  const authToken = async (subject: string, options?: AuthTokenOptions): Promise<string> =>
    (await auth.authToken(subject, options)).signed;
  const withToken = async (options?: AuthTokenOptions): Promise<TRPCClient<typeof router>> =>
    as({ header: await authToken("alice", options) });
  return { auth, as, authToken, withToken, refreshToken: (await auth.refreshToken("alice")).signed };
}

describe("the location of a token", () => {
  test("is the header or the cookie for an auth token", async () => {
    const { as, authToken } = await start();
    const token = await authToken("alice");
    expect(await as({ header: token }).required.query()).toBe("alice");
    expect(await as({ cookie: `other=1; access=${token}` }).required.query()).toBe("alice");
    expect(await clientRefusalOf(as({ cookie: `acces=${token}; Access=${token}` }).required.query())).toEqual(
      unauthorized("TOKEN_MISSING"),
    );
  });

  test("is the header when both have a token", async () => {
    const { as, authToken } = await start();
    const both = { header: await authToken("alice"), cookie: `access=${await authToken("bob")}` };
    expect(await as(both).required.query()).toBe("alice");
  });

  test("can be restricted by a rule, and a token elsewhere then counts as missing", async () => {
    const { as, authToken } = await start();
    const token = await authToken("alice");
    expect(await as({ header: token }).inHeader.query()).toBe("alice");
    expect(await as({ cookie: `access=${token}` }).inCookie.query()).toBe("alice");
    const missing = unauthorized("TOKEN_MISSING");
    expect(await clientRefusalOf(as({ cookie: `access=${token}` }).inHeader.query())).toEqual(missing);
    expect(await clientRefusalOf(as({ header: token }).inCookie.query())).toEqual(missing);
    expect(await as({ header: token }).optionalInCookie.query()).toBeNull();
    expect(await as({ cookie: `access=${token}` }).optionalInCookie.query()).toBe("alice");
  });

  test("is its own cookie for a refresh token", async () => {
    const { as, refreshToken } = await start();
    expect(await as({ cookie: `renewal=${refreshToken}` }).refreshInCookie.query()).toBe("alice");
    expect(await clientRefusalOf(as({ cookie: `access=${refreshToken}` }).refreshInCookie.query())).toEqual(
      unauthorized("TOKEN_MISSING"),
    );
    expect(await clientRefusalOf(as({ cookie: `access=${refreshToken}` }).required.query())).toEqual(
      unauthorized("TOKEN_TYPE_INVALID"),
    );
  });

  test("depends on the scheme: any case is accepted, and another scheme is ignored", async () => {
    const { auth } = await start();
    const { signed } = await auth.authToken("alice");
    const { url } = await serve({ router, createContext: createTRPCContext(auth) });
    const under = (authorization: string): TRPCClient<typeof router> =>
      createTRPCClient({ links: [httpLink({ url, headers: { authorization } })] });
    expect(await under(`bearer ${signed}`).required.query()).toBe("alice");
    expect(await under(`BEARER   ${signed}`).required.query()).toBe("alice");
    expect(await clientRefusalOf(under(`Basic ${signed}`).required.query())).toEqual(unauthorized("TOKEN_MISSING"));
    expect(await clientRefusalOf(under(signed).required.query())).toEqual(unauthorized("TOKEN_MISSING"));
    expect(await under(`Basic ${signed}`).optional.query()).toBeNull();
    expect(await clientRefusalOf(under("Bearer").required.query())).toEqual(unauthorized("TOKEN_MISSING"));
    expect(await under("Bearer").optional.query()).toBeNull();
  });
});

describe("a caller", () => {
  test("must have a token of the rule's type", async () => {
    const { as, authToken, refreshToken } = await start();
    const auth = as({ header: await authToken("alice") });
    const refresh = as({ header: refreshToken });
    expect(await refresh.refresh.query()).toBe("alice");
    expect(await clientRefusalOf(auth.refresh.query())).toEqual(unauthorized("TOKEN_TYPE_INVALID"));
    expect(await clientRefusalOf(refresh.required.query())).toEqual(unauthorized("TOKEN_TYPE_INVALID"));
    expect(await clientRefusalOf(refresh.optional.query())).toEqual(unauthorized("TOKEN_TYPE_INVALID"));
  });

  test("is anonymous without an optional token, and rejected with an invalid one", async () => {
    const { as, authToken } = await start();
    const token = await authToken("alice");
    expect(await as({}).optional.query()).toBeNull();
    expect(await as({ header: token }).optional.query()).toBe("alice");
    const tampered = as({ header: `${token.slice(0, -4)}AAAA` });
    expect(await clientRefusalOf(tampered.optional.query())).toEqual(unauthorized("SIGNATURE_INVALID"));
    expect(await clientRefusalOf(as({}).required.query())).toEqual(unauthorized("TOKEN_MISSING"));
  });
});

describe("a rule can require", () => {
  test("a scope, as an object or as words in any order", async () => {
    const { withToken } = await start();
    expect(await (await withToken({ scope: { admin: true, more: 1 } })).scoped.query()).toBe("in");
    expect(await (await withToken({ scope: "write delete read" })).worded.query()).toBe("in");
    expect(await (await withToken({ scope: ["write", "read"] })).worded.query()).toBe("in");
    const lacking = forbidden("SCOPE_INSUFFICIENT");
    for (const scope of [{ admin: false }, { admin: 1 }, "admin", undefined]) {
      expect(await clientRefusalOf((await withToken({ scope })).scoped.query())).toEqual(lacking);
    }
    for (const scope of ["read", "readwrite", "READ WRITE", [], { read: true, write: true }]) {
      expect(await clientRefusalOf((await withToken({ scope })).worded.query())).toEqual(lacking);
    }
  });

  test("all of several claims, also by a dotted path", async () => {
    const { withToken } = await start();
    expect(await (await withToken({ claims: { plan: "pro", org: { seats: 3 } } })).claimed.query()).toBe("in");
    expect(await (await withToken({ claims: { plan: "pro", "org.seats": 3 } })).claimed.query()).toBe("in");
    const lacking = forbidden("CLAIMS_INSUFFICIENT");
    for (const claims of [{ plan: "pro" }, { plan: "free", org: { seats: 3 } }, { plan: "pro", org: { seats: "3" } }]) {
      expect(await clientRefusalOf((await withToken({ claims })).claimed.query())).toEqual(lacking);
    }
  });

  test("a claim bound to the input", async () => {
    const { as, authToken } = await start();
    const alice = as({ header: await authToken("alice") });
    expect(await alice.own.query({ username: "alice" })).toBe("alice");
    expect(await clientRefusalOf(alice.own.query({ username: "bob" }))).toEqual(forbidden("CLAIMS_INSUFFICIENT"));
    expect(await clientRefusalOf(as({}).own.query({ username: "alice" }))).toEqual(unauthorized("TOKEN_MISSING"));
  });

  test("a list claim that contains each of several inputs", async () => {
    const { withToken } = await start();
    const member = await withToken({ claims: { teams: ["red", "blue"] } });
    expect(await member.ownTeam.query({ teams: { from: "red", to: "blue" } })).toBe("in");
    expect(await clientRefusalOf(member.ownTeam.query({ teams: { from: "red", to: "green" } }))).toEqual(
      forbidden("CLAIMS_INSUFFICIENT"),
    );
  });

  test("an override in the place of the other claims, but never in the place of the token", async () => {
    const { as, withToken, refreshToken } = await start();
    const owner = await withToken({ scope: "write" });
    const admin = await withToken({ claims: { admin: true, level: 9 } });
    expect(await owner.overridable.query({ username: "alice" })).toBe("alice");
    expect(await admin.overridable.query({ username: "bob" })).toBe("bob");
    expect(await clientRefusalOf(owner.overridable.query({ username: "bob" }))).toEqual(
      forbidden("CLAIMS_INSUFFICIENT"),
    );
    const half = await withToken({ claims: { admin: true } });
    expect(await clientRefusalOf(half.overridable.query({ username: "alice" }))).toEqual(
      forbidden("SCOPE_INSUFFICIENT"),
    );
    expect(await clientRefusalOf(as({ header: refreshToken }).overridable.query({ username: "alice" }))).toEqual(
      unauthorized("TOKEN_TYPE_INVALID"),
    );
  });

  test("one of several branches", async () => {
    const { withToken } = await start();
    const alice = await withToken();
    expect(await alice.either.query({ username: "alice" })).toBe("in");
    expect(await (await withToken({ scope: "staff" })).either.query({ username: "bob" })).toBe("in");
    expect(await clientRefusalOf(alice.either.query({ username: "bob" }))).toEqual(forbidden("CLAIMS_INSUFFICIENT"));
  });
});
