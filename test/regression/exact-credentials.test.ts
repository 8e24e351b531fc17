/** Credentials are read exactly: no trimming beyond HTTP, and the changes of a middleware apply. */
import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { AuthManager, jwksHandler, type RequestAuth } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { createTRPCContext } from "claimgate/trpc";
import fastify from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { start as startMercurius } from "../../examples/hosts/graphql/mercurius.ts";
import { createAuth } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { type BothOptions, serveBoth } from "../support/serve-both.ts";

const ada = forge();
const eve = forge({ payload: goodClaims({ sub: "eve" }) });
const { auth } = createAuth({ cookies: { auth: "__Host-auth", refresh: "__Host-refresh" } });
const own = { "sec-fetch-site": "same-origin" };
const MISSING = "TOKEN_MISSING";
const AMBIGUOUS = "CREDENTIALS_AMBIGUOUS";

/** White space in JavaScript, but not in HTTP headers. */
const BLANKS = ["\u00A0", "\u000B", "\u000C", "\uFEFF", "\u2003", "\u2028", "\u3000", "\u0085"];
const LATIN1 = ["\u00A0", "\u0085"];

describe("white space that HTTP does not allow", () => {
  it.each(LATIN1)("(%j) is part of the cookie, header value or scheme, on both transports", async (blank) => {
    const both = await serveBoth(auth);
    const verdict = async (headers: Record<string, string>) =>
      (await both.ask({ headers: { ...own, ...headers } })).verdict;
    expect(await verdict({ cookie: `${blank}__Host-auth=${eve}` })).toBe(MISSING);
    expect(await verdict({ cookie: `__Host-auth${blank}=${eve}` })).toBe(MISSING);
    expect(await verdict({ cookie: `a=b;${blank}__Host-auth=${eve}` })).toBe(MISSING);
    expect(await verdict({ cookie: `__Host-auth=${ada}; ${blank}__Host-auth=${eve}` })).toBe("ada");
    expect(await verdict({ cookie: `__Host-auth=${ada}${blank}` })).toBe("TOKEN_MALFORMED");
    expect(await verdict({ authorization: `Bearer ${ada}${blank}` })).toBe("TOKEN_MALFORMED");
    expect(await verdict({ authorization: `Bearer${blank}${ada}` })).toBe(MISSING);
    expect(await verdict({ authorization: `${blank}Bearer ${ada}` })).toBe(MISSING);
    expect(await verdict({ authorization: `Bearer ${blank}` })).toBe("TOKEN_MALFORMED");
  });

  it("is distinguished from space and tab, which surround a value, on both transports", async () => {
    const both = await serveBoth(auth);
    for (const headers of [
      { cookie: `a=b;\t __Host-auth\t = \t${ada}\t ;c=d` },
      { authorization: ` \tBearer \t${ada}\t ` },
      { authorization: `Basic x,\tBearer ${ada} ` },
    ])
      expect((await both.ask({ headers: { ...own, ...headers } })).verdict).toBe("ada");
  });

  it.each(
    BLANKS,
  )("(%j) is part of the value in Lambda events, given headers and connection parameters", async (blank) => {
    const of = async (request: Pick<RequestAuth, "require">): Promise<unknown> =>
      request.require().then(
        ({ sub }) => sub,
        (error: { reason?: unknown }) => error.reason,
      );
    const byEvent = async (headers: Record<string, string>, cookies: string[]) => {
      const event = { headers, cookies, requestContext: { http: { method: "POST" } } };
      return of((await createTRPCContext(auth)({ event })).auth);
    };
    const byParams = (connectionParams: object) =>
      of(createGraphQLContext(auth)({ connectionParams, extra: { request: { headers: {} } } }).auth);
    expect(await byEvent(own, [`${blank}__Host-auth=${eve}`])).toBe(MISSING);
    expect(await byEvent({ ...own, [`${blank}cookie`]: `__Host-auth=${eve}` }, [])).toBe(MISSING);
    expect(await byEvent(own, [`__Host-auth=${ada}`])).toBe("ada");
    expect(await of(auth.forRequest({ headers: { authorization: `Bearer${blank}${ada}` } }))).toBe(MISSING);
    expect(await byParams({ [`authorization${blank}`]: `Bearer ${eve}` })).toBe(MISSING);
    expect(await byParams({ Authorization: `Bearer ${ada}` })).toBe("ada");
  });
});

it("a letter that only JavaScript folds to ASCII differs from that letter in names, schemes and methods", async () => {
  const { auth: token } = createAuth({ header: { name: "x-token", scheme: "Token" }, cookies: { auth: "k" } });
  const of = (input: Parameters<typeof token.forRequest>[0]) =>
    token
      .forRequest(input)
      .require()
      .then(
        ({ sub }) => sub,
        ({ reason }: { reason: string }) => reason,
      );
  // The Kelvin sign becomes "k" in lower case, the long s becomes "S" in upper case.
  expect(await of({ headers: { "x-to\u212Aen": `Token ${ada}` } })).toBe(MISSING);
  expect(await of({ headers: { "x-token": `To\u212Aen ${ada}` } })).toBe(MISSING);
  expect(await of({ headers: { "coo\u212Aie": `k=${ada}`, ...own } })).toBe(MISSING);
  expect(await of({ headers: { cookie: `\u212A=${ada}`, ...own } })).toBe(MISSING);
  expect(await of({ headers: { cookie: `k=${ada}` }, method: "OPTION\u017F" })).toBe("CSRF_REJECTED");
  const event = {
    httpMethod: "POST",
    requestContext: {},
    headers: { cookie: `k=${ada}`, "sec-fetch-site": "same-origin" },
    multiValueHeaders: { "coo\u212Aie": ["x=1"], "sec-fetch-site": ["same-origin"] },
  };
  const opened = await createTRPCContext(token)({ event });
  expect((await opened.auth.require()).sub).toBe("ada");
  for (const headers of [{ "X-TOKEN": `tOKEN ${ada}` }, { COOKIE: `k=${ada}`, "SEC-FETCH-SITE": "same-origin" }])
    expect(await of({ headers: headers as unknown as Record<string, string> })).toBe("ada");
});

it("white space that HTTP does not allow is part of an ETag, too", async () => {
  const serve = jwksHandler(
    new AuthManager({ issuer: "i", algorithm: "EdDSA", privateKey: generateKeyPairSync("ed25519").privateKey }),
  );
  const first = await serve(new Request("https://issuer.example/jwks"));
  const etag = first.headers.get("etag") ?? "";
  const statusOf = async (condition: string): Promise<number> =>
    (await serve(new Request("https://issuer.example/jwks", { headers: { "if-none-match": condition } }))).status;
  expect(await statusOf(`"x",\t${etag} `)).toBe(304);
  expect(await statusOf(`"x",\u00A0${etag}`)).toBe(200);
});

describe("a scheme without a token", () => {
  it.each([
    "Bearer",
    "bearer",
    "Bearer ",
    "Bearer \t ",
    "Bearer,",
    "Bearer, bearer",
  ])("(%j) counts as no token: a guard rejects, an optional guard is anonymous, a cookie is accepted", async (authorization) => {
    const required = await serveBoth(auth);
    const optional = await serveBoth(auth, { rule: { type: "auth", optional: true } });
    expect(await required.ask({ headers: { authorization } })).toMatchObject({ verdict: MISSING, status: 401 });
    expect(await optional.ask({ headers: { authorization } })).toMatchObject({ verdict: "anonymous", status: 200 });
    const withCookie = { authorization, ...own, cookie: `__Host-auth=${ada}` };
    expect((await required.ask({ headers: withCookie })).verdict).toBe("ada");
    expect((await required.ask({ headers: { authorization: [authorization, `Bearer ${ada}`] } })).verdict).toBe("ada");
  });
});

type Middleware = (req: IncomingMessage) => void;
const edit =
  (change: (headers: IncomingMessage["headers"]) => void): Middleware =>
  (req) =>
    change(req.headers);

const bearer = { authorization: `Bearer ${ada}` };
const cookie = { ...own, cookie: `__Host-auth=${ada}` };
const foreign = { cookie: cookie.cookie, "sec-fetch-site": "cross-site", origin: "https://evil.example" };

/** The changes that a middleware makes to the headers, and the resulting verdicts. */
const MIDDLEWARES: readonly (readonly [
  what: string,
  change: (headers: IncomingMessage["headers"]) => void,
  headers: Readonly<Record<string, string | readonly string[]>>,
  verdict: string,
])[] = [
  ["removes the Authorization header", (headers) => void delete headers.authorization, bearer, MISSING],
  [
    "sets the Authorization header to undefined",
    (headers) => void Object.assign(headers, { authorization: undefined }),
    bearer,
    MISSING,
  ],
  ["replaces the Authorization header", (headers) => void (headers.authorization = `Bearer ${eve}`), bearer, "eve"],
  ["empties the Authorization header", (headers) => void (headers.authorization = ""), bearer, MISSING],
  ["adds an Authorization header", (headers) => void (headers.authorization = `Bearer ${ada}`), {}, "ada"],
  [
    "leaves two different Authorization headers",
    () => undefined,
    { authorization: [`Bearer ${ada}`, `Bearer ${eve}`] },
    AMBIGUOUS,
  ],
  [
    "leaves two Authorization headers with one token",
    () => undefined,
    { authorization: [`Bearer ${ada}`, `bearer ${ada}`] },
    "ada",
  ],
  [
    "replaces two different Authorization headers",
    (headers) => void (headers.authorization = `Bearer ${eve}`),
    { authorization: [`Bearer ${ada}`, `Bearer ${eve}`] },
    "eve",
  ],
  ["removes the Cookie header", (headers) => void delete headers.cookie, cookie, MISSING],
  ["replaces the Cookie header", (headers) => void (headers.cookie = `__Host-auth=${eve}`), cookie, "eve"],
  ["removes the token from the Cookie header", (headers) => void (headers.cookie = "other=1"), cookie, MISSING],
  [
    "removes one of two Cookie headers",
    (headers) => void (headers.cookie = `__Host-auth=${ada}`),
    { ...own, cookie: [`__Host-auth=${ada}`, `__Host-auth=${eve}`] },
    "ada",
  ],
  [
    "leaves two different Cookie headers",
    () => undefined,
    { ...own, cookie: [`__Host-auth=${ada}`, `__Host-auth=${eve}`] },
    AMBIGUOUS,
  ],
  ["adds a cookie", (headers) => void (headers.cookie = `__Host-auth=${eve}`), own, MISSING],
  [
    "adds Sec-Fetch-Site",
    (headers) => void (headers["sec-fetch-site"] = "same-origin"),
    { cookie: cookie.cookie },
    "CSRF_REJECTED",
  ],
  [
    "adds Origin",
    (headers) => void (headers.origin = `http://${headers.host}`),
    { cookie: cookie.cookie },
    "CSRF_REJECTED",
  ],
  ["replaces Sec-Fetch-Site", (headers) => void (headers["sec-fetch-site"] = "cross-site"), cookie, "CSRF_REJECTED"],
  [
    "replaces the headers of another site",
    (headers) => {
      headers["sec-fetch-site"] = "same-origin";
      delete headers.origin;
    },
    foreign,
    "ada",
  ],
  ["removes Sec-Fetch-Site", (headers) => void delete headers["sec-fetch-site"], cookie, "CSRF_REJECTED"],
];

describe("a middleware that", () => {
  it.each(MIDDLEWARES)("%s determines the verdict on both transports", async (_, change, headers, verdict) => {
    const both = await serveBoth(auth, { middleware: edit(change) });
    expect((await both.ask({ headers })).verdict).toBe(verdict);
  });

  it("removes Origin and Sec-Fetch-Site leaves a request that only GET may send with a cookie", async () => {
    const middleware = edit((headers) => {
      delete headers.origin;
      delete headers["sec-fetch-site"];
    });
    const both = await serveBoth(auth, { middleware });
    expect((await both.ask({ headers: foreign, method: "GET" })).verdict).toBe("ada");
    expect((await both.ask({ headers: foreign })).verdict).toBe("CSRF_REJECTED");
  });

  it("replaces Host determines the own origin, and one that adds Host does not", async () => {
    const headers = { cookie: cookie.cookie, origin: "https://public.example" };
    const both = await serveBoth(auth, { middleware: edit((all) => void (all.host = "public.example")) });
    expect((await both.ask({ headers })).verdict).toBe("ada");
    const as = async (rawHeaders: string[]) => {
      const req = { headers: { ...headers, host: "public.example" }, rawHeaders, method: "POST" };
      return createGraphQLContext(auth)({ req })
        .auth.require()
        .then(
          ({ sub }) => sub,
          ({ reason }: { reason: string }) => reason,
        );
    };
    const sent = ["cookie", headers.cookie, "origin", headers.origin];
    expect(await as([...sent, "Host", "internal"])).toBe("ada");
    expect(await as(sent)).toBe("CSRF_REJECTED");
  });
});

describe("a framework on top of Node's request", () => {
  it("applies the changes of a Yoga plugin", async () => {
    const remove: BothOptions["plugins"] = [{ onRequest: ({ request }) => request.headers.delete("authorization") }];
    const replace: BothOptions["plugins"] = [
      { onRequest: ({ request }) => request.headers.set("authorization", `Bearer ${eve}`) },
    ];
    for (const [plugins, seen] of [
      [remove, "TOKEN_MISSING"],
      [replace, "eve"],
    ] as const) {
      const { url } = await serveBoth(auth, { plugins: plugins ?? [] });
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...bearer },
        body: '{"query":"{ me }"}',
      });
      const { data, errors } = (await response.json()) as {
        data?: { me: string } | null;
        errors?: { extensions: { auth: { reason: string } } }[];
      };
      expect(data?.me ?? errors?.[0]?.extensions.auth.reason).toBe(seen);
    }
  });

  it("applies the changes of a Fastify hook to its own headers and to the raw headers", async () => {
    const app = fastify();
    let change: (headers: IncomingMessage["headers"]) => IncomingMessage["headers"] | undefined = () => undefined;
    app.addHook("onRequest", async (request) => {
      const headers = change(request.headers);
      if (headers) request.headers = headers;
    });
    app.get("/", async (request) => {
      const opened = await createTRPCContext(auth)({ req: request });
      return opened.auth.require().then(
        ({ sub }) => sub,
        ({ reason }: { reason: string }) => reason,
      );
    });
    onTestFinished(() => app.close());
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const ask = async () => (await fetch(address, { headers: bearer })).text();
    expect(await ask()).toBe("ada");
    change = (headers) => void delete headers.authorization;
    expect(await ask()).toBe(MISSING);
    change = () => ({ authorization: `Bearer ${eve}` });
    expect(await ask()).toBe("eve");
  });
});

describe("a Mercurius socket, which copies the connection_init payload into missing headers,", () => {
  const cookie = `__Host-auth=${ada}`;
  const evil = { cookie, origin: "https://evil.example" };

  const ask = async (headers: Record<string, string>, payload: object): Promise<unknown> => {
    const running = await startMercurius(auth);
    onTestFinished(() => running.close());
    const socket = new WebSocket(running.wsUrl ?? "", "graphql-transport-ws", { headers });
    const answer = new Promise<unknown>((resolve, reject) => {
      socket.on("error", reject).on("open", () => socket.send(JSON.stringify({ type: "connection_init", payload })));
      socket.on("message", (data) => {
        const message = JSON.parse((data as Buffer).toString()) as { type: string; payload?: MercuriusAnswer };
        if (message.type === "connection_ack")
          socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query: "{ balance }" } }));
        else if (message.type === "next")
          resolve(message.payload?.data?.balance ?? message.payload?.errors?.[0]?.extensions?.auth?.reason);
      });
    });
    return answer.finally(() => socket.terminate());
  };
  interface MercuriusAnswer {
    readonly data?: { readonly balance?: number } | null;
    readonly errors?: readonly { readonly extensions?: { readonly auth?: { readonly reason: string } } }[];
  }

  it.each([
    "sec-fetch-site",
    "Sec-Fetch-Site",
    "headers",
  ])("rejects a page of another site despite %s in the payload", async (name) => {
    const forged = name === "headers" ? { headers: { "sec-fetch-site": "same-origin" } } : { [name]: "same-origin" };
    expect(await ask(evil, forged)).toBe("CSRF_REJECTED");
    expect(await ask({ cookie }, { ...forged, origin: "https://api.example", host: "api.example" })).toBe(
      "CSRF_REJECTED",
    );
    expect(await ask({ cookie, "sec-fetch-site": "same-origin" }, {})).toBe(100);
    expect(await ask({ ...own }, { cookie })).toBe(MISSING);
  });

  it.each([
    "authorization",
    "Authorization",
    "AUTHORIZATION",
  ])("accepts a token from %s in the payload", async (name) => {
    expect(await ask({}, { [name]: `Bearer ${ada}` })).toBe(100);
    expect(await ask({ authorization: `Bearer ${eve}` }, { [name]: `Bearer ${ada}` })).toBe(AMBIGUOUS);
  });
});

it("accepts a header that other code adds in its usual spellings, and ignores other spellings", async () => {
  const of = async (headers: Record<string, string>): Promise<unknown> =>
    createGraphQLContext(auth)({ req: { headers: { host: "api.example", ...headers }, rawHeaders: ["Host", "x"] } })
      .auth.require()
      .then(
        ({ sub }) => sub,
        ({ reason }: { reason: string }) => reason,
      );
  expect(await of({ authorization: `Bearer ${ada}` })).toBe("ada");
  expect(await of({ Authorization: `Bearer ${ada}` })).toBe("ada");
  expect(await of({ aUTHORIZATION: `Bearer ${ada}` })).toBe(MISSING);
});
