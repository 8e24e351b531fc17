/** `responses`: custom texts for every 401, on Yoga and through `authHttpResponse`. */
import { type AuthManagerConfig, isAuthError, type ResponseLoaders } from "claimgate";
import { graphql } from "graphql";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBreakableStore } from "../../support/breakable-store.ts";
import { openBrowser } from "../../support/cookie-browser.ts";
import { createAuth } from "../../support/create-auth.ts";
import { type Answer, type Context, createGuardedSchema, createGuardedYoga } from "../../support/graphql.ts";
import { everyKind, speaking, unusable } from "../../support/response-loaders.ts";
import { apollo, type GraphQLHost, graphqlHttp, yoga } from "./session-support.ts";
import { openEvents } from "./stream-support.ts";
import { openSocketEvents, serveWs } from "./ws-support.ts";

const typeDefs = `
  type Query {
    guarded: String @requireToken
    scoped: String @requireToken(scope: "admin")
    byRefresh: String @requireToken(type: "refresh")
    asks: String!
    identifies: String!
    mayAsk: String
    hidden: String @requireToken(onDeny: NULL)
    open: String
  }
  type Mutation { refresh: Int, logout: Boolean }
  type Subscription { tick: Int @requireToken }
`;

const asks = async (_: unknown, __: unknown, { auth }: Context): Promise<string> => (await auth.require()).sub;

const schema = () =>
  createGuardedSchema(typeDefs, {
    Query: {
      guarded: (_, __, { auth }) => auth.token?.sub,
      scoped: () => "in",
      byRefresh: () => "in",
      asks,
      mayAsk: asks,
      identifies: async (_, __, { auth }) => (await auth.authenticate())?.sub,
      hidden: () => "in",
      open: () => "open",
    },
    Mutation: {
      refresh: async (_, __, { auth }) => (await auth.refresh({ deliver: "body" })).expiresIn,
      logout: async (_, __, { auth }) => {
        await auth.logout();
        return true;
      },
    },
    Subscription: {
      tick: {
        subscribe: async function* () {
          yield { tick: 1 };
        },
      },
    },
  });

async function start(host: GraphQLHost, responses: ResponseLoaders, config: Partial<AuthManagerConfig> = {}) {
  const store = createBreakableStore();
  const { auth, clock } = createAuth({ sessions: store, responses, ...config });
  const url = await host.start({ schema: schema(), auth });
  const ask = async (query: string | readonly string[], token?: string) => {
    const body = typeof query === "string" ? { query } : query.map((one) => ({ query: one }));
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { status, json, headers: sent } = await openBrowser().send(url, { body, headers });
    return { status, challenge: sent["www-authenticate"], json: json as Answer["body"] };
  };
  const pair = await auth.login("alice");
  return { auth, clock, store, ask, pair };
}

const challenge = (description: string): string => `Bearer error="invalid_token", error_description="${description}"`;

/** The expected error of one rejected field. */
const refusalOf = (path: string, reason: string, message: string, extra: object = {}): object => ({
  message,
  path: [path],
  locations: expect.any(Array),
  extensions: { ...extra, code: "UNAUTHENTICATED", auth: { reason } },
});

describe.each([yoga, apollo, graphqlHttp])("on $name", (host) => {
  test.each([
    "guarded",
    "asks",
    "identifies",
  ])("a caller of %s gets the custom text for an invalid and an expired token", async (name) => {
    const { clock, ask, pair } = await start(host, speaking);
    expect(await ask(`{ ${name} }`, pair.authToken)).toMatchObject({
      status: 200,
      json: { data: { [name]: "alice" } },
    });
    expect(await ask(`{ ${name} }`, "bad")).toEqual({
      status: 401,
      challenge: challenge("The token cannot be read"),
      json: { errors: [refusalOf(name, "TOKEN_MALFORMED", "Invalid: TOKEN_MALFORMED", { kind: "invalid" })] },
    });
    clock.advance(3600);
    const words = { kind: "expired", hint: { login: true } };
    expect(await ask(`{ ${name} }`, pair.authToken)).toEqual({
      status: 401,
      challenge: challenge("The token has expired"),
      json: { errors: [refusalOf(name, "TOKEN_EXPIRED", "Expired: TOKEN_EXPIRED", words)] },
    });
  });

  test("a caller without a token gets the custom text", async () => {
    const { ask } = await start(host, speaking);
    const words = { kind: "unauthorized" };
    for (const name of ["guarded", "asks"]) {
      expect(await ask(`{ ${name} }`)).toEqual({
        status: 401,
        challenge: "Bearer",
        json: { errors: [refusalOf(name, "TOKEN_MISSING", "Unauthorized: TOKEN_MISSING", words)] },
      });
    }
    // A field that ran next to them keeps the status at 200.
    expect(await ask("{ open guarded mayAsk }")).toEqual({
      status: 200,
      challenge: undefined,
      json: {
        data: { open: "open", guarded: null, mayAsk: null },
        errors: expect.arrayContaining([
          refusalOf("guarded", "TOKEN_MISSING", "Unauthorized: TOKEN_MISSING", words),
          refusalOf("mayAsk", "TOKEN_MISSING", "Unauthorized: TOKEN_MISSING", words),
        ]),
      },
    });
  });

  test("a rejected refresh and a rejected logout have the custom text", async () => {
    const { auth, ask, pair } = await start(host, speaking);
    await auth.revoke({ subject: "alice" });
    const words = { kind: "invalid" };
    expect(await ask("{ byRefresh }", pair.refreshToken)).toEqual({
      status: 401,
      challenge: challenge("The token has been revoked"),
      json: { errors: [refusalOf("byRefresh", "TOKEN_REVOKED", "Invalid: TOKEN_REVOKED", words)] },
    });
    const refresh = await ask("mutation { refresh }", pair.refreshToken);
    expect(refresh.json.errors).toEqual([refusalOf("refresh", "TOKEN_REVOKED", "Invalid: TOKEN_REVOKED", words)]);
    const logout = await ask("mutation { logout }", "bad");
    expect(logout.json.errors).toEqual([refusalOf("logout", "TOKEN_MALFORMED", "Invalid: TOKEN_MALFORMED", words)]);
  });

  test("a field with onDeny: NULL gives null without the custom text", async () => {
    const { ask, store, pair } = await start(host, speaking, { sessionCheck: "always", sessionCheckTtl: 0 });
    for (const token of [undefined, "bad"]) {
      expect((await ask("{ hidden }", token)).json).toEqual({ data: { hidden: null } });
    }
    expect((await ask("{ hidden }", pair.authToken)).json).toEqual({ data: { hidden: "in" } });
    store.isDown = true;
    expect((await ask("{ hidden }", pair.authToken)).json.errors?.[0]?.extensions).toEqual({
      code: "SERVICE_UNAVAILABLE",
      auth: { reason: "STORE_UNAVAILABLE" },
    });
  });

  test("403 and 503 keep the standard text", async () => {
    const { ask, pair, store } = await start(
      host,
      everyKind(() => ({ message: "ours", extensions: { ours: 1 } })),
    );
    const scoped = await ask("{ scoped }", pair.authToken);
    expect([scoped.status, scoped.json.errors?.[0]]).toMatchObject([
      403,
      {
        message: "The scope of the token does not allow this",
        extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } },
      },
    ]);
    expect(scoped.json.errors?.[0]?.extensions).not.toHaveProperty("ours");
    store.isDown = true;
    const [error] = (await ask("{ byRefresh }", pair.refreshToken)).json.errors ?? [];
    expect([error?.message, error?.extensions]).toEqual([
      "The session or the rights of the token cannot be looked up now",
      { code: "SERVICE_UNAVAILABLE", auth: { reason: "STORE_UNAVAILABLE" } },
    ]);
  });

  test.each(unusable)("a loader that %s leaves the standard text", async (_, loader) => {
    const { ask } = await start(host, everyKind(loader as never));
    for (const name of ["guarded", "asks"]) {
      expect(await ask(`{ ${name} }`)).toEqual({
        status: 401,
        challenge: "Bearer",
        json: { errors: [refusalOf(name, "TOKEN_MISSING", "A token is required")] },
      });
    }
  });

  test("a loader cannot change code, reason, path or HTTP status", async () => {
    const spoken = { code: "OK", auth: { reason: "NONE" }, http: { status: 200, headers: { "X-Words": "1" } } };
    const loader = () => ({ extensions: { ...spoken, httpStatus: 200, path: "x", stack: "y", kept: 1 } });
    // The same extensions, given by `toJSON`.
    const toJSON = () => ({ extensions: { toJSON: () => loader().extensions } as Record<string, unknown> });
    for (const responses of [everyKind(loader), everyKind(toJSON)]) {
      const { ask } = await start(host, responses);
      for (const name of ["guarded", "asks"]) {
        expect(await ask(`{ ${name} }`)).toEqual({
          status: 401,
          challenge: "Bearer",
          json: { errors: [refusalOf(name, "TOKEN_MISSING", "A token is required", { kept: 1 })] },
        });
      }
    }
  });
});

test("each operation of a batch has the custom text of its own refusal", async () => {
  const { ask, pair } = await start(yoga, speaking);
  const { status, json } = await ask(["{ guarded }", "{ byRefresh }", "{ asks }"], pair.refreshToken);
  const words = (path: string) =>
    refusalOf(path, "TOKEN_TYPE_INVALID", "Invalid: TOKEN_TYPE_INVALID", { kind: "invalid" });
  expect([status, json]).toEqual([
    200,
    [{ errors: [words("guarded")] }, { data: { byRefresh: "in" } }, { errors: [words("asks")] }].map((one) =>
      expect.objectContaining(one),
    ),
  ]);
});

test("the loader runs once for a refusal that several fields share", async () => {
  const asked: unknown[] = [];
  const { ask } = await start(
    yoga,
    everyKind((error) => {
      asked.push(error);
      return { message: "ours" };
    }),
  );
  const { json } = await ask("{ a: guarded b: guarded c: mayAsk d: mayAsk }", "bad");
  expect(json.errors?.map(({ message }) => message)).toEqual(["ours", "ours", "ours", "ours"]);
  expect(asked).toHaveLength(1);
  expect(isAuthError(asked[0])).toBe(true);
  expect(asked[0]).toMatchObject({ name: "UnauthorizedError", reason: "TOKEN_MALFORMED", status: 401 });
});

test("an error without a server has the custom text, and the AuthError as its cause", async () => {
  const { auth } = createAuth({ responses: speaking });
  const contextValue: Context = { auth: auth.forRequest({ token: "bad" }) };
  const { errors = [] } = await graphql({ schema: schema(), source: "{ guarded }", contextValue });
  expect(errors.map(({ message }) => message)).toEqual(["Invalid: TOKEN_MALFORMED"]);
  // GraphQL adds the path in an error around the guard's own.
  expect(errors[0]?.originalError?.cause).toMatchObject({
    name: "UnauthorizedError",
    message: "Invalid: TOKEN_MALFORMED",
    reason: "TOKEN_MALFORMED",
    status: 401,
  });
});

test("a rejected subscription has the custom text over server-sent events and on a WebSocket", async () => {
  const { auth } = createAuth({ responses: speaking });
  const server = createGuardedYoga(schema(), auth);
  const stream = await openEvents(server, "subscription { tick }");
  onTestFinished(() => stream.close());
  const socket = await serveWs(server);
  onTestFinished(() => socket.close());
  for (const event of [await stream.next(), await openSocketEvents(socket.connect(), "subscription { tick }")()]) {
    expect(event?.errors).toEqual([
      expect.objectContaining({
        message: "Unauthorized: TOKEN_MISSING",
        extensions: { kind: "unauthorized", code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } },
      }),
    ]);
  }
});
