/** Stale cookies that a response clears: every place where a browser may have stored one. */
import type { CookieConfig } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { describe, expect, it } from "vitest";
import { placeOf, readSetCookie } from "../../src/core/exchange/cookies.ts";
import { bare, both, cleared, nodeResponse, OWN, open } from "../support/cookie-requests.ts";

describe("the stale cookies that a response clears", () => {
  it("are few when the browser sends no cookie, or one of each name", async () => {
    const { auth, request } = open();
    const fresh = request("");
    await fresh.request.login("ada");
    expect(fresh.lines()).toHaveLength(2);
    const { authToken, refreshToken } = await auth.login("ada");
    const cookie = `__Host-auth=${authToken}; __Host-refresh=${refreshToken}`;
    const known = request(cookie);
    await known.request.refresh();
    expect(known.lines()).toHaveLength(2);
    // A login or a logout also clears the partitioned variant, which the browser may have kept.
    const writes: ((one: typeof known.request) => Promise<unknown>)[] = [
      (one) => one.logout(),
      (one) => one.login("ada"),
    ];
    for (const write of writes) {
      const asked = request(cookie);
      await write(asked.request);
      expect(asked.lines().slice(0, 2)).toEqual([
        "__Host-auth=; Max-Age=0; Path=/; Secure; Partitioned",
        "__Host-refresh=; Max-Age=0; Path=/; Secure; Partitioned",
      ]);
      expect(asked.lines()).toHaveLength(4);
    }
  });

  it("include every variant that the browser may have sent, except the cookie that is set", async () => {
    const { auth, request } = open({ auth: "__Secure-a", refresh: "__Secure-r", domain: "shop.test", path: "/api" });
    const { authToken, refreshToken } = await auth.login("ada");
    const asked = request(`${both("__Secure-a", authToken, "x")}; ${both("__Secure-r", refreshToken, "y")}`);
    await asked.request.login("ada");
    const places = asked.set.map(({ name, attributes: { domain, path, partitioned, maxAge } }) =>
      [name, domain ?? "host", path, partitioned === true, maxAge === 0].join(" "),
    );
    for (const name of ["__Secure-a", "__Secure-r"])
      for (const domain of ["host", "shop.test", "app.shop.test"])
        for (const path of ["/api", "/"])
          for (const partitioned of [false, true]) {
            const isSet = domain === "shop.test" && path === "/api" && !partitioned;
            expect(places).toContain([name, domain, path, partitioned, !isSet].join(" "));
            expect(places).not.toContain([name, domain, path, partitioned, isSet].join(" "));
          }
    expect(places.slice(-2)).toEqual([
      "__Secure-a shop.test /api false false",
      "__Secure-r shop.test /api false false",
    ]);
  });

  /** The places cleared by one login per second for requests with `count` cookies of each name. */
  const placesAt = async (
    today: CookieConfig,
    {
      url,
      count,
      seconds,
      host = "app.eu.example.com",
    }: { readonly url: string; readonly count: number; readonly seconds: number; readonly host?: string },
  ): Promise<Set<string>> => {
    const names = { auth: "__Secure-auth", refresh: "__Secure-refresh" };
    const { auth, clock } = open({ ...names, ...today });
    const { authToken, refreshToken } = await auth.login("ada");
    const auths = both("__Secure-auth", ...["old", authToken].slice(-count));
    const cookie = `${auths}; ${both("__Secure-refresh", ...["old", refreshToken].slice(-count))}`;
    const places = new Set<string>();
    for (let second = 0; second < seconds; second++) {
      clock.advance(1);
      const res = nodeResponse();
      const req = { headers: { ...OWN, host, cookie }, url, method: "POST" };
      await createGraphQLContext(auth)({ req, res }).auth.login("ada");
      for (const line of cleared(res.cookies())) places.add(readSetCookie(line).place);
    }
    return places;
  };

  it("include at once a cookie that differs in two frequently changed attributes", async () => {
    for (const [old, today, url = "/api/trpc/auth.login"] of [
      [{ domain: "eu.example.com", partitioned: true }, { domain: "example.com" }],
      [{ domain: "eu.example.com" }, { domain: "example.com", partitioned: true }],
      [{ path: "/api" }, { domain: "example.com" }],
      [{ domain: "example.com", partitioned: true }, { domain: "example.com" }],
      [{ domain: "example.com", path: "/api" }, {}],
      // The path of the request itself, and a path with a trailing slash.
      [{ path: "/graphql" }, { domain: "example.com" }, "/graphql"],
      [{ path: "/graphql", domain: "eu.example.com" }, { domain: "example.com" }, "/graphql"],
      [{ path: "/api/trpc/auth.login" }, {}],
      [{ path: "/api/" }, { path: "/api" }],
      [{ domain: "example.com", path: "/api/trpc/" }, { domain: "example.com" }],
    ] as readonly (readonly [old: CookieConfig, today: CookieConfig, url?: string])[]) {
      const former = placeOf("__Secure-refresh", { path: "/", ...old });
      expect([old, (await placesAt(today, { url, count: 1, seconds: 1 })).has(former)]).toEqual([old, true]);
    }
  });

  it("include every possible variant after some attempts", async () => {
    const [domains, paths] = [
      [undefined, "example.com", "eu.example.com", "app.eu.example.com"],
      ["/", "/api", "/api/", "/api/trpc", "/api/trpc/", "/api/trpc/auth.login"],
    ];
    for (const today of [
      {},
      { path: "/api/" },
      { domain: "example.com", path: "/api/trpc/" },
      { domain: "example.com", partitioned: true },
    ]) {
      const options = { url: "/api/trpc/auth.login", count: 2, seconds: 60 };
      const places = await placesAt(today, options);
      const everywhere = domains.flatMap((domain) =>
        paths.flatMap((path) =>
          [false, true].map((partitioned) =>
            placeOf("__Secure-refresh", { ...(domain ? { domain } : {}), path, partitioned }),
          ),
        ),
      );
      const own = placeOf("__Secure-refresh", { path: "/", ...today });
      expect(everywhere.filter((place) => place !== own && !places.has(place))).toEqual([]);
    }
  });

  it("include every variant for a long path and a deep host after more attempts", async () => {
    const options = { url: "/services/v1/public/trpc/auth.login", count: 2, seconds: 200, host: "a.b.c.d.example.com" };
    const places = await placesAt({ domain: "d.example.com", path: "/services/v1/" }, options);
    for (const domain of ["", "example.com", "c.d.example.com", "b.c.d.example.com"])
      for (const path of [
        "/",
        "/services",
        "/services/",
        "/services/v1",
        "/services/v1/public",
        "/services/v1/public/",
      ])
        for (const partitioned of [false, true])
          expect(places).toContain(placeOf("__Secure-refresh", { domain, path, partitioned }));
  });

  it("include every variant of a single cookie after several logouts", async () => {
    const { auth, clock } = open({ ...bare, domain: "example.com" });
    const places = new Set<string>();
    for (let n = 0; n < 90; n++) {
      clock.advance(1);
      const res = nodeResponse();
      const headers = { ...OWN, host: "app.eu.example.com", cookie: "__Secure-auth=planted" };
      await createGraphQLContext(auth)({ req: { headers, url: "/api/graphql", method: "POST" }, res }).auth.logout();
      for (const line of cleared(res.cookies())) places.add(readSetCookie(line).place);
    }
    for (const domain of ["", "example.com", "eu.example.com", "app.eu.example.com"])
      for (const path of ["/", "/api", "/api/", "/api/graphql"])
        for (const partitioned of [false, true])
          expect(places).toContain(placeOf("__Secure-auth", { domain, path, partitioned }));
  });

  it("leave room for the tokens in a response head of four kilobytes", async () => {
    for (const pad of [0, 300, 600, 900]) {
      const { auth } = open({ ...bare, domain: "example.com" });
      const claims = { pad: "x".repeat(pad) };
      const { authToken, refreshToken } = await auth.login("ada", { claims });
      const cookie = `__Secure-auth=${authToken}; __Secure-refresh=${refreshToken}`;
      const res = nodeResponse();
      const headers = { ...OWN, host: "app.eu.example.com", cookie };
      const req = { headers, url: "/api/v1/trpc/login", method: "POST" };
      await createGraphQLContext(auth)({ req, res }).auth.login("ada", { claims });
      const bytes = res
        .cookies()
        .map((line) => `Set-Cookie: ${line}\r\n`)
        .join("").length;
      expect([pad, bytes <= 3500]).toEqual([pad, true]);
    }
  });

  it("include parent domains of a host with an invalid label", async () => {
    for (const host of ["my_app.example.com", "-a.example.com", "_x.eu.example.com"]) {
      const places = await placesAt({ path: "/api" }, { url: "/api/trpc/login", count: 2, seconds: 60, host });
      for (const path of ["/api", "/"])
        expect(places).toContain(placeOf("__Secure-refresh", { domain: "example.com", path }));
    }
  });

  it("have no domain of a host that cannot have cookies, and the call succeeds", async () => {
    for (const host of ["-a.example.com", "a-.example.com", "a..example.com", "_a.example.com", "[::1]", "10.0.0.1"]) {
      const { auth, request } = open({ ...bare, domain: "example.com" });
      const { refreshToken } = await auth.login("ada");
      const cookie = both("__Secure-refresh", "old", refreshToken);
      for (const act of ["login", "refresh", "logout"] as const) {
        const asked = request(cookie, { ...OWN, host });
        await (act === "login" ? asked.request.login("ada") : asked.request[act]());
        expect(asked.set.map(({ attributes }) => attributes.domain ?? "")).not.toContain(host);
      }
    }
  });

  it("include the domains of the browser's host when a proxy has rewritten the Host header", async () => {
    const names = { auth: "__Secure-auth", refresh: "__Secure-refresh" };
    const placesAfter = async (today: CookieConfig, headers: Record<string, string>): Promise<string[]> => {
      const { auth } = open({ ...names, ...today });
      const { authToken, refreshToken } = await auth.login("ada");
      const cookie = `${both("__Secure-auth", "old", authToken)}; ${both("__Secure-refresh", "old", refreshToken)}`;
      const res = nodeResponse();
      const req = { headers: { host: "127.0.0.1:8080", cookie, ...headers }, url: "/", method: "POST" };
      await createGraphQLContext(auth)({ req, res }).auth.logout();
      return cleared(res.cookies()).map((line) => readSetCookie(line).place);
    };
    const own = { "sec-fetch-site": "same-origin", origin: "https://app.api.example.com" };
    const onParent = placeOf("__Secure-refresh", { domain: "api.example.com", path: "/" });
    expect(await placesAfter({ domain: "example.com" }, own)).toContain(onParent);
    // Older cookies may exist on parents of the current domain.
    const onTop = placeOf("__Secure-refresh", { domain: "example.com", path: "/" });
    const { origin: _, ...withoutOrigin } = own;
    expect(await placesAfter({ domain: "api.example.com" }, withoutOrigin)).toContain(onTop);
    expect(await placesAfter({ domain: ".api.example.com" }, withoutOrigin)).toContain(onTop);
    // The origin of another allowed site says nothing about this host.
    const other = { "sec-fetch-site": "same-site", origin: "https://app.other.com" };
    const { auth } = open({ ...names, domain: "example.com" }, { csrf: { origins: [other.origin] } });
    const res = nodeResponse();
    const cookie = both("__Secure-auth", "old", (await auth.login("ada")).authToken);
    const req = { headers: { host: "api.example.com", cookie, ...other }, url: "/", method: "POST" };
    await createGraphQLContext(auth)({ req, res }).auth.logout();
    expect(res.cookies().join()).not.toContain("other.com");
    expect(res.cookies().join()).toContain("Domain=api.example.com");
  });

  it("are bounded in size for every host and path", async () => {
    const { auth } = open({ auth: "__Secure-a", refresh: "__Secure-r", path: "/x" });
    for (const [host, url] of [
      ["a.b.c.d.e.f.g.example.com", `/${"p/".repeat(50)}?q=1`],
      ["a.b.c.example.com", `/${"dashboard.widgetNumber,".repeat(60)}auth.refresh?batch=1`],
      ["a.b.c.example.com", `/${`${"x".repeat(50)}/`.repeat(40)}`],
      ["a.example.com:8443", "/../<script>/%20"],
      ["127.0.0.1:80", "https://127.0.0.1/api"],
      ["[::1]:80", "/"],
      ["localhost", "//"],
      ["..", "?"],
    ] as const) {
      const cookie = "__Secure-a=x; __Secure-a=y; __Secure-r=x; __Secure-r=y";
      const res = nodeResponse();
      const req = { headers: { "sec-fetch-site": "same-origin", host, cookie }, url, method: "POST" };
      await createGraphQLContext(auth)({ req, res }).auth.login("ada");
      const lines = res.cookies();
      const stale = cleared(lines);
      expect(stale.length).toBeGreaterThan(0);
      expect(stale.join("").length).toBeLessThanOrEqual(2400);
      expect(lines.filter((line) => !line.includes("Max-Age=0"))).toHaveLength(2);
      for (const line of stale) expect(line).not.toMatch(/Domain=(\d|com;|localhost|\.)|[<>]/);
    }
  });
});
