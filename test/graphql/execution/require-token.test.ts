/** The behaviour of Flask_PyJWT's and flask_jwt_simple's route decorators, applied to fields. */
import type { JWT } from "claimgate";
import { describe, expect, test } from "vitest";
import { type AskOptions, createGate, refusedWith } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    plain: String @requireToken
    byHeader: String @requireToken(location: "header")
    byCookie: String @requireToken(location: "cookies")
    renew: String @requireToken(type: "refresh")
    renewByCookie: String @requireToken(type: "refresh", location: "cookies")
    admins: String @requireToken(scope: { admin: true })
    writers: String @requireToken(scope: "read write")
    paying: String @requireToken(claims: { plan: "pro", address: { country: "AT" } })
    own(username: String!): String @requireToken(args: { sub: "username" })
    ownOrAdmin(username: String!): String @requireToken(args: { sub: "username" }, override: { admin: true })
    staffOrPro: String @requireToken(anyOf: [{ scope: { staff: true } }, { claims: { plan: "pro" } }])
    greeting: String @requireToken(optional: true)
  }
`;

const answer = (_: unknown, __: unknown, ctx: { auth: { token: JWT | null } }): string =>
  `hello ${ctx.auth.token?.sub ?? "stranger"}`;
const fields = ["plain", "byHeader", "byCookie", "renew", "renewByCookie", "admins", "writers", "paying"];
const Query = Object.fromEntries(
  [...fields, "own", "ownOrAdmin", "staffOrPro", "greeting"].map((name) => [name, answer]),
);
const cookies = { auth: "auth", refresh: "refresh" };
const { auth, clock, ask } = createGate(typeDefs, { Query }, { cookies });

const authToken = async (options: Parameters<typeof auth.authToken>[1] = {}): Promise<string> =>
  (await auth.authToken("ada", options)).signed;
const refreshToken = async (): Promise<string> => (await auth.refreshToken("ada")).signed;
const withCookie = (name: string, token: string): AskOptions => ({
  headers: { cookie: `${name}=${token}`, "sec-fetch-site": "same-origin" },
});

async function expectIn(query: string, options: AskOptions, name = "ada"): Promise<void> {
  const { status, body } = await ask(query, options);
  expect(body.errors).toBeUndefined();
  expect(status).toBe(200);
  expect(Object.values(body.data ?? {})).toEqual([`hello ${name}`]);
}

async function expectOut(query: string, options: AskOptions, reason: string): Promise<void> {
  const { refused, body } = await ask(query, options);
  expect(refused).toEqual(refusedWith(reason));
  expect(body).not.toHaveProperty("data");
}

describe("a required token", () => {
  test("is accepted in the header, in any case of the scheme", async () => {
    const token = await authToken();
    await expectIn("{ plain }", { token });
    await expectIn("{ plain }", { headers: { authorization: `bearer ${token}` } });
  });

  test("is required: a request without one or with another scheme is rejected", async () => {
    await expectOut("{ plain }", {}, "TOKEN_MISSING");
    await expectOut("{ plain }", { headers: { authorization: "Basic YTpi" } }, "TOKEN_MISSING");
  });

  test("is accepted in its cookie", async () => {
    await expectIn("{ plain }", withCookie("auth", await authToken()));
    await expectOut("{ plain }", withCookie("other", await authToken()), "TOKEN_MISSING");
  });

  test("is read from the header before the cookie", async () => {
    const { signed } = await auth.authToken("grace");
    const { headers } = withCookie("auth", await authToken());
    await expectIn("{ plain }", { token: signed, ...(headers ? { headers } : {}) }, "grace");
  });

  test("is read only from the location of the rule", async () => {
    const token = await authToken();
    await expectIn("{ byHeader }", { token });
    await expectOut("{ byHeader }", withCookie("auth", token), "TOKEN_MISSING");
    await expectIn("{ byCookie }", withCookie("auth", token));
    await expectOut("{ byCookie }", { token }, "TOKEN_MISSING");
  });

  test("is rejected with 401 when it is malformed or expired", async () => {
    const token = await authToken({ maxAge: 10 });
    await expectOut("{ plain }", { token: "not.a.token" }, "TOKEN_MALFORMED");
    clock.advance(9);
    await expectIn("{ plain }", { token });
    clock.advance(1);
    await expectOut("{ plain }", { token }, "TOKEN_EXPIRED");
  });
});

describe("a rule for a token type", () => {
  test("rejects a refresh token on auth fields and an auth token on refresh fields", async () => {
    await expectOut("{ plain }", { token: await refreshToken() }, "TOKEN_TYPE_INVALID");
    await expectOut("{ renew }", { token: await authToken() }, "TOKEN_TYPE_INVALID");
    await expectIn("{ renew }", { token: await refreshToken() });
  });

  test("decides which cookie is read", async () => {
    await expectIn("{ renewByCookie }", withCookie("refresh", await refreshToken()));
    await expectOut("{ renewByCookie }", withCookie("auth", await authToken()), "TOKEN_MISSING");
    await expectOut("{ renewByCookie }", withCookie("refresh", await authToken()), "TOKEN_TYPE_INVALID");
  });
});

describe("a rule for scope and claims", () => {
  test("accepts a token that has the scope and rejects others with 403", async () => {
    await expectIn("{ admins }", { token: await authToken({ scope: { admin: true, more: 1 } }) });
    await expectOut("{ admins }", { token: await authToken({ scope: { admin: false } }) }, "SCOPE_INSUFFICIENT");
    await expectOut("{ admins }", { token: await authToken() }, "SCOPE_INSUFFICIENT");
    await expectOut("{ admins }", {}, "TOKEN_MISSING");
  });

  test("reads a scope string as words", async () => {
    await expectIn("{ writers }", { token: await authToken({ scope: "write admin read" }) });
    await expectOut("{ writers }", { token: await authToken({ scope: "read writer" }) }, "SCOPE_INSUFFICIENT");
  });

  test("accepts a token that has the claims, at every depth", async () => {
    const address = { country: "AT", city: "Graz" };
    await expectIn("{ paying }", { token: await authToken({ claims: { plan: "pro", address } }) });
    const abroad = { claims: { plan: "pro", address: { country: "DE" } } };
    await expectOut("{ paying }", { token: await authToken(abroad) }, "CLAIMS_INSUFFICIENT");
    await expectOut(
      "{ paying }",
      { token: await authToken({ claims: { plan: "free", address } }) },
      "CLAIMS_INSUFFICIENT",
    );
  });

  test("accepts a token that satisfies one of several branches", async () => {
    await expectIn("{ staffOrPro }", { token: await authToken({ scope: { staff: true } }) });
    await expectIn("{ staffOrPro }", { token: await authToken({ claims: { plan: "pro" } }) });
    await expectOut("{ staffOrPro }", { token: await authToken({ claims: { plan: "free" } }) }, "CLAIMS_INSUFFICIENT");
  });
});

describe("a claim bound to an argument", () => {
  test("accepts the owner and rejects every other caller", async () => {
    await expectIn('{ own(username: "ada") }', { token: await authToken() });
    await expectOut('{ own(username: "grace") }', { token: await authToken() }, "CLAIMS_INSUFFICIENT");
  });

  test("accepts another caller only when its override matches", async () => {
    const query = '{ ownOrAdmin(username: "grace") }';
    await expectIn(query, { token: await authToken({ claims: { admin: true } }) });
    await expectIn('{ ownOrAdmin(username: "ada") }', { token: await authToken() });
    await expectOut(query, { token: await authToken({ claims: { admin: false } }) }, "CLAIMS_INSUFFICIENT");
    await expectOut(query, {}, "TOKEN_MISSING");
  });
});

describe("a field with an optional token", () => {
  test("gives an authenticated caller its name and an anonymous caller the default", async () => {
    await expectIn("{ greeting }", { token: await authToken() });
    await expectIn("{ greeting }", {}, "stranger");
  });

  test("rejects an invalid token", async () => {
    await expectOut("{ greeting }", { token: "not.a.token" }, "TOKEN_MALFORMED");
    await expectOut("{ greeting }", { token: await refreshToken() }, "TOKEN_TYPE_INVALID");
    const token = await authToken();
    clock.advance(3600);
    await expectOut("{ greeting }", { token }, "TOKEN_EXPIRED");
  });
});
