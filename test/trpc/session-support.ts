/** The router of the session suites, on every adapter, and a browser that calls it. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, type AuthManagerConfig, JWT } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, type TRPCContextOptions } from "claimgate/trpc";
import { z } from "zod";
import type { BrowserRequest, CookieBrowser, Exchange } from "../support/cookie-browser.ts";
import { openSessionStage, pairIn, type SessionStage } from "../support/session-stage.ts";
import { type Refusal, readRefusal } from "../support/trpc.ts";
import { type Adapter, type Served, serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

const deliver = z.object({ deliver: z.enum(["cookies", "body"]) }).partial();

/** Each procedure is named after its action. */
export const sessionRouter = t.router({
  login: publicProcedure
    .input(deliver.extend({ user: z.string() }))
    .mutation(({ ctx, input: { user, deliver } }) => ctx.auth.login(user, { deliver })),
  loginByGet: publicProcedure.query(({ ctx }) => ctx.auth.login("alice")),
  refresh: publicProcedure
    .input(deliver.extend({ token: z.string().optional() }).default({}))
    .mutation(({ ctx, input: { deliver, token } }) =>
      ctx.auth.refresh({ deliver, ...(token === undefined ? {} : { token }) }),
    ),
  refreshByGet: publicProcedure.query(({ ctx }) => ctx.auth.refresh()),
  logout: publicProcedure
    .input(deliver.default({}))
    .mutation(({ ctx, input: { deliver } }) => ctx.auth.logout(deliver ? { deliver } : {})),
  logoutByGet: publicProcedure.query(({ ctx }) => ctx.auth.logout()),
  loginInStream: publicProcedure.subscription(async function* ({ ctx }) {
    yield await ctx.auth.login("alice");
  }),
  open: publicProcedure.query(() => "open"),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  act: protectedProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
  greet: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? "stranger"),
  renew: refreshProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
  rotateGuarded: refreshProcedure.mutation(({ ctx }) => ctx.auth.refresh({ deliver: "body" })),
});

/** The result of a login by cookie, without its cookies. */
export const EXPIRIES = { expiresIn: 3600, refreshExpiresIn: 604_800 };

/** A started server. */
export interface SessionServer extends SessionStage {
  readonly url: string;
  /** Calls a procedure with this browser or another one. */
  call(name: string, body?: unknown, asked?: BrowserRequest, browser?: CookieBrowser): Promise<Exchange>;
  /** Logs in by cookie, and returns the cookies. */
  login(user?: string): Promise<{ readonly auth: string; readonly refresh: string }>;
}

/** Starts the router with sessions and cookies. */
export async function startSessions(
  adapter: Adapter,
  config: Partial<AuthManagerConfig> = {},
  app: {
    readonly createUserContext?: (opts: TRPCContextOptions) => object;
    readonly responseMeta?: Served["responseMeta"];
  } = {},
): Promise<SessionServer> {
  const stage = openSessionStage(config);
  const { auth, browser } = stage;
  const { createUserContext, responseMeta } = app;
  const served = { router: sessionRouter, createContext: createTRPCContext(auth, createUserContext) };
  const { url } = await serve(responseMeta ? { ...served, responseMeta } : served, adapter.start);
  const call: SessionServer["call"] = (name, body, asked, by = browser) =>
    by.send(`${url}/${name}`, { ...(body === undefined ? {} : { body }), ...asked });
  return {
    ...stage,
    url,
    call,
    async login(user = "alice") {
      const { status } = await call("login", { user });
      if (status !== 200) throw new Error(`The login was answered with ${status}`);
      return pairIn(browser);
    },
  };
}

/** The `sid` of a token; its signature is not checked. */
export function sidOf(token: string): unknown {
  return JWT.fromSignedToken(token).claims.sid;
}

/** The result of a call, or its refusal. */
export function outcomeOf({ json }: Exchange): unknown {
  const body = json as { result?: { data?: unknown }; error?: { data: Parameters<typeof readRefusal>[0] } };
  return body.error ? readRefusal(body.error.data) : body.result?.data;
}

/** The result or refusal of each call of a batch. */
export function outcomesOf(exchange: Exchange): unknown[] {
  return (exchange.json as readonly unknown[]).map((json) => outcomeOf({ ...exchange, json }));
}

/** The 503 of an unavailable store. */
export const storeUnavailable: Refusal = {
  code: "SERVICE_UNAVAILABLE",
  httpStatus: 503,
  reason: "STORE_UNAVAILABLE",
};
