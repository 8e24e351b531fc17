/** The messages of wrong arguments, with the words of their remedies. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthData, AuthManager, JWT, jwksHandler } from "claimgate";
import { createGraphQLContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth, SECRET } from "../support/create-auth.ts";
import { type MessageRow, testMessages } from "../support/message-table.ts";

const { auth } = createAuth();

/** A call as JavaScript makes it, without types. */
const call =
  (work: object, ...args: readonly unknown[]) =>
  (): unknown =>
    (work as (...all: readonly unknown[]) => unknown)(...args);
const row = (mistake: string, make: () => unknown, ...says: string[]): MessageRow => ({
  mistake,
  make,
  error: "TypeError",
  says,
});

describe("the first argument", () => {
  const t = initTRPC.context<AuthContext>().create();
  const directive = requireTokenDirective();
  testMessages([
    ...Object.entries({ useAuth, createTRPCContext, createGraphQLContext }).flatMap(([name, work]) =>
      [[], [null], [{ auth }], [SECRET]].map((args) =>
        row(
          `${name} called with ${args.length === 0 ? "nothing" : JSON.stringify(args[0])}`,
          call(work, ...args),
          `${name} takes an AuthManager as its first argument: pass ${name}(auth)`,
        ),
      ),
    ),
    ...[undefined, null, t, {}].map((given) =>
      row(
        `${given === t ? "t" : JSON.stringify(given)} in place of a procedure`,
        call(authProcedures, given),
        "authProcedures takes a procedure: pass t.procedure",
      ),
    ),
    ...[undefined, null, directive.typeDefs, {}].map((given) =>
      row(
        `${typeof given === "string" ? "SDL" : JSON.stringify(given)} in place of a schema`,
        call(directive.apply, given),
        "apply takes a GraphQLSchema: pass makeExecutableSchema(...)",
      ),
    ),
    ...[undefined, SECRET, auth].map((given) =>
      row(
        `${given === auth ? "a manager" : typeof given} in place of an AuthData`,
        () => new JWT("auth", "ada").sign(given as never),
        "sign takes an AuthData: pass new AuthData({ authType, secret, issuer })",
      ),
    ),
  ]);
});

describe("the second argument", () => {
  testMessages([
    row(
      "members of the context in place of a function",
      call(createTRPCContext, auth, { db: {} }),
      "createTRPCContext takes a function as its second argument: pass () => ({ db })",
    ),
  ]);
});

describe("options that are not an object", () => {
  const here = auth.forRequest();
  testMessages([
    row(
      "a name in place of the options of requireTokenDirective",
      call(requireTokenDirective, "auth"),
      "requireTokenDirective takes its options as one object",
    ),
    row(
      "null in place of the options of useAuth",
      call(useAuth, auth, null),
      "useAuth takes its options as one object",
    ),
    row(
      "a schema's name in place of the options of createGraphQLContext",
      call(createGraphQLContext, auth, "schema"),
      "createGraphQLContext takes its options as one object",
    ),
    row(
      "seconds in place of the options of jwksHandler",
      call(jwksHandler, auth, 300),
      "jwksHandler takes its options as one object",
    ),
    row(
      "rights in place of the options of login",
      () => auth.login("ada", ["read"] as object),
      "login takes its options as one object",
    ),
    ...["login", "refresh", "logout"].map((name) =>
      row(
        `a text in place of the options of ctx.auth.${name}`,
        () =>
          name === "login" ? here.login("ada", "body" as never) : here[name as "refresh" | "logout"]("body" as never),
        `${name} takes its options as one object`,
      ),
    ),
  ]);
});

describe("options that would be ignored", () => {
  const token = () => auth.authToken("ada").then(({ signed }) => signed);
  const verify = (options: unknown) => async (): Promise<unknown> => auth.verify(await token(), options as never);
  const without = (name: "verifyToken" | "convertToken", second: unknown) => async (): Promise<unknown> =>
    name === "verifyToken"
      ? Reflect.apply(auth.verifyToken, auth, [await token(), second])
      : call(AuthManager.convertToken, await token(), second)();
  const KEY = { authType: "HS256", secret: SECRET, issuer: "me" };

  testMessages([
    row(
      "a type in place of the options of verify",
      verify("refresh"),
      "verify takes its options as one object",
      'pass { type: "refresh" }',
    ),
    row("a misspelt type of verify", verify({ typ: "refresh" }), 'verify has no option "typ"', 'did you mean "type"?'),
    row(
      "an audience of verify",
      verify({ audience: "api" }),
      'verify has no option "audience"',
      "Its options are type",
    ),
    row(
      "a JWT in place of its text",
      async () => auth.verify((await auth.authToken("ada")) as never),
      "verify takes the text of a token",
      "pass token.signed",
    ),
    row(
      "a type of verifyToken",
      without("verifyToken", { type: "auth" }),
      'verifyToken has no option "type"',
      "Call verify(token, { type })",
    ),
    row(
      "a type in place of the options of verifyToken",
      without("verifyToken", "auth"),
      "verifyToken takes no options",
      "Call verify(token, { type })",
    ),
    row(
      "a type of convertToken",
      without("convertToken", { type: "auth" }),
      'convertToken has no option "type"',
      "call verify(token, { type })",
    ),
    row(
      "a type in place of the options of convertToken",
      without("convertToken", "refresh"),
      "convertToken takes no options",
      "call verify(token, { type })",
    ),
    row(
      "a misspelt option of AuthData",
      () => Reflect.construct(AuthData, [{ ...KEY, authMaxage: 5 }]),
      'AuthData has no option "authMaxage"',
      'did you mean "authMaxAge"?',
    ),
    row(
      "a misspelt option of JWT",
      () => Reflect.construct(JWT, ["auth", "ada", { scopes: "read" }]),
      'JWT has no option "scopes"',
      'did you mean "scope"?',
    ),
    row(
      "rights in place of the options of JWT",
      () => Reflect.construct(JWT, ["auth", "ada", ["read"]]),
      "JWT takes its options as one object",
    ),
  ]);

  test("exclude the index that map passes", async () => {
    expect([await token()].map(AuthManager.convertToken)[0]?.sub).toBe("ada");
  });
});

describe("a reserved claim", () => {
  const REMEDIES = {
    exp: "pass maxAge, or set authMaxAge",
    aud: "pass audience, or set it on the manager",
    scope: "pass scope beside claims",
    sub: "pass it as the subject",
    iss: "leave it out",
    cnf: "leave it out",
  };
  testMessages(
    Object.entries(REMEDIES).map(([claim, remedy]) =>
      row(
        `the claim ${claim} of a token`,
        () => auth.authToken("ada", { claims: { [claim]: 1 } }),
        `claims.${claim} cannot be set, because "${claim}" is reserved: ${remedy}`,
      ),
    ),
  );
});
