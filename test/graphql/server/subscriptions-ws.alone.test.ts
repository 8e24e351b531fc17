/** Subscriptions and queries over WebSockets, with a real graphql-ws client and server. */
import { type AuthManagerConfig, currentToken, type KeyConfig } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { calculateJwkThumbprint } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { createAuth, NOW, SECRET } from "../../support/create-auth.ts";
import { base64url } from "../../support/forge.ts";
import { askYoga, createGuardedSchema, createGuardedYoga, ENDPOINT, refusedWith } from "../../support/graphql.ts";
import { createSource, reasonsOf, type Source, type StreamEvent } from "./stream-support.ts";
import { type ConnectOptions, openSocketEvents, serveWs, type WsServer } from "./ws-support.ts";

interface Tick {
  readonly tick?: number;
  readonly open?: number;
}

const typeDefs = `
  type Query { me: String @requireToken, open: Int }
  type Subscription {
    tick: Int @requireToken
    admins: Int @requireToken(scope: { admin: true })
    open: Int
    mine: String @requireToken
  }
`;

const servers: WsServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function setUp(overrides: Partial<AuthManagerConfig> = {}) {
  const { auth, clock } = createAuth(overrides);
  const source: Source<Tick> = createSource();
  const subscribe = { subscribe: () => source.subscribe() };
  const schema = createGuardedSchema(typeDefs, {
    Query: { me: (_, __, ctx) => ctx.auth.token?.sub, open: () => 1 },
    Subscription: {
      tick: subscribe,
      admins: subscribe,
      open: subscribe,
      mine: {
        subscribe: async function* () {
          for await (const _ of source.subscribe()) yield currentToken()?.sub;
        },
        resolve: (subject: string) => `${subject} ${currentToken()?.sub}`,
      },
    },
  });
  const yoga = createGuardedYoga(schema, auth);
  const server = await serveWs(yoga);
  servers.push(server);
  const open = (query: string, options: ConnectOptions = {}): (() => Promise<StreamEvent | undefined>) =>
    openSocketEvents(server.connect(options), query);
  const mint = async (options: Parameters<typeof auth.authToken>[1] = {}): Promise<string> =>
    (await auth.authToken("ada", options)).signed;
  return { auth, clock, source, yoga, server, open, mint };
}

const bearer = (token: string): string => `Bearer ${token}`;

describe("a subscription", () => {
  test("is rejected before its source starts", async () => {
    const { source, open, mint } = await setUp();
    const authorization = bearer(await mint());
    expect(reasonsOf(await open("subscription { tick }")())).toEqual(["TOKEN_MISSING"]);
    expect(reasonsOf(await open("subscription { tick }", { headers: { authorization: "Bearer bad" } })())).toEqual([
      "TOKEN_MALFORMED",
    ]);
    expect(reasonsOf(await open("subscription { admins }", { headers: { authorization } })())).toEqual([
      "SCOPE_INSUFFICIENT",
    ]);
    expect(source.started).toBe(0);
  });

  test("is accepted by the header of the upgrade request, and guarded in each event", async () => {
    const { clock, source, open, mint } = await setUp();
    const next = open("subscription { tick }", { headers: { authorization: bearer(await mint({ maxAge: 60 })) } });
    source.push({ tick: 1 });
    expect(await next()).toEqual({ data: { tick: 1 } });
    clock.advance(59);
    source.push({ tick: 2 });
    expect(await next()).toEqual({ data: { tick: 2 } });
    clock.advance(1);
    source.push({ tick: 3 });
    const last = await next();
    expect(last?.data).toEqual({ tick: null });
    expect(last?.errors).toMatchObject([
      { path: ["tick"], extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_EXPIRED" } } },
    ]);
    expect(await next()).toBeUndefined();
    await source.ended;
  });

  test("ends at the first event after the token's key is retired", async () => {
    const { auth, source, open, mint } = await setUp();
    const next = open("subscription { tick }", { headers: { authorization: bearer(await mint()) } });
    source.push({ tick: 1 });
    expect(await next()).toEqual({ data: { tick: 1 } });
    await auth.retire(await calculateJwkThumbprint({ kty: "oct", k: base64url(SECRET) }));
    source.push({ tick: 2 });
    expect(reasonsOf(await next())).toEqual(["SIGNATURE_INVALID"]);
    expect(await next()).toBeUndefined();
    await source.ended;
  });

  test("continues when its key is loaded again, and ends at the first event after the loader withdrew it", async () => {
    const keyOf = (kid: string): KeyConfig => ({ kid, algorithm: "HS256", secret: kid.padEnd(32, "k") });
    const listed = { kids: ["mine"] };
    const { clock, source, open, mint } = await setUp({ keys: async () => listed.kids.map(keyOf) });
    const next = open("subscription { tick }", { headers: { authorization: bearer(await mint({ maxAge: 600 })) } });
    source.push({ tick: 1 });
    expect(await next()).toEqual({ data: { tick: 1 } });
    listed.kids = ["mine", "another"];
    clock.advance(61);
    source.push({ tick: 2 });
    expect(await next()).toEqual({ data: { tick: 2 } });
    listed.kids = ["another"];
    clock.advance(61);
    source.push({ tick: 3 });
    expect(reasonsOf(await next())).toEqual(["SIGNATURE_INVALID"]);
    expect(await next()).toBeUndefined();
    await source.ended;
  });

  test("ends without an event when the token expires", { timeout: 5000 }, async () => {
    const start = Date.now();
    const { source, open, mint } = await setUp({ now: () => NOW + (Date.now() - start) / 1000 });
    const next = open("subscription { tick }", { headers: { authorization: bearer(await mint({ maxAge: 1 })) } });
    expect(reasonsOf(await next())).toEqual(["TOKEN_EXPIRED"]);
    expect(await next()).toBeUndefined();
    expect(source.started).toBe(1);
  });

  test("needs no token without a guard, and outlives an expired one", async () => {
    const { clock, source, open, mint } = await setUp();
    const next = open("subscription { open }", { headers: { authorization: bearer(await mint()) } });
    clock.advance(100_000);
    source.push({ open: 1 });
    expect(await next()).toEqual({ data: { open: 1 } });
  });

  test("has currentToken in the generator and in the resolver", async () => {
    const { source, open, mint } = await setUp({ ambient: true });
    const next = open("subscription { mine }", { connectionParams: { authorization: bearer(await mint()) } });
    source.push({});
    expect(await next()).toEqual({ data: { mine: "ada ada" } });
    source.push({});
    expect(await next()).toEqual({ data: { mine: "ada ada" } });
  });
});

describe("a query on a connection", () => {
  test("is rejected or accepted on its own", async () => {
    const { clock, server, mint } = await setUp();
    const client = server.connect({ connectionParams: { authorization: bearer(await mint({ maxAge: 60 })) } });
    expect(await openSocketEvents(client, "{ me }")()).toEqual({ data: { me: "ada" } });
    clock.advance(60);
    expect(reasonsOf(await openSocketEvents(client, "{ me }")())).toEqual(["TOKEN_EXPIRED"]);
    expect(await openSocketEvents(client, "{ open }")()).toEqual({ data: { open: 1 } });
  });
});

describe("connectionParams.authorization", () => {
  test.each(["authorization", "Authorization"])("replaces the header on a WebSocket (%s)", async (name) => {
    const { open, mint } = await setUp();
    expect(await open("{ me }", { connectionParams: { [name]: bearer(await mint()) } })()).toEqual({
      data: { me: "ada" },
    });
    expect(reasonsOf(await open("{ me }", { connectionParams: { [name]: "Bearer bad" } })())).toEqual([
      "TOKEN_MALFORMED",
    ]);
    expect(reasonsOf(await open("{ me }", { connectionParams: { [name]: { token: 1 } } })())).toEqual([
      "TOKEN_MISSING",
    ]);
  });

  test("is ambiguous when it differs from the header, and accepted when it is equal", async () => {
    const { auth, source, open, mint } = await setUp();
    const token = await mint();
    const { signed: other } = await auth.authToken("eve");
    const headers = { authorization: bearer(token) };
    for (const query of ["{ me }", "subscription { tick }"]) {
      const next = open(query, { headers, connectionParams: { authorization: bearer(other) } });
      expect((await next())?.errors?.map((error) => error.extensions)).toEqual([
        { code: "BAD_REQUEST", auth: { reason: "CREDENTIALS_AMBIGUOUS" } },
      ]);
    }
    expect(source.started).toBe(0);
    const twice = { headers, connectionParams: { authorization: bearer(token) } };
    expect(await open("{ me }", twice)()).toEqual({ data: { me: "ada" } });
  });

  test("is ambiguous when two spellings of the key have different values", async () => {
    const { auth, open, mint } = await setUp();
    const connectionParams = {
      authorization: bearer(await mint()),
      Authorization: bearer((await auth.authToken("eve")).signed),
    };
    expect(reasonsOf(await open("{ me }", { connectionParams })())).toEqual(["CREDENTIALS_AMBIGUOUS"]);
  });

  test("has no effect over HTTP", async () => {
    const { auth, yoga, mint } = await setUp();
    const connectionParams = { authorization: bearer(await mint()) };
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const body = JSON.stringify({ query: "{ me }", extensions: { connectionParams } });
    // Given in the body's extensions, and in the server's context.
    for (const context of [{}, { connectionParams }]) {
      const response = await yoga.fetch(ENDPOINT, { ...init, body }, context);
      expect(response.status).toBe(401);
    }
    const context = createGraphQLContext(auth)({ request: new Request(ENDPOINT, init), connectionParams });
    await expect(context.auth.require()).rejects.toMatchObject({ reason: "TOKEN_MISSING" });
    expect((await askYoga(yoga, "{ me }")).refused).toEqual(refusedWith("TOKEN_MISSING"));
    expect((await askYoga(yoga, "{ me }", { token: await mint() })).body).toEqual({ data: { me: "ada" } });
  });
});
