/** Tokens of a former issuer over tRPC and GraphQL: requests, cookies, refresh, logout, streams. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { type AuthContext, type AuthManager, memorySessionStore, type RequestAuth } from "claimgate";
import { requireTokenDirective } from "claimgate/graphql";
import { createTestClock, type TestClock } from "claimgate/testing";
import { authErrorFormatter, requireToken } from "claimgate/trpc";
import { type ExecutionResult, parse, subscribe } from "graphql";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW } from "../support/create-auth.ts";
import { serveBoth } from "../support/serve-both.ts";
import { cookies } from "../support/session-stage.ts";
import { outcomeOf } from "../support/verdict-of.ts";

const OLD = "https://old.example";
const UNTIL = NOW + 1000;

interface Site {
  readonly clock: TestClock;
  readonly before: AuthManager;
  readonly after: AuthManager;
}

/** The managers before and after the change of their issuer, with one store. */
function rename(config: object = {}): Site {
  const clock = createTestClock(NOW);
  const shared = { sessions: memorySessionStore(), cookies, now: clock.now, ...config };
  const before = createAuth({ ...shared, issuer: OLD }).auth;
  const after = createAuth({ ...shared, formerIssuers: [{ issuer: OLD, until: UNTIL }] }).auth;
  return { clock, before, after };
}

describe.each([[true], [false]])("with the token cache: %s, a request with a token of a former issuer", (isCached) => {
  it("is answered until `until`, by header and by cookie, and rejected from then on", async () => {
    const { clock, before, after } = rename(isCached ? {} : { cache: false });
    const { ask, url } = await serveBoth(after);
    const { authToken } = await before.login("ada");
    const byHeader = { headers: { authorization: `Bearer ${authToken}` } };
    const byCookie = { headers: { cookie: `__Host-auth=${authToken}`, origin: url } };
    for (const request of [byHeader, byCookie]) {
      clock.set(NOW);
      expect(await ask(request)).toMatchObject({ verdict: "ada", status: 200 });
      clock.set(UNTIL - 1);
      expect(await ask(request)).toMatchObject({ verdict: "ada", status: 200 });
      clock.set(UNTIL);
      // Not final: a server whose clock is behind still accepts the cookie.
      expect(await ask(request)).toEqual({ verdict: "ISSUER_INVALID", status: 401, setCookies: [] });
    }
  });
});

describe("the cookies of a former issuer", () => {
  const requestWith = (auth: AuthManager, pair: { authToken: string; refreshToken: string }) => {
    const set = new Map<string, string>();
    const cookie = `__Host-auth=${pair.authToken}; __Host-refresh=${pair.refreshToken}`;
    const headers = { cookie, "sec-fetch-site": "same-origin" };
    const request = auth.forRequest({
      headers,
      method: "POST",
      setCookie: (_, { name, value }) => set.set(name, value),
    });
    return { request, set };
  };

  it("are refreshed into tokens of the present issuer", async () => {
    const { before, after } = rename();
    const { request, set } = requestWith(after, await before.login("ada"));
    await request.refresh();
    for (const [name, type] of [
      ["__Host-auth", "auth"],
      ["__Host-refresh", "refresh"],
    ] as const)
      expect((await after.verify(set.get(name) ?? "", { type })).claims.iss).toBe(ISSUER);
    expect(await outcomeOf(before.verify(set.get("__Host-auth") ?? ""))).toBe("ISSUER_INVALID");
  });

  it("end their session at a logout, and are rejected by a refresh from `until` on", async () => {
    const { clock, before, after } = rename();
    const [one, other] = [await before.login("ada"), await before.login("bob")];
    const { request, set } = requestWith(after, one);
    await request.logout();
    expect([...set.values()]).toEqual(["", ""]);
    expect(await after.sessions("ada")).toEqual([]);
    clock.set(UNTIL);
    expect(await outcomeOf(requestWith(after, other).request.refresh())).toBe("ISSUER_INVALID");
  });

  it("are chosen by their live session beside a cookie of the present issuer", async () => {
    const { before, after } = rename();
    const [gone, live] = [await after.login("ada"), await before.login("ada")];
    await after.revoke({ token: gone.refreshToken });
    const set = new Map<string, string>();
    const cookie = `__Host-refresh=${gone.refreshToken}; __Host-refresh=${live.refreshToken}`;
    const headers = { cookie, "sec-fetch-site": "same-origin" };
    const setCookie = (_: string, { name, value }: { name: string; value: string }): unknown => set.set(name, value);
    await after
      .forRequest({ headers, method: "POST", setCookie: (header, one) => void setCookie(header, one) })
      .refresh();
    expect((await after.verify(set.get("__Host-auth") ?? "")).claims.iss).toBe(ISSUER);
  });
});

/** Emits the present issuer that a resolver sees, and stops when the caller leaves. */
async function* issuersOf(auth: { token: { claims: { iss?: string } } | null }): AsyncGenerator<string> {
  for (;;) yield auth.token?.claims.iss ?? "";
}

describe("a stream of a caller with a token of a former issuer", () => {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const router = t.router({
    names: t.procedure.use(requireToken({ type: "auth" })).subscription(({ ctx }) => issuersOf(ctx.auth)),
  });
  const directive = requireTokenDirective();
  const schema = directive.apply(
    makeExecutableSchema({
      typeDefs: [directive.typeDefs, "type Query { a: Int } type Subscription { names: String @requireToken }"],
      resolvers: {
        Subscription: {
          names: {
            subscribe: (_: unknown, __: unknown, { auth }: { auth: RequestAuth }) => issuersOf(auth),
            resolve: (name: string) => name,
          },
        },
      },
    }),
  );

  it.each<[name: string, open: (auth: RequestAuth) => Promise<() => Promise<string>>]>([
    [
      "tRPC",
      async (auth) => {
        const stream = (await router.createCaller({ auth }).names()) as AsyncIterable<string>;
        const iterator = stream[Symbol.asyncIterator]();
        return async () => (await iterator.next()).value as string;
      },
    ],
    [
      "GraphQL",
      async (auth) => {
        const document = parse("subscription { names }");
        const stream = (await subscribe({
          schema,
          document,
          contextValue: { auth },
        })) as AsyncIterableIterator<ExecutionResult>;
        return async () => {
          const { data, errors } = (await stream.next()).value as ExecutionResult;
          const [error] = errors ?? [];
          if (error) throw error.originalError ?? error;
          return String(data?.["names"]);
        };
      },
    ],
  ])("over %s shows the present issuer, and ends at `until`", async (_, open) => {
    const { clock, before, after } = rename({ authMaxAge: 5000 });
    const next = await open(after.forRequest({ token: (await before.authToken("ada")).signed }));
    expect([await next(), await next()]).toEqual([ISSUER, ISSUER]);
    clock.set(UNTIL - 1);
    expect(await next()).toBe(ISSUER);
    clock.set(UNTIL);
    const error: unknown = await next().then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(JSON.stringify(error, ["reason", "cause", "extensions", "auth"])).toContain("ISSUER_INVALID");
  });
});
