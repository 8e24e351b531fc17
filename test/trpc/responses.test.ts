/** `responses`: custom texts for every 401, which leave code, reason and challenge unchanged. */
import { createTRPCClient, httpSubscriptionLink, wsLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { type AuthContext, type AuthManagerConfig, isAuthError, type ResponseLoaders } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createBreakableStore } from "../support/breakable-store.ts";
import { openBrowser } from "../support/cookie-browser.ts";
import { createAuth } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { everyKind, speaking, unusable } from "../support/response-loaders.ts";
import { httpAdapters, serve, socketAdapters, startStandalone } from "./adapters.ts";
import { FetchEventSource } from "./event-source.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter, isDev: false });
const { publicProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

const router = t.router({
  guarded: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  scoped: protectedProcedure.use(requireToken({ scope: "admin" })).query(() => "in"),
  byRefresh: refreshProcedure.query(() => "in"),
  asks: publicProcedure.query(async ({ ctx }) => (await ctx.auth.require()).sub),
  asksRaw: t.procedure.query(async ({ ctx }) => (await ctx.auth.require()).sub),
  identifies: publicProcedure.query(async ({ ctx }) => (await ctx.auth.authenticate())?.sub ?? null),
  refresh: publicProcedure.query(({ ctx }) => ctx.auth.refresh({ deliver: "body" })),
  logout: publicProcedure.query(({ ctx }) => ctx.auth.logout()),
  rewords: publicProcedure.query(async ({ ctx }) => {
    try {
      return (await ctx.auth.require()).sub;
    } catch (cause) {
      throw new TRPCError({ code: "UNAUTHORIZED", message: "Words of the resolver", cause });
    }
  }),
  ticks: protectedProcedure.subscription(async function* () {
    yield 1;
  }),
});

type App = typeof router;

async function start(
  responses: ResponseLoaders,
  config: Partial<AuthManagerConfig> = {},
  adapter: Parameters<typeof serve>[1] = startStandalone,
) {
  const store = createBreakableStore();
  const { auth, clock } = createAuth({ sessions: store, responses, ...config });
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, adapter);
  const get = async (name: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { status, json, headers: sent } = await openBrowser().send(`${url}/${name}`, { method: "GET", headers });
    return { status, challenge: sent["www-authenticate"], json };
  };
  const pair = await auth.login("alice");
  return { auth, clock, store, url, get, pair };
}

const challenge = (description: string): string => `Bearer error="invalid_token", error_description="${description}"`;

/** The expected body of an error response. */
const errorBody = (path: string, reason: string, message: string, extra: object = {}): object => ({
  error: {
    message,
    code: -32001,
    data: { ...extra, code: "UNAUTHORIZED", httpStatus: 401, path, auth: { reason } },
  },
});

describe.each(httpAdapters)("over $name", (adapter) => {
  test.each([
    "guarded",
    "asks",
    "asksRaw",
    "identifies",
  ])("a caller of %s gets the custom text for an invalid and an expired token", async (name) => {
    const { clock, get, pair } = await start(speaking, {}, adapter.start);
    expect(await get(name, pair.authToken)).toMatchObject({ status: 200, json: { result: { data: "alice" } } });
    expect(await get(name, "bad")).toEqual({
      status: 401,
      // The fixed text, because the challenge must not repeat the caller's bytes.
      challenge: challenge("The token cannot be read"),
      json: errorBody(name, "TOKEN_MALFORMED", "Invalid: TOKEN_MALFORMED", { kind: "invalid" }),
    });
    clock.advance(3600);
    expect(await get(name, pair.authToken)).toEqual({
      status: 401,
      challenge: challenge("The token has expired"),
      json: errorBody(name, "TOKEN_EXPIRED", "Expired: TOKEN_EXPIRED", { kind: "expired", hint: { login: true } }),
    });
  });

  test("a caller without a token gets the custom text", async () => {
    const { get } = await start(speaking, {}, adapter.start);
    for (const name of ["guarded", "asks", "asksRaw", "refresh"]) {
      expect(await get(name)).toEqual({
        status: 401,
        challenge: "Bearer",
        json: errorBody(name, "TOKEN_MISSING", "Unauthorized: TOKEN_MISSING", { kind: "unauthorized" }),
      });
    }
  });

  test("a rejected refresh and a rejected logout have the custom text", async () => {
    const { auth, get, pair } = await start(speaking, {}, adapter.start);
    await auth.revoke({ subject: "alice" });
    for (const name of ["refresh", "byRefresh"]) {
      expect(await get(name, pair.refreshToken)).toEqual({
        status: 401,
        challenge: challenge("The token has been revoked"),
        json: errorBody(name, "TOKEN_REVOKED", "Invalid: TOKEN_REVOKED", { kind: "invalid" }),
      });
    }
    const logout = await get("logout", "bad");
    expect(logout.json).toEqual(
      errorBody("logout", "TOKEN_MALFORMED", "Invalid: TOKEN_MALFORMED", { kind: "invalid" }),
    );
  });

  test("each call of a batch has the custom text of its own refusal", async () => {
    const { get, pair } = await start(speaking, {}, adapter.start);
    const words = (path: string) =>
      errorBody(path, "TOKEN_TYPE_INVALID", "Invalid: TOKEN_TYPE_INVALID", { kind: "invalid" });
    const { status, json } = await get("guarded,byRefresh,asks?batch=1", pair.refreshToken);
    expect([status, json]).toEqual([207, [words("guarded"), { result: { data: "in" } }, words("asks")]]);
  });
});

test("403 and 503 keep the standard text with loaders for every kind", async () => {
  const asked: string[] = [];
  const { get, pair, store } = await start(
    everyKind(({ reason }) => {
      asked.push(reason);
      return { message: "ours" };
    }),
  );
  expect(await get("scoped", pair.authToken)).toMatchObject({
    status: 403,
    json: {
      error: {
        message: "The scope of the token does not allow this",
        data: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } },
      },
    },
  });
  store.isDown = true;
  for (const name of ["refresh", "byRefresh"]) {
    expect(await get(name, pair.refreshToken)).toMatchObject({
      status: 503,
      json: {
        error: {
          message: "The session or the rights of the token cannot be looked up now",
          data: { code: "SERVICE_UNAVAILABLE", auth: { reason: "STORE_UNAVAILABLE" } },
        },
      },
    });
  }
  expect(asked).toEqual([]);
});

test("a kind without a loader keeps the standard text", async () => {
  const { get } = await start({ expired: () => ({ message: "late" }) });
  expect((await get("guarded", "bad")).json).toEqual(
    errorBody("guarded", "TOKEN_MALFORMED", "The token cannot be read"),
  );
  expect((await get("guarded")).json).toEqual(errorBody("guarded", "TOKEN_MISSING", "A token is required"));
});

test.each(unusable)("a loader that %s leaves the standard text", async (_, loader) => {
  const { get } = await start(everyKind(loader as never));
  for (const name of ["guarded", "asks", "asksRaw"]) {
    expect(await get(name)).toEqual({
      status: 401,
      challenge: "Bearer",
      json: errorBody(name, "TOKEN_MISSING", "A token is required"),
    });
  }
});

test("a loader may give only a message or only extensions", async () => {
  const { get } = await start({
    unauthorized: () => ({ message: "Wer da?" }),
    invalid: () => ({ extensions: { help: ["/login"], none: undefined } }),
  });
  expect((await get("guarded")).json).toEqual(errorBody("guarded", "TOKEN_MISSING", "Wer da?"));
  expect((await get("guarded", "bad")).json).toEqual(
    errorBody("guarded", "TOKEN_MALFORMED", "The token cannot be read", { help: ["/login"] }),
  );
});

test("a loader cannot change code, reason, path or HTTP status", async () => {
  const extensions = { code: "OK", auth: { reason: "NONE" }, http: { status: 200 }, httpStatus: 200 };
  const { get } = await start(everyKind(() => ({ extensions: { ...extensions, path: "x", stack: "y", kept: 1 } })));
  for (const name of ["guarded", "asks", "asksRaw"]) {
    expect(await get(name)).toEqual({
      status: 401,
      challenge: "Bearer",
      json: errorBody(name, "TOKEN_MISSING", "A token is required", { kept: 1 }),
    });
  }
});

test("the loader runs once for a refusal, and receives the refusal", async () => {
  const asked: unknown[] = [];
  const { get } = await start(
    everyKind((error) => {
      asked.push(error);
      return { message: "ours" };
    }),
  );
  await get("asks", "bad");
  expect(asked).toHaveLength(1);
  expect(isAuthError(asked[0])).toBe(true);
  expect(asked[0]).toMatchObject({ name: "UnauthorizedError", reason: "TOKEN_MALFORMED", status: 401 });
  expect(JSON.stringify(asked[0])).not.toContain("bad");
});

test("a resolver's own text for a refusal that it caught is unchanged", async () => {
  const { get } = await start(speaking);
  expect((await get("rewords")).json).toEqual({
    error: {
      message: "Words of the resolver",
      code: -32001,
      data: { code: "UNAUTHORIZED", httpStatus: 401, path: "rewords" },
    },
  });
});

test("a caller in the same process gets an AuthError with the custom text", async () => {
  const { auth } = createAuth({ responses: speaking });
  const caller = router.createCaller({ auth: auth.forRequest({ token: "bad" }) });
  for (const call of [caller.guarded(), caller.asks()]) {
    const error = (await refusalOf(call)) as TRPCError;
    expect([error.code, error.message]).toEqual(["UNAUTHORIZED", "Invalid: TOKEN_MALFORMED"]);
    expect(error.cause).toMatchObject({ name: "UnauthorizedError", reason: "TOKEN_MALFORMED", status: 401 });
  }
});

test.each(socketAdapters)("a WebSocket of $name sends the custom text for calls and subscriptions", async (adapter) => {
  const { url } = await start(speaking, {}, adapter.start);
  const client = createTRPCClient<App>({ links: [wsLink({ client: openSocket(url) })] });
  const words = {
    message: "Unauthorized: TOKEN_MISSING",
    data: { code: "UNAUTHORIZED", auth: { reason: "TOKEN_MISSING" }, kind: "unauthorized" },
  };
  expect(await refusalOf(client.guarded.query())).toMatchObject(words);
  const ended = new Promise((resolve) => void client.ticks.subscribe(undefined, { onError: resolve }));
  expect(await ended).toMatchObject(words);
});

test("server-sent events have the custom text", async () => {
  const { url } = await start(speaking);
  const client = createTRPCClient<App>({ links: [httpSubscriptionLink({ url, EventSource: FetchEventSource })] });
  const ended = new Promise((resolve) => void client.ticks.subscribe(undefined, { onError: resolve }));
  expect(await ended).toMatchObject({
    message: "Unauthorized: TOKEN_MISSING",
    data: { code: "UNAUTHORIZED", auth: { reason: "TOKEN_MISSING" }, kind: "unauthorized" },
  });
});
