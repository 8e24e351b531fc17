/** A cookie is valid only if another site cannot have sent it, over HTTP and WebSockets. */
import { createTRPCClient, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, forbidden, resultOf, sendCall } from "../support/trpc.ts";
import { type Adapter, httpAdapters, serve, socketAdapters } from "./adapters.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure, refreshProcedure, optionalProcedure } = authProcedures(t.procedure);

const router = t.router({
  open: publicProcedure.mutation(() => "open"),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  act: protectedProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
  optional: optionalProcedure.mutation(({ ctx }) => ctx.auth.token?.sub ?? null),
  renew: refreshProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
});

const rejected = forbidden("CSRF_REJECTED");
const app = "https://app.example.com";

async function start(startServer: Adapter["start"]) {
  const { auth } = createAuth({
    cookies: { auth: "auth", refresh: "refresh" },
    csrf: { origins: [app, "capacitor://localhost"], allow: (origin) => origin === "https://pr-7.example" },
  });
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startServer);
  const token = (await auth.authToken("alice")).signed;
  const cookie = `auth=${token}; refresh=${(await auth.refreshToken("alice")).signed}`;
  return { url, token, cookie, host: new URL(url).host };
}

/** The headers that a browser sends, by the page that sends the request. `host` is the server's. */
const fromElsewhere = (host: string): Record<string, Record<string, string>> => ({
  "another site": { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  "another site without Sec-Fetch-Site": { origin: "https://evil.example" },
  "another port of this host": { origin: `http://${host.replace(/:\d+$/, ":1")}`, "sec-fetch-site": "same-site" },
  "another port without Sec-Fetch-Site": { origin: `http://${host.replace(/:\d+$/, ":1")}` },
  "a subdomain": { origin: `http://evil.${host}`, "sec-fetch-site": "same-site" },
  "a host with the same prefix": { origin: `http://${host}.evil.example` },
  "a sandboxed frame": { origin: "null", "sec-fetch-site": "cross-site" },
  "an origin with an allowed one as its prefix": { origin: `${app}.evil.example` },
  "an allowed host over another scheme": { origin: app.replace("https", "http") },
  "a page that sends no Origin": { "sec-fetch-site": "cross-site" },
  "this host over http, marked cross-site": { origin: `http://${host}`, "sec-fetch-site": "cross-site" },
  "this host, marked same-site": { origin: `http://${host}`, "sec-fetch-site": "same-site" },
  "an origin with a path": { origin: `http://${host}/` },
  "an origin with credentials": { origin: `http://user@${host}` },
  "an origin with a path, marked same-origin": { origin: `http://${host}/x`, "sec-fetch-site": "same-origin" },
});
const fromHere = (host: string): Record<string, Record<string, string>> => ({
  "this origin": { origin: `http://${host}`, "sec-fetch-site": "same-origin" },
  "this origin without Sec-Fetch-Site": { origin: `http://${host}` },
  "the address bar": { "sec-fetch-site": "none" },
  "an allowed origin": { origin: app, "sec-fetch-site": "cross-site" },
  "a mobile app": { origin: "capacitor://localhost" },
  "an origin that csrf.allow accepts": { origin: "https://pr-7.example", "sec-fetch-site": "cross-site" },
});
const elsewhere = Object.keys(fromElsewhere("127.0.0.1:2"));
const here = Object.keys(fromHere("127.0.0.1:2"));

describe.each(httpAdapters)("a cookie over $name", ({ start: startServer }) => {
  test.each(elsewhere)("is rejected from %s, with every method", async (where) => {
    const { url, cookie, host } = await start(startServer);
    const headers = { cookie, ...fromElsewhere(host)[where] };
    const post = await sendCall(`${url}/act`, { method: "POST", headers });
    expect(resultOf(post)).toEqual(rejected);
    expect(post.status).toBe(403);
    expect(post.headers["www-authenticate"]).toBe(
      'Bearer error="invalid_request", error_description="The request is not known to come from an allowed origin"',
    );
    expect(resultOf(await sendCall(`${url}/renew`, { method: "POST", headers }))).toEqual(rejected);
    expect(resultOf(await sendCall(`${url}/optional`, { method: "POST", headers }))).toEqual(rejected);
    expect(resultOf(await sendCall(`${url}/me`, { headers }))).toEqual(rejected);
  });

  test.each(here)("is accepted from %s", async (where) => {
    const { url, cookie, host } = await start(startServer);
    const headers = { cookie, ...fromHere(host)[where] };
    for (const name of ["act", "renew", "optional"]) {
      expect(resultOf(await sendCall(`${url}/${name}`, { method: "POST", headers }))).toBe("alice");
    }
    expect(resultOf(await sendCall(`${url}/me`, { headers }))).toBe("alice");
  });

  test("is accepted without Origin and Sec-Fetch-Site only with a safe method", async () => {
    const { url, cookie } = await start(startServer);
    const headers = { cookie };
    expect(resultOf(await sendCall(`${url}/me`, { headers }))).toBe("alice");
    expect(resultOf(await sendCall(`${url}/act`, { method: "POST", headers }))).toEqual(rejected);
    expect(resultOf(await sendCall(`${url}/renew`, { method: "POST", headers }))).toEqual(rejected);
  });

  test("is ignored when a header has the token, and in an open procedure", async () => {
    const { url, cookie, token, host } = await start(startServer);
    const headers = { cookie, ...fromElsewhere(host)["another site"] };
    expect(resultOf(await sendCall(`${url}/open`, { method: "POST", headers }))).toBe("open");
    const withHeader = { ...headers, authorization: `Bearer ${token}` };
    expect(resultOf(await sendCall(`${url}/act`, { method: "POST", headers: withHeader }))).toBe("alice");
  });

  test("is not required: an anonymous caller from another site is accepted when the token is optional", async () => {
    const { url, host } = await start(startServer);
    const headers = { cookie: "theme=dark; auth=", ...fromElsewhere(host)["another site"] };
    expect(resultOf(await sendCall(`${url}/optional`, { method: "POST", headers }))).toBeNull();
  });
});

describe.each(socketAdapters)("a cookie on an upgrade over $name", ({ start: startServer }) => {
  const connect = (url: string, headers: Record<string, string>): TRPCClient<typeof router> =>
    createTRPCClient({ links: [wsLink({ client: openSocket(url, { headers }) })] });

  test.each(elsewhere)("is rejected from %s, for every call", async (where) => {
    const { url, cookie, host } = await start(startServer);
    const client = connect(url, { cookie, ...fromElsewhere(host)[where] });
    expect(await clientRefusalOf(client.me.query())).toEqual(rejected);
    expect(await clientRefusalOf(client.act.mutate())).toEqual(rejected);
    expect(await client.open.mutate()).toBe("open");
  });

  test.each(here)("is accepted from %s", async (where) => {
    const { url, cookie, host } = await start(startServer);
    const client = connect(url, { cookie, ...fromHere(host)[where] });
    expect(await client.me.query()).toBe("alice");
    expect(await client.act.mutate()).toBe("alice");
  });

  test("is rejected without Origin and Sec-Fetch-Site, although an upgrade is a GET", async () => {
    const { url, cookie } = await start(startServer);
    expect(await clientRefusalOf(connect(url, { cookie }).me.query())).toEqual(rejected);
  });
});
