/** A guarded Yoga, and short functions for its requests. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { type AuthManager, type AuthManagerConfig, currentToken, type RequestAuth } from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import type { TestAuth } from "claimgate/testing";
import type { GraphQLSchema } from "graphql";
import { createYoga, type Plugin, type YogaServerInstance } from "graphql-yoga";
import { createAuth } from "./create-auth.ts";

/** The URL of hand-made requests. */
export const ENDPOINT = "http://api.test/graphql";

/** The context of every resolver. */
export interface Context {
  readonly auth: RequestAuth;
}

/** An answer over HTTP, reduced to the parts that a caller sees. */
export interface Answer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly AnswerError[];
    readonly extensions?: unknown;
  };
  /** `undefined` for an accepted caller. */
  readonly refused: { readonly status: number; readonly code: unknown; readonly reason: unknown } | undefined;
}

/** An error as a caller sees it. */
export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly unknown[];
  readonly extensions?: { readonly code?: string; readonly auth?: { readonly reason: string } };
}

/** The parts of a request beyond its query. */
export interface AskOptions {
  readonly token?: string | undefined;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly headers?: Record<string, string>;
  /** Default POST; a GET carries the query in its URL. */
  readonly method?: "GET" | "POST";
  /** Default `ENDPOINT`. */
  readonly url?: string;
}

type Yoga = YogaServerInstance<object, object>;

/** A schema from SDL with all its guards. */
export function createGuardedSchema(
  typeDefs: string | readonly string[],
  resolvers: IResolvers<unknown, Context> = {},
): GraphQLSchema {
  const requireToken = requireTokenDirective();
  const all = [requireToken.typeDefs, typeDefs].flat();
  return requireToken.apply(makeExecutableSchema({ typeDefs: all, resolvers: resolvers as IResolvers }));
}

/** A Yoga behind `useAuth` that writes no log. */
export function createGuardedYoga(
  schema: GraphQLSchema,
  auth: AuthManager,
  options: { readonly batching?: boolean; readonly plugins?: readonly Plugin[] } = {},
): Yoga {
  const { batching = false, plugins = [] } = options;
  return createYoga({
    schema,
    batching,
    logging: false,
    plugins: [useAuth(auth), ...plugins],
  });
}

/** A guarded Yoga and its parts. */
export interface Gate extends TestAuth {
  readonly schema: GraphQLSchema;
  readonly yoga: Yoga;
  ask(query: string, options?: AskOptions): Promise<Answer>;
}

/** A guarded Yoga with its own manager and clock, and a short function for its requests. */
export function createGate(
  typeDefs: string | readonly string[],
  resolvers: IResolvers<unknown, Context> = {},
  config: Partial<AuthManagerConfig> = {},
): Gate {
  const { auth, clock } = createAuth(config);
  const schema = createGuardedSchema(typeDefs, resolvers);
  const yoga = createGuardedYoga(schema, auth);
  return { auth, clock, schema, yoga, ask: (query, options) => askYoga(yoga, query, options) };
}

/** One request through `yoga.fetch`. */
export async function askYoga(yoga: Yoga, query: string, options: AskOptions = {}): Promise<Answer> {
  const { token, variables, operationName, method = "POST", url = ENDPOINT } = options;
  const payload = { query, variables, operationName };
  const headers = {
    accept: "application/json",
    ...(method === "POST" ? { "content-type": "application/json" } : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  const response =
    method === "GET"
      ? await yoga.fetch(`${url}?query=${encodeURIComponent(query)}`, { headers })
      : await yoga.fetch(url, { method, headers, body: JSON.stringify(payload) });
  return readAnswer(response);
}

/** Reads an answer of Yoga. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body = (await response.json()) as Answer["body"];
  const [first] = body.errors ?? [];
  const { code, auth } = first?.extensions ?? {};
  return {
    status: response.status,
    challenge: response.headers.get("www-authenticate"),
    body,
    refused: first && { status: response.status, code, reason: auth?.reason },
  };
}

/** A refusal of the whole operation, as `Answer.refused` shows it. */
export function refusedWith(reason: string): { status: number; code: string; reason: string } {
  const status = statusOf(reason);
  const codes: Record<number, string> = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    503: "SERVICE_UNAVAILABLE",
  };
  return { status, code: codes[status] as string, reason };
}

/** The subject of `currentToken()`, or `null`. */
export function currentSubject(): string | null {
  return currentToken()?.sub ?? null;
}

function statusOf(reason: string): number {
  if (["SCOPE_INSUFFICIENT", "CLAIMS_INSUFFICIENT", "CSRF_REJECTED"].includes(reason)) return 403;
  if (reason === "CREDENTIALS_AMBIGUOUS") return 400;
  return reason === "KEYS_UNAVAILABLE" || reason === "STORE_UNAVAILABLE" ? 503 : 401;
}
