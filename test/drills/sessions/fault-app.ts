/** The application of the fault drill: its operations over HTTP, and their answers. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { type AuthContext, AuthManager, type SessionStore } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import * as z from "zod";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);
const router = t.router({
  login: publicProcedure
    .input(z.string())
    .mutation(({ ctx, input }) => ctx.auth.login(input, { scope: { user: true }, deliver: "body" })),
  refresh: publicProcedure.mutation(({ ctx }) => ctx.auth.refresh({ deliver: "body" })),
  logout: publicProcedure.mutation(({ ctx }) => ctx.auth.logout()),
  logoutEverywhere: publicProcedure
    .input(z.string())
    .mutation(({ ctx, input }) => ctx.auth.manager.revoke({ subject: input })),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  mySession: refreshProcedure.query(({ ctx }) => ctx.auth.token.sub),
});
type FaultRouter = typeof router;

/** One server with its own manager. */
export interface FaultApp {
  readonly url: string;
  /** Seconds for which it caches that a session is live. */
  readonly ttl: number;
  readonly manager: AuthManager;
  close(): Promise<void>;
}

export interface FaultAppOptions {
  readonly store: SessionStore;
  readonly secret: Uint8Array;
  /** Seconds. */
  readonly storeTimeout: number;
  /** Seconds; `undefined` for the default. */
  readonly refreshGrace: number | undefined;
  readonly ttl: number;
}

export async function startApp({ store, secret, storeTimeout, refreshGrace, ttl }: FaultAppOptions): Promise<FaultApp> {
  const manager = new AuthManager({
    issuer: "https://drill.example",
    algorithm: "HS256",
    secret,
    sessions: store,
    storeTimeout,
    sessionCheck: "always",
    sessionCheckTtl: ttl,
    ...(refreshGrace === undefined ? {} : { refreshGrace }),
  });
  const server = createHTTPServer({ router, createContext: createTRPCContext(manager) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ttl,
    manager,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An operation; `token` goes into the `Authorization` header. */
export type Question =
  | { readonly ask: "login" | "logoutEverywhere"; readonly subject: string }
  | { readonly ask: "refresh" | "logout" | "me" | "mySession"; readonly token: string };

/** The answer to an operation. */
export interface Answer {
  /** 200, or the status of the refusal; 0 for any other answer. */
  readonly status: number;
  /** The reason of the refusal, or the error. */
  readonly reason: string | undefined;
  /** The tokens in the answer, if any. */
  readonly tokens: { readonly authToken: string; readonly refreshToken: string } | undefined;
}

export async function ask({ url }: FaultApp, question: Question): Promise<Answer> {
  try {
    const value = await send(url, question);
    const hasTokens = typeof value === "object" && "refreshToken" in value;
    return { status: 200, reason: undefined, tokens: hasTokens ? value : undefined };
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    const { data, message } = error as TRPCClientError<FaultRouter>;
    if (!data?.auth) return { status: 0, reason: message, tokens: undefined };
    return { status: data.httpStatus, reason: data.auth.reason, tokens: undefined };
  }
}

async function send(url: string, question: Question) {
  const headers = "token" in question ? { authorization: `Bearer ${question.token}` } : {};
  const client = createTRPCClient<FaultRouter>({ links: [httpLink({ url, headers })] });
  switch (question.ask) {
    case "login":
      return client.login.mutate(question.subject);
    case "logoutEverywhere":
      return (await client.logoutEverywhere.mutate(question.subject)) ?? "done";
    case "refresh":
      return client.refresh.mutate();
    case "logout":
      return (await client.logout.mutate()) ?? "done";
    case "me":
      return client.me.query();
    case "mySession":
      return client.mySession.query();
  }
}
