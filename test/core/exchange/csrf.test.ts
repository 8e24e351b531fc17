/** The CSRF check: a cookie counts only in a request that another site cannot have sent. */
import { describe, expect, it } from "vitest";
import { ownHostOf } from "../../../src/core/exchange/csrf.ts";
import type { RequestSource } from "../../../src/core/exchange/request-source.ts";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { fetchGuarded } from "../../support/fetch-guarded.ts";
import { forge, goodClaims } from "../../support/forge.ts";

const token = forge();
const { auth } = createAuth({
  cookies: { auth: "t" },
  csrf: {
    origins: [
      "https://app.example",
      "http://localhost:3000",
      "capacitor://localhost",
      "chrome-extension://abcdefghijklmnop",
    ],
  },
});
const cookie = { cookie: `t=${token}`, host: "api.example" };
const REJECTED = "CSRF_REJECTED";

const verdict = async (headers: Record<string, string | string[]>, method?: string): Promise<string> =>
  auth
    .forRequest({ headers: { ...cookie, ...headers }, ...(method === undefined ? {} : { method }) })
    .require()
    .then(
      () => "accepted",
      (error: { reason: string }) => error.reason,
    );

const ANY_METHOD: ReadonlyArray<readonly [verdict: string, headers: Record<string, string | string[]>]> = [
  ["accepted", { "sec-fetch-site": "same-origin" }],
  ["accepted", { "sec-fetch-site": "none" }],
  [REJECTED, { "sec-fetch-site": "same-site" }],
  [REJECTED, { "sec-fetch-site": "cross-site" }],
  [REJECTED, { "sec-fetch-site": "" }],
  [REJECTED, { "sec-fetch-site": "Same-Origin" }],
  [REJECTED, { "sec-fetch-site": ["same-origin", "cross-site"] }],
  [REJECTED, { "sec-fetch-site": "same-origin, cross-site" }],
  ["accepted", { origin: "https://api.example" }],
  ["accepted", { origin: "http://api.example" }],
  ["accepted", { origin: "https://api.example:443" }],
  ["accepted", { origin: "https://API.example" }],
  ["accepted", { origin: "https://app.example" }],
  ["accepted", { origin: "http://localhost:3000" }],
  ["accepted", { "sec-fetch-site": "same-site", origin: "https://app.example" }],
  ["accepted", { "sec-fetch-site": "cross-site", origin: "http://localhost:3000" }],
  [REJECTED, { origin: "https://evil.example" }],
  [REJECTED, { origin: "https://api.example.evil.example" }],
  [REJECTED, { origin: "https://sub.api.example" }],
  [REJECTED, { origin: "https://example" }],
  [REJECTED, { origin: "https://api.example:8443" }],
  [REJECTED, { origin: "http://app.example" }],
  [REJECTED, { origin: "https://app.example:444" }],
  [REJECTED, { origin: "http://localhost:3001" }],
  [REJECTED, { origin: "null" }],
  [REJECTED, { origin: "" }],
  [REJECTED, { origin: "api.example" }],
  [REJECTED, { origin: "file://api.example" }],
  [REJECTED, { origin: "chrome-extension://api.example" }],
  [REJECTED, { origin: ["https://app.example", "https://evil.example"] }],
  [REJECTED, { "sec-fetch-site": "same-site", origin: "https://evil.example" }],
  [REJECTED, { "sec-fetch-site": "cross-site", origin: "null" }],
  [REJECTED, { "sec-fetch-site": "cross-site", origin: "https://api.example" }],
  [REJECTED, { "sec-fetch-site": "cross-site", origin: "http://api.example" }],
  [REJECTED, { "sec-fetch-site": "same-site", origin: "https://api.example" }],
  [REJECTED, { "sec-fetch-site": "unheard-of", origin: "https://api.example" }],
  [REJECTED, { origin: "https://api.example/" }],
  [REJECTED, { origin: "https://api.example/path" }],
  [REJECTED, { origin: "https://api.example?query" }],
  [REJECTED, { origin: "https://api.example#fragment" }],
  [REJECTED, { origin: "https://user@api.example" }],
  [REJECTED, { origin: "https://user:password@app.example" }],
  [REJECTED, { origin: "https://api.example\\" }],
  [REJECTED, { origin: "https://api.example, https://api.example" }],
  [REJECTED, { origin: "https://api\u00AD.example" }],
  [REJECTED, { origin: " https://api.example" }],
  [REJECTED, { "sec-fetch-site": "same-origin", origin: "https://api.example/" }],
  [REJECTED, { "sec-fetch-site": "none", origin: "https://user@api.example" }],
  [REJECTED, { "sec-fetch-site": "same-origin", origin: "1https://api.example" }],
  [REJECTED, { origin: "https://%" }],
  ["accepted", { "sec-fetch-site": "same-origin", origin: "https://api.example" }],
  ["accepted", { "sec-fetch-site": "none", origin: "null" }],
  ["accepted", { "sec-fetch-site": "same-origin", origin: "null" }],
  ["accepted", { origin: "capacitor://localhost" }],
  ["accepted", { "sec-fetch-site": "cross-site", origin: "chrome-extension://abcdefghijklmnop" }],
  [REJECTED, { origin: "capacitor://localhost2" }],
  [REJECTED, { origin: "tauri://localhost" }],
];

describe("a request with Sec-Fetch-Site or Origin", () => {
  it.each(ANY_METHOD)("is %s with %j, for every method", async (expected, headers) => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", undefined]) {
      expect([method, await verdict(headers, method)]).toEqual([method, expected]);
    }
  });

  it("that is a WebSocket upgrade is judged by the same headers", async () => {
    const upgrade = { upgrade: "websocket", connection: "Upgrade" };
    expect(await verdict({ ...upgrade, origin: "https://api.example" }, "GET")).toBe("accepted");
    expect(await verdict({ ...upgrade, "sec-fetch-site": "same-origin" }, "GET")).toBe("accepted");
    expect(await verdict({ ...upgrade, origin: "https://evil.example" }, "GET")).toBe(REJECTED);
    expect(await verdict({ ...upgrade, origin: "https://api.example:8443" }, "GET")).toBe(REJECTED);
  });
});

describe("a request without Sec-Fetch-Site and Origin", () => {
  it.each([
    ["accepted", "GET"],
    ["accepted", "HEAD"],
    ["accepted", "OPTIONS"],
    ["accepted", "get"],
    [REJECTED, "POST"],
    [REJECTED, "PUT"],
    [REJECTED, "PATCH"],
    [REJECTED, "DELETE"],
    [REJECTED, "QUERY"],
    [REJECTED, undefined],
  ])("is %s with method %s", async (expected, method) => {
    expect(await verdict({}, method)).toBe(expected);
  });

  it("is rejected when it is a WebSocket upgrade", async () => {
    expect(await verdict({ upgrade: "websocket" }, "GET")).toBe(REJECTED);
  });
});

describe("csrf.allow", () => {
  const asked: string[] = [];
  let answer: (origin: string) => unknown = (origin) => origin.endsWith(".preview.example");
  const allow = (origin: string): boolean => {
    asked.push(origin);
    return answer(origin) as boolean;
  };
  const { auth: manager } = createAuth({ cookies: { auth: "t" }, csrf: { origins: ["https://app.example"], allow } });
  const ask = (headers: Record<string, string>) =>
    manager.forRequest({ headers: { ...cookie, ...headers }, method: "POST" }).require();

  it("decides about unlisted origins, whatever Sec-Fetch-Site says", async () => {
    answer = (origin) => origin.endsWith(".preview.example");
    for (const site of [{}, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      expect((await ask({ ...site, origin: "https://pr-7.preview.example" })).sub).toBe("ada");
      await expect(ask({ ...site, origin: "https://preview.example.evil" })).rejects.toMatchObject({
        reason: REJECTED,
      });
    }
    const { auth: alone } = createAuth({ cookies: { auth: "t" }, csrf: { allow } });
    const headers = { ...cookie, origin: "https://pr-7.preview.example" };
    expect((await alone.forRequest({ headers, method: "POST" }).require()).sub).toBe("ada");
  });

  it("is called only with unlisted origins that are valid, in the form that browsers send", async () => {
    answer = () => true;
    asked.length = 0;
    for (const headers of [
      { "sec-fetch-site": "same-origin" },
      { origin: "https://api.example" },
      { origin: "https://app.example" },
    ])
      expect((await ask(headers)).sub).toBe("ada");
    for (const headers of [
      {},
      { origin: "null" },
      { origin: "https://user@a.example" },
      { origin: "https://a.example/" },
      { origin: "https://evil.example:x.preview.example" },
      { origin: "https://evil.example:80:443" },
      { origin: "https://[::1" },
      { "sec-fetch-site": "cross-site" },
    ])
      await expect(ask(headers as Record<string, string>)).rejects.toMatchObject({ reason: REJECTED });
    expect(asked).toEqual([]);
    for (const origin of ["https://a.example", "http://[::1]:3000", "app://-"]) {
      asked.length = 0;
      expect((await ask({ origin })).sub).toBe("ada");
      expect(asked).toEqual([origin]);
    }
  });

  it("that throws or returns no boolean accepts no request, and the error names the fault", async () => {
    const fault = new Error("no list yet");
    answer = () => {
      throw fault;
    };
    await expect(ask({ origin: "https://a.example" })).rejects.toBe(fault);
    for (const other of ["true", 1, undefined, null, Promise.resolve(true), Promise.reject(new Error("late"))]) {
      answer = () => other;
      await expect(ask({ origin: "https://a.example" })).rejects.toMatchObject({
        name: "InvalidConfigError",
        configValue: "csrf.allow",
        message: expect.stringContaining("must return true or false; it cannot return a promise") as string,
      });
    }
    answer = () => true;
    expect((await ask({ origin: "https://a.example" })).sub).toBe("ada");
  });

  it("that threw decides again for the next rule of the request", async () => {
    const headers = { ...cookie, origin: "https://a.example" };
    const request = manager.forRequest({ headers, method: "POST" });
    const fault = new Error("no list yet");
    answer = () => {
      throw fault;
    };
    await expect(request.require()).rejects.toBe(fault);
    answer = () => true;
    expect((await request.require()).sub).toBe("ada");
  });
});

describe("the host of the request", () => {
  it("is the Host header with its port", async () => {
    const local = { host: "localhost:4000" };
    expect(await verdict({ ...local, origin: "http://localhost:4000" }, "POST")).toBe("accepted");
    expect(await verdict({ ...local, origin: "http://localhost:4001" }, "POST")).toBe(REJECTED);
    expect(await verdict({ ...local, origin: "http://127.0.0.1:4000" }, "POST")).toBe(REJECTED);
    expect(await verdict({ host: "[::1]:4000", origin: "http://[::1]:4000" }, "POST")).toBe("accepted");
  });

  it("is not taken from proxy headers", async () => {
    const forwarded = {
      "x-forwarded-host": "evil.example",
      forwarded: "host=evil.example",
      origin: "https://evil.example",
    };
    expect(await verdict(forwarded, "POST")).toBe(REJECTED);
  });

  it("is unknown without a Host header, and only listed origins are accepted", async () => {
    const request = (origin: string) =>
      auth.forRequest({ headers: { cookie: cookie.cookie, origin }, method: "POST" }).require();
    await expect(request("https://api.example")).rejects.toMatchObject({ reason: REJECTED });
    expect((await request("https://app.example")).sub).toBe("ada");
  });

  it("never matches by what the parser of URLs drops from a name", async () => {
    for (const host of ["\u00ADapi.example", "api.example\u00AD", "user@api.example", "api.example/path", "%", ""])
      expect([host, await verdict({ host, origin: "https://api.example" }, "POST")]).toEqual([host, REJECTED]);
    for (const host of ["undefined", ""]) {
      const headers = { cookie: cookie.cookie, origin: `https://${host}` };
      await expect(auth.forRequest({ headers, method: "POST" }).require()).rejects.toMatchObject({ reason: REJECTED });
    }
  });

  it("over TLS does not match an origin with http", async () => {
    const send = fetchGuarded(auth);
    const headers = { cookie: cookie.cookie };
    expect((await send({ ...headers, origin: "https://api.example" })).status).toBe(200);
    expect(await send({ ...headers, origin: "http://api.example" })).toMatchObject({ status: 403, reason: REJECTED });
    expect(await send({ ...headers, origin: "https://api.example:8443" })).toMatchObject({
      status: 403,
      reason: REJECTED,
    });
  });
});

describe("a request that fails the CSRF check", () => {
  it("gets 403 with a challenge before the token is read", async () => {
    const expired = forge({ payload: goodClaims({ exp: NOW }) });
    const answer = await fetchGuarded(auth)({ cookie: `t=${expired}`, "sec-fetch-site": "cross-site" });
    expect(answer).toMatchObject({ status: 403, reason: REJECTED });
    expect(answer.challenge).toMatch(/^Bearer error="invalid_request"/);
  });

  it("is rejected by optional rules and authenticate() too", async () => {
    const request = auth.forRequest({ headers: { ...cookie, "sec-fetch-site": "cross-site" }, method: "POST" });
    await expect(request.require({ optional: true })).rejects.toMatchObject({ status: 403, reason: REJECTED });
    await expect(request.authenticate()).rejects.toMatchObject({ reason: REJECTED });
  });

  it("is accepted without the cookie or with a header credential", async () => {
    const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(await auth.forRequest({ headers: foreign, method: "POST" }).require({ optional: true })).toBeNull();
    const withHeader = { ...cookie, ...foreign, authorization: `Bearer ${token}` };
    expect((await auth.forRequest({ headers: withHeader, method: "POST" }).require()).sub).toBe("ada");
  });
});

describe("the own host of a page", () => {
  const hostOf = (sites: readonly string[], origins: readonly string[]): string | undefined =>
    ownHostOf({ headerValues: (name: string) => (name === "origin" ? origins : sites) } as unknown as RequestSource);

  it("is that of Origin in a same-origin request", () => {
    expect(hostOf(["same-origin"], ["https://App.example:8443"])).toBe("app.example:8443");
  });

  it.each([
    ["without Sec-Fetch-Site", [], ["https://app.example"]],
    ["from another site", ["cross-site"], ["https://app.example"]],
    ["with several sites", ["same-origin", "same-origin"], ["https://app.example"]],
    ["without Origin", ["same-origin"], []],
    ["with several origins", ["same-origin"], ["https://app.example", "https://app.example"]],
    ["of an opaque origin", ["same-origin"], ["null"]],
    ["with a path in Origin", ["same-origin"], ["https://app.example/path"]],
    ["with an origin that is not a URL", ["same-origin"], ["https://%"]],
  ])("is unknown in a request %s", (_, sites, origins) => {
    expect(hostOf(sites, origins)).toBeUndefined();
  });
});
