/** What the core suites share: a manager with a still clock, tokens written by hand, and the refusal a promise ends with. */
import { createHmac } from "node:crypto";
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, AuthManager, type AuthManagerConfig, type Claims, type Rule } from "claimgate";
import { authErrorFormatter, createTRPCContext, requireToken } from "claimgate/trpc";
import { afterAll, afterEach, beforeAll } from "vitest";

export const SECRET = "a secret of more than thirty-two bytes";
export const ISSUER = "https://issuer.example";
/** The time of every clock that nobody moved. */
export const NOW = 1_750_000_000;

/** A clock that moves when it is told to. */
export class Clock {
  seconds: number = NOW;
  readonly now = (): number => this.seconds;
}

/** An HS256 manager at `NOW`; `config` adds to its options. */
export function makeManager<C = Claims>(config: Partial<AuthManagerConfig<C>> = {}): AuthManager<C> {
  return new AuthManager<C>({ issuer: ISSUER, algorithm: "HS256", secret: SECRET, now: () => NOW, ...config });
}

/** Claims that `makeManager` finds nothing wrong with. */
export function goodClaims(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { iss: ISSUER, iat: NOW, exp: NOW + 60, sub: "ada", type: "auth", ...over };
}

export function base64url(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString("base64url");
}

export interface Forgery {
  /** Objects become JSON; text and bytes stand as they are. Default: `HS256`, `JWT`. */
  readonly header?: object | string | Uint8Array;
  /** Default: `goodClaims()`. */
  readonly payload?: object | string | Uint8Array;
  readonly secret?: string | Uint8Array;
  /** A signature in place of the real one. */
  readonly signature?: string;
}

/** A token written by hand and signed with HMAC-SHA-256, whatever its header says. */
export function forge(forgery: Forgery = {}): string {
  const { header = { alg: "HS256", typ: "JWT" }, payload = goodClaims(), secret = SECRET } = forgery;
  const input = `${segmentOf(header)}.${segmentOf(payload)}`;
  return `${input}.${forgery.signature ?? createHmac("sha256", secret).update(input).digest("base64url")}`;
}

/** What `work` is refused with. Throws where it is not refused. */
export async function refusalOf(work: Promise<unknown> | (() => unknown)): Promise<unknown> {
  let value: unknown;
  try {
    value = await (typeof work === "function" ? work() : work);
  } catch (error) {
    return error;
  }
  throw new Error(`Nothing was refused: ${JSON.stringify(value)}`);
}

/** What `token`, verified, meets `rule` with: `"allowed"` or the reason. */
export async function verdictOf(
  auth: AuthManager,
  token: string,
  rule: Rule = { type: "auth" },
  facts: { args?: unknown; parent?: unknown } = {},
): Promise<string> {
  try {
    await auth.forRequest({ token }).require(rule, facts);
    return "allowed";
  } catch (error) {
    const { reason } = error as { reason?: string };
    if (reason === undefined) throw error;
    return reason;
  }
}

/** Makes every test of the file fail that leaves a rejection behind which nobody handled. */
export function watchRejections(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  beforeAll(() => void process.on("unhandledRejection", note));
  afterAll(() => void process.off("unhandledRejection", note));
  afterEach(async () => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (unhandled.length > 0) throw new AggregateError(unhandled.splice(0), "A rejection was not handled");
  });
}

/** What a Fetch request was answered. */
export interface FetchAnswer {
  readonly status: number;
  readonly reason: string | undefined;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** Sends Fetch requests to a tRPC procedure that `rule` guards, with no HTTP server in between. */
export function fetchGuarded(auth: AuthManager, rule: Omit<Rule, "parent" | "anyOf"> = {}) {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const guard = Object.keys(rule).length === 0 ? requireToken() : requireToken(rule);
  const router = t.router({ guarded: t.procedure.use(guard).query(() => "in") });
  return async (headers: HeadersInit): Promise<FetchAnswer> => {
    const response = await fetchRequestHandler({
      endpoint: "/trpc",
      req: new Request("https://api.example/trpc/guarded", { headers }),
      router,
      createContext: createTRPCContext(auth),
    });
    const body = (await response.json()) as { error?: { data?: { auth?: { reason?: string } } } };
    return {
      status: response.status,
      reason: body.error?.data?.auth?.reason,
      challenge: response.headers.get("www-authenticate"),
      body,
    };
  };
}

function segmentOf(part: object | string | Uint8Array): string {
  return base64url(typeof part === "string" || part instanceof Uint8Array ? part : JSON.stringify(part));
}
