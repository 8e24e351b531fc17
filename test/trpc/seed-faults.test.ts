/** Four known faults of Flask_PyJWT's `require_token`, which the tRPC integration does not have. */

import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthTokenOptions } from "claimgate";
import { encode } from "claimgate/jwt";
import { authErrorFormatter, authProcedures, requireToken } from "claimgate/trpc";
import { base64url } from "jose";
import { expect, test } from "vitest";
import { z } from "zod";
import { createAuth, SECRET } from "../support/create-auth.ts";
import { goodClaims } from "../support/forge.ts";
import { callerFailureOf } from "../support/trpc.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);

const router = t.router({
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  nested: t.procedure
    .use(requireToken({ claims: { org: { role: "owner", active: true }, team: { lead: true, site: "north" } } }))
    .query(() => "in"),
  literal: t.procedure
    .input(z.object({ username: z.string() }))
    .use(requireToken({ claims: { role: "username" } }))
    .query(() => "in"),
  flag: t.procedure.use(requireToken({ claims: { admin: true } })).query(() => "in"),
  one: t.procedure.use(requireToken({ claims: { admin: 1 } })).query(() => "in"),
});

const { auth } = createAuth();
const callWith = (token: string) => router.createCaller({ auth: auth.forRequest({ token }) });
const callAs = async (options: AuthTokenOptions) => callWith((await auth.authToken("alice", options)).signed);
const lacking = { code: "FORBIDDEN", reason: "CLAIMS_INSUFFICIENT" };

test("a rule with two nested claims checks the second one and every key of each", async () => {
  const org = { role: "owner", active: true };
  const team = { lead: true, site: "north" };
  expect(await (await callAs({ claims: { org, team } })).nested()).toBe("in");
  for (const claims of [
    { org, team: { lead: false, site: "north" } },
    { org, team: { lead: true, site: "south" } },
    { org: { role: "owner", active: false }, team },
    { org },
    { team },
  ]) {
    expect(await callerFailureOf((await callAs({ claims })).nested())).toEqual(lacking);
  }
});

test("a literal claim value is compared as a literal, also when an input has a key of that name", async () => {
  expect(await (await callAs({ claims: { role: "username" } })).literal({ username: "alice" })).toBe("in");
  expect(await callerFailureOf((await callAs({ claims: { role: "alice" } })).literal({ username: "alice" }))).toEqual(
    lacking,
  );
});

test("an unknown algorithm is rejected, and so is one that is not configured", async () => {
  const claims = goodClaims({ sub: "alice" });
  expect(await callWith(await encode(claims, SECRET)).me()).toBe("alice");
  const [, payload, signature] = (await encode(claims, SECRET)).split(".");
  for (const alg of ["none", "None", "XS256", "hs256", "", 256, null, undefined]) {
    const header = base64url.encode(JSON.stringify({ alg, typ: "JWT" }));
    expect(await callerFailureOf(callWith(`${header}.${payload}.${signature}`).me())).toEqual({
      code: "UNAUTHORIZED",
      reason: "ALGORITHM_INVALID",
    });
  }
  expect(await callerFailureOf(callWith(await encode(claims, SECRET, { algorithm: "HS512" })).me())).toEqual({
    code: "UNAUTHORIZED",
    reason: "ALGORITHM_INVALID",
  });
});

test("true never matches 1, nor 1 true", async () => {
  expect(await (await callAs({ claims: { admin: true } })).flag()).toBe("in");
  expect(await (await callAs({ claims: { admin: 1 } })).one()).toBe("in");
  expect(await callerFailureOf((await callAs({ claims: { admin: 1 } })).flag())).toEqual(lacking);
  expect(await callerFailureOf((await callAs({ claims: { admin: true } })).one())).toEqual(lacking);
  expect(await callerFailureOf((await callAs({ claims: { admin: "true" } })).flag())).toEqual(lacking);
});
