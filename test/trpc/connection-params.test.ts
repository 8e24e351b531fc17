/** `connectionParams.authorization` replaces the header on WebSockets and in subscriptions. */
import { createTRPCClient, httpSubscriptionLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { ambiguous, clientRefusalOf, resultOf, sendCall, unauthorized } from "../support/trpc.ts";
import { httpAdapters, serve, socketAdapters } from "./adapters.ts";
import { FetchEventSource, readMessages } from "./event-source.ts";
import { watch } from "./feed.ts";
import { openSocket, type SocketOptions } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);

const router = t.router({
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  act: protectedProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
  events: protectedProcedure.subscription(async function* ({ ctx }) {
    yield ctx.auth.token.sub;
  }),
});

const inUrl = (token: string): string =>
  `connectionParams=${encodeURIComponent(JSON.stringify({ authorization: `Bearer ${token}` }))}`;

describe.each(httpAdapters)("connectionParams.authorization over HTTP with $name", ({ start }) => {
  test("is read for a subscription", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, start);
    const connect = (token: string): TRPCClient<typeof router> =>
      createTRPCClient({
        links: [
          httpSubscriptionLink({
            url,
            EventSource: FetchEventSource,
            connectionParams: { authorization: `Bearer ${token}` },
          }),
        ],
      });
    const alice = connect((await auth.authToken("alice")).signed);
    const events = watch<string>((observer) => alice.events.subscribe(undefined, observer));
    expect([await events.next(), await events.ended]).toEqual(["alice", "complete"]);
    const garbage = connect("garbage");
    const refused = watch<string>((observer) => garbage.events.subscribe(undefined, observer));
    expect(await refused.ended).toEqual(unauthorized("TOKEN_MALFORMED"));
  });

  test("is ignored for a query, a mutation and a batch", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, start);
    const { signed } = await auth.authToken("alice");
    const missing = unauthorized("TOKEN_MISSING");
    expect(resultOf(await sendCall(`${url}/me?${inUrl(signed)}`))).toEqual(missing);
    expect(resultOf(await sendCall(`${url}/act?${inUrl(signed)}`, { method: "POST" }))).toEqual(missing);
    expect((await sendCall(`${url}/me,me?batch=1&${inUrl(signed)}`)).status).toBe(401);
    const headers = { authorization: `Bearer ${signed}` };
    expect(resultOf(await sendCall(`${url}/me?${inUrl("garbage")}`, { headers }))).toBe("alice");
    expect(resultOf(await sendCall(`${url}/act?${inUrl("garbage")}`, { method: "POST", headers }))).toBe("alice");
  });

  test("is ambiguous when it differs from the header", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, start);
    const { signed } = await auth.authToken("alice");
    const dataOf = async (token: string): Promise<string[]> => {
      const headers = { accept: "text/event-stream", authorization: `Bearer ${signed}` };
      const { body } = await fetch(`${url}/events?${inUrl(token)}`, { headers });
      const seen: string[] = [];
      for await (const { type, data } of readMessages(body as ReadableStream<Uint8Array>)) seen.push(`${type} ${data}`);
      return seen;
    };
    expect(await dataOf(signed)).toEqual(["connected {}", 'message "alice"', "return "]);
    const [, refused = ""] = await dataOf((await auth.authToken("bob")).signed);
    expect(refused).toMatch(/^serialized-error /);
    expect(JSON.parse(refused.slice("serialized-error ".length)).data).toMatchObject({
      code: "BAD_REQUEST",
      auth: { reason: "CREDENTIALS_AMBIGUOUS" },
    });
  });
});

describe.each(socketAdapters)("connectionParams.authorization on a WebSocket with $name", ({ start }) => {
  async function connectTo() {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, start);
    const connect = (options: SocketOptions): TRPCClient<typeof router> =>
      createTRPCClient({ links: [wsLink({ client: openSocket(url, options) })] });
    return { alice: `Bearer ${(await auth.authToken("alice")).signed}`, auth, connect };
  }

  test("is read for every call, in any case of its name", async () => {
    const { alice, connect } = await connectTo();
    for (const name of ["authorization", "Authorization", "AUTHORIZATION"]) {
      const client = connect({ connectionParams: { [name]: alice } });
      expect([await client.me.query(), await client.act.mutate()]).toEqual(["alice", "alice"]);
    }
    expect(await clientRefusalOf(connect({ connectionParams: { token: alice } }).me.query())).toEqual(
      unauthorized("TOKEN_MISSING"),
    );
  });

  test("is ambiguous when it differs from the header of the upgrade request", async () => {
    const { alice, auth, connect } = await connectTo();
    const headers = { authorization: alice };
    expect(await connect({ headers }).me.query()).toBe("alice");
    expect(await connect({ headers, connectionParams: { authorization: alice } }).me.query()).toBe("alice");
    const bob = `Bearer ${(await auth.authToken("bob")).signed}`;
    expect(await clientRefusalOf(connect({ headers, connectionParams: { authorization: bob } }).me.query())).toEqual(
      ambiguous,
    );
  });
});
