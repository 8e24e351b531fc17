/** Changed cookie settings, in a real browser over TLS: duplicate cookies never lock a user out. */
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import {
  type AuthContext,
  AuthManager,
  type AuthManagerOptions,
  type CookieConfig,
  memorySessionStore,
  type RequestAuth,
  type SessionStore,
} from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { createTestClock, type TestClock } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { createYoga } from "graphql-yoga";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CERTIFICATE, CERTIFIED_PRIVATE_KEY } from "../../core/jwt/keys/key-kinds.ts";
import { ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { describeWithService } from "../../support/describe-with-service.ts";
import { probeChromium } from "./browser-stage.ts";

const HOST = "app.shop.test";
const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure } = authProcedures(t.procedure);
let remember: boolean | undefined;
const loginAs = (auth: Pick<RequestAuth, "login">) => auth.login("ada", remember === undefined ? {} : { remember });
const router = t.router({
  login: publicProcedure.mutation(({ ctx }) => loginAs(ctx.auth)),
  refresh: publicProcedure.mutation(({ ctx }) => ctx.auth.refresh()),
  logout: publicProcedure.mutation(({ ctx }) => ctx.auth.logout()),
  me: protectedProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
  greet: optionalProcedure.mutation(({ ctx }) => ctx.auth.token?.sub ?? "stranger"),
});
const directive = requireTokenDirective();
type Resolver = (_: unknown, __: unknown, context: { auth: RequestAuth }) => unknown;
const done =
  (work: (auth: RequestAuth) => Promise<unknown>): Resolver =>
  async (_, __, { auth }) => {
    await work(auth);
    return "done";
  };
const resolvers: Record<string, Resolver> = {
  login: done(loginAs),
  refresh: done((auth) => auth.refresh()),
  logout: done((auth) => auth.logout()),
  me: (_, __, { auth }) => auth.token?.sub,
  greet: (_, __, { auth }) => auth.token?.sub ?? "stranger",
};
const schema = directive.apply(
  makeExecutableSchema({
    typeDefs: [
      directive.typeDefs,
      `type Query { open: Int } type Mutation {
        login: String refresh: String logout: String me: String @requireToken greet: String @requireToken(optional: true)
      }`,
    ],
    resolvers: { Mutation: resolvers },
  }),
);

/** A server whose settings change between releases, while its store and its secret stay. */
class Site {
  clock!: TestClock;
  store!: SessionStore;
  auth!: AuthManager;
  #handle: RequestListener = () => undefined;
  readonly server: Server = createServer({ cert: CERTIFICATE, key: CERTIFIED_PRIVATE_KEY }, (req, res) =>
    this.#handle(req, res),
  );

  /** Removes all sessions. */
  reset(): void {
    this.clock = createTestClock(NOW);
    this.store = memorySessionStore();
    this.release(names);
  }

  release(cookies: CookieConfig, config: AuthManagerOptions = {}): void {
    const key = { issuer: ISSUER, algorithm: "HS256", secret: SECRET } as const;
    this.auth = new AuthManager({
      ...key,
      now: this.clock.now,
      sessions: this.store,
      cookies,
      ...config,
    });
    const createContext = createTRPCContext(this.auth);
    const trpc = createHTTPHandler({ router, basePath: "/api/trpc/", createContext });
    const yoga = createYoga({ schema, logging: false, graphqlEndpoint: "/api/graphql", plugins: [useAuth(this.auth)] });
    this.#handle = (req, res) => {
      if (req.url === "/api/page") res.end("<!doctype html><title>here</title>");
      else if (req.url?.startsWith("/api/trpc/")) trpc(req, res);
      else void yoga(req, res);
    };
  }
}

const names = { auth: "__Secure-auth", refresh: "__Secure-refresh" };

describeWithService("cookies in Chromium", probeChromium, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const site = new Site();
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] || "/usr/bin/chromium",
      args: ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"],
    });
    await new Promise<void>((resolve) => site.server.listen(0, "127.0.0.1", resolve));
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
    site.reset();
    await page.goto(`https://${HOST}:${(site.server.address() as AddressInfo).port}/api/page`);
  });
  afterAll(async () => {
    await browser.close();
    site.server.closeAllConnections();
    await new Promise((resolve) => site.server.close(resolve));
  });
  beforeEach(async () => {
    remember = undefined;
    site.reset();
    await context.clearCookies();
  });

  type Call = "login" | "refresh" | "logout" | "me" | "greet";
  type Ask = (call: Call) => Promise<string>;

  /** The result of a call: a subject, `"done"`, or the reason of a refusal. */
  const TRANSPORTS: readonly (readonly [name: string, ask: Ask])[] = [
    [
      "tRPC",
      async (call) => {
        const { result, error } = (await post(`/api/trpc/${call}`, undefined)) as {
          result?: { data?: unknown };
          error?: { data: { auth: { reason: string } } };
        };
        if (error) return error.data.auth.reason;
        return typeof result?.data === "string" ? result.data : "done";
      },
    ],
    [
      "GraphQL",
      async (call) => {
        const { data, errors } = (await post("/api/graphql", { query: `mutation { ${call} }` })) as {
          data?: Record<string, string>;
          errors?: { extensions: { auth: { reason: string } } }[];
        };
        return errors?.[0]?.extensions.auth.reason ?? data?.[call] ?? "nothing";
      },
    ],
  ];
  const post = (path: string, body: unknown): Promise<unknown> =>
    page.evaluate(
      async ([to, text]) => {
        const headers = { "content-type": "application/json" };
        const response = await fetch(to, { method: "POST", headers, ...(text === null ? {} : { body: text }) });
        return (await response.json()) as unknown;
      },
      [path, body === undefined ? null : JSON.stringify(body)] as const,
    );

  interface Jar {
    readonly name: string;
    readonly domain: string;
    readonly path: string;
    readonly expires: number;
  }
  const jar = async (): Promise<Jar[]> =>
    (await context.cookies()).map(({ name, domain, path, expires }) => ({ name, domain, path, expires }));
  const places = async (): Promise<string[]> =>
    (await jar()).map(({ name, domain, path }) => `${name} ${domain}${path}`).toSorted();
  const sessions = async (): Promise<number> => (await site.auth.sessions("ada")).length;

  /** Settings before and after a change, such that the browser sends two cookies of one name. */
  const CHANGES: readonly (readonly [change: string, before: CookieConfig, after: CookieConfig, places: string[]])[] = [
    [
      "a domain is added",
      names,
      { ...names, domain: "shop.test" },
      ["__Secure-auth .shop.test/", "__Secure-refresh .shop.test/"],
    ],
    [
      "a domain is removed",
      { ...names, domain: "shop.test" },
      names,
      [`__Secure-auth ${HOST}/`, `__Secure-refresh ${HOST}/`],
    ],
    [
      "the domain changes",
      { ...names, domain: "shop.test" },
      { ...names, domain: HOST },
      [`__Secure-auth .${HOST}/`, `__Secure-refresh .${HOST}/`],
    ],
    [
      "the path changes",
      names,
      { ...names, path: "/api" },
      [`__Secure-auth ${HOST}/api`, `__Secure-refresh ${HOST}/api`],
    ],
    [
      "the path becomes shorter",
      { ...names, path: "/api" },
      names,
      [`__Secure-auth ${HOST}/`, `__Secure-refresh ${HOST}/`],
    ],
    [
      "the cookies are no longer partitioned",
      { auth: "auth", refresh: "refresh", partitioned: true, sameSite: "none" },
      { auth: "auth", refresh: "refresh" },
      [`__Host-auth ${HOST}/`, `__Host-refresh ${HOST}/`],
    ],
    [
      "the cookies are partitioned",
      { auth: "auth", refresh: "refresh" },
      { auth: "auth", refresh: "refresh", partitioned: true, sameSite: "none" },
      [`__Host-auth ${HOST}/`, `__Host-refresh ${HOST}/`],
    ],
  ];

  type Cookies = Awaited<ReturnType<BrowserContext["cookies"]>>;

  /** A browser with the cookies of a login under the previous settings. */
  const logInBefore = async (ask: Ask, before: CookieConfig, after: CookieConfig): Promise<Cookies> => {
    await context.clearCookies();
    await site.auth.revoke({ subject: "ada" });
    site.release(before);
    expect(await ask("login")).toBe("done");
    site.release(after);
    expect(await ask("me")).toBe("ada");
    return context.cookies();
  };

  /**
   * Gives the browser two cookies of each name. Both are of one session; the newer ones have the
   * current settings.
   */
  const getBoth = async (ask: Ask, before: CookieConfig, after: CookieConfig): Promise<void> => {
    const former = await logInBefore(ask, before, after);
    site.clock.advance(60);
    await ask("refresh");
    await context.addCookies(former);
    expect(await jar()).toHaveLength(4);
    expect(await ask("me")).toBe("CREDENTIALS_AMBIGUOUS");
    expect(await ask("greet")).toBe("CREDENTIALS_AMBIGUOUS");
  };

  test.each(CHANGES)(
    "a user with two cookies of one name can refresh, log in and log out, when %s",
    async (_, before, after, expected) => {
      const [[, byProcedure], [, byField]] = TRANSPORTS as [(typeof TRANSPORTS)[0], (typeof TRANSPORTS)[0]];
      // When the two differ, the refresh uses the token of the live session and clears the other
      // cookie.
      await getBoth(byProcedure, before, after);
      expect(await byField("refresh")).toBe("done");
      expect(await places()).toEqual(expected);
      expect([await byProcedure("me"), await byField("me"), await sessions()]).toEqual(["ada", "ada", 1]);
      // A login succeeds and clears the other cookie.
      await getBoth(byField, before, after);
      expect(await byProcedure("login")).toBe("done");
      expect(await places()).toEqual(expected);
      expect(await byField("me")).toBe("ada");
      // A logout ends both sessions and clears all cookies.
      await getBoth(byProcedure, before, after);
      expect(await byProcedure("logout")).toBe("done");
      expect([await jar(), await sessions()]).toEqual([[], 0]);
      expect(await byField("greet")).toBe("stranger");
    },
    60_000,
  );

  test.each(CHANGES)(
    "a user with only the previous cookies can refresh, log in and log out, when %s",
    async (_, before, after, expected) => {
      const [[, byProcedure], [, byField]] = TRANSPORTS as [(typeof TRANSPORTS)[0], (typeof TRANSPORTS)[0]];
      await logInBefore(byProcedure, before, after);
      expect(await byField("login")).toBe("done");
      expect([await places(), await byField("me")]).toEqual([expected, "ada"]);
      await logInBefore(byField, before, after);
      expect(await byProcedure("logout")).toBe("done");
      expect([await jar(), await byField("greet")]).toEqual([[], "stranger"]);
      // The next refresh clears the cookies that the first one may leave.
      await logInBefore(byField, before, after);
      site.clock.advance(60);
      expect(await byProcedure("refresh")).toBe("done");
      site.clock.advance(60);
      expect(await byField("refresh")).toBe("done");
      expect([await places(), await byField("me"), await sessions()]).toEqual([expected, "ada", 1]);
    },
    60_000,
  );

  test.each(TRANSPORTS)("over %s two live sessions are ambiguous, and a logout ends both", async (_, ask) => {
    expect(await ask("login")).toBe("done");
    site.release({ ...names, path: "/api" });
    const first = await context.cookies();
    await context.clearCookies();
    expect(await ask("login")).toBe("done");
    await context.addCookies(first);
    expect([await jar(), await sessions()].map((one) => (typeof one === "number" ? one : one.length))).toEqual([4, 2]);
    expect(await ask("refresh")).toBe("CREDENTIALS_AMBIGUOUS");
    expect(await sessions()).toBe(2);
    expect(await ask("logout")).toBe("done");
    expect([await jar(), await sessions()]).toEqual([[], 0]);
  });

  test.each(
    TRANSPORTS,
  )("over %s cookies with previous settings are renewed without a login, until they expire", async (_, ask) => {
    const bare = { auth: "auth", refresh: "refresh" };
    for (const isInTime of [true, false]) {
      site.release(bare);
      expect(await ask("login")).toBe("done");
      const until = site.clock.now() + 100;
      site.release({ ...bare, domain: "shop.test", former: [{ until }] });
      expect(await ask("me")).toBe("TOKEN_MISSING");
      site.clock.advance(isInTime ? 99 : 100);
      expect(await ask("refresh")).toBe(isInTime ? "done" : "TOKEN_MISSING");
      expect(await ask("me")).toBe(isInTime ? "ada" : "TOKEN_MISSING");
      if (!isInTime) await ask("login");
      expect(await places()).toEqual(["__Secure-auth .shop.test/", "__Secure-refresh .shop.test/"]);
      expect(await ask("logout")).toBe("done");
      expect(await jar()).toEqual([]);
      await site.auth.revoke({ subject: "ada" });
    }
    // A logout also ends the session of previous cookies.
    site.release(bare);
    expect(await ask("login")).toBe("done");
    site.release({ ...bare, domain: "shop.test", former: [{ until: site.clock.now() + 100 }] });
    expect(await ask("logout")).toBe("done");
    expect([await jar(), await sessions()]).toEqual([[], 0]);
  });

  test.each(
    TRANSPORTS,
  )("over %s an expired login is reported as expired, not as missing, and ends with the session", async (_, ask) => {
    site.release(names, { authMaxAge: 60, refreshMaxAge: 600, sessionCheck: "always", sessionCheckTtl: 0 });
    expect(await ask("login")).toBe("done");
    const now = Date.now() / 1000;
    for (const { expires } of await jar()) {
      expect(expires).toBeGreaterThan(now + 590);
      expect(expires).toBeLessThan(now + 610);
    }
    site.clock.advance(61);
    expect(await ask("me")).toBe("TOKEN_EXPIRED");
    expect(await ask("greet")).toBe("TOKEN_EXPIRED");
    expect(await ask("refresh")).toBe("done");
    expect(await ask("greet")).toBe("ada");
    await site.auth.revoke({ subject: "ada" });
    expect(await ask("greet")).toBe("TOKEN_REVOKED");
    expect(await jar()).toEqual([]);
    expect(await ask("greet")).toBe("stranger");
  });

  test.each(
    TRANSPORTS,
  )("over %s a login without `remember` ends with the browser, also after a refresh", async (_, ask) => {
    remember = false;
    expect(await ask("login")).toBe("done");
    expect((await jar()).map(({ expires }) => expires)).toEqual([-1, -1]);
    site.clock.advance(60);
    expect(await ask("refresh")).toBe("done");
    expect((await jar()).map(({ expires }) => expires)).toEqual([-1, -1]);
    remember = true;
    expect(await ask("login")).toBe("done");
    expect((await jar()).every(({ expires }) => expires > Date.now() / 1000)).toBe(true);
  });
});
