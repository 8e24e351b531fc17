/** A manager that trusts an issuer with a faulty key server, and a real client of it. */
import { createServer } from "node:http";
import { createTRPCClient, httpLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, type TrustedIssuer } from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { ClientError, GraphQLClient } from "graphql-request";
import { makeSigner, type Signer } from "../core/jwt/jwks/support.ts";
import { NOW } from "../support/create-auth.ts";
import { createGuardedSchema, createGuardedYoga } from "../support/graphql.ts";
import { listenForTest } from "../support/listen.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { failureOf } from "../support/trpc.ts";
import { serve } from "../trpc/adapters.ts";
import { type JwksServer, serving, startJwksServer } from "./jwks-server.ts";

const ISSUER = "https://issuer.example";
const AUDIENCE = "https://api.example";

/** The issuer's key, unless a test uses another. */
export const KEY: Signer = makeSigner("ES256", { kid: "a" });

/** The times of every drill, in seconds. Only `timeout` runs in real time. */
export const TIMES = { lifespan: 300, cooldown: 30, staleIfError: 600, timeout: 15 } as const;

/** The subject of an accepted token, or everything that the client sees of a refusal. */
export type Verdict =
  | string
  | {
      readonly status: number;
      readonly code: string;
      readonly reason: string;
      readonly challenge: string | undefined;
    };

/** A transport that guards an operation with a manager. */
export interface Transport {
  readonly name: string;
  /** Its code for a 401. */
  readonly unauthorized: string;
  /**
   * Starts a server until the test ends; returns a function that sends a token and gives the
   * verdict.
   */
  start(auth: AuthManager): Promise<(token: string) => Promise<Verdict>>;
}

export const TRANSPORTS: readonly Transport[] = [
  { name: "tRPC", unauthorized: "UNAUTHORIZED", start: startTRPC },
  { name: "GraphQL", unauthorized: "UNAUTHENTICATED", start: startGraphQL },
];

export interface Drill {
  readonly jwks: JwksServer;
  readonly clock: TestClock;
  readonly auth: AuthManager;
  ask(token: string): Promise<Verdict>;
  /** The keys were unavailable, so the token could not be checked. */
  readonly unavailable: Verdict;
  /** The keys were available, and none of them signed the token. */
  readonly invalid: Verdict;
}

/** A drill with a cold cache and a key server that serves `KEY`. */
export async function startDrill(
  transport: Transport,
  options: Partial<TrustedIssuer> = {},
  connect: (jwks: JwksServer) => Partial<TrustedIssuer> = ({ url }) => ({ jwksUri: url }),
): Promise<Drill> {
  const jwks = await startJwksServer(serving(KEY.jwk));
  const clock = createTestClock(NOW);
  const issuer = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["ES256", "RS256", "EdDSA"], ...TIMES } as const;
  const auth = new AuthManager({ trust: [{ ...issuer, ...connect(jwks), ...options }], now: clock.now });
  return {
    jwks,
    clock,
    auth,
    ask: await transport.start(auth),
    unavailable: { status: 503, code: "SERVICE_UNAVAILABLE", reason: "KEYS_UNAVAILABLE", challenge: undefined },
    invalid: {
      status: 401,
      code: transport.unauthorized,
      reason: "SIGNATURE_INVALID",
      challenge: 'Bearer error="invalid_token", error_description="The signature of the token is invalid"',
    },
  };
}

/**
 * A token of `signer` that is valid except, perhaps, for its key. Each is different; all outlive
 * every drill.
 */
export function mint(signer: Signer = KEY, headers: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "ada", iat: NOW, exp: NOW + 100_000, jti: crypto.randomUUID() };
  return signer.sign({ typ: "at+jwt", ...headers }, claims);
}

/** A token with an unknown key id. It costs less than signing. */
export function mintUnknown(kid: string): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const header = { alg: "ES256", typ: "at+jwt", kid };
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "root", iat: NOW, exp: NOW + 100_000 };
  return `${encode(header)}.${encode(claims)}.${"A".repeat(86)}`;
}

async function startTRPC(auth: AuthManager): Promise<(token: string) => Promise<Verdict>> {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const { protectedProcedure } = authProcedures(t.procedure);
  const router = t.router({ me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub) });
  const { url } = await serve({ router, createContext: createTRPCContext(auth) });
  return async (token) => {
    const links = [httpLink({ url, headers: { authorization: `Bearer ${token}` } })];
    const call = createTRPCClient<typeof router>({ links }).me.query();
    return call.catch(async () => {
      const { status = 0, code, reason = "", challenge } = await failureOf(call);
      return { status, code, reason, challenge };
    });
  };
}

async function startGraphQL(auth: AuthManager): Promise<(token: string) => Promise<Verdict>> {
  const schema = createGuardedSchema("type Query { me: String @requireToken }", {
    Query: { me: (_, __, ctx) => ctx.auth.token?.sub },
  });
  const server = createServer(createGuardedYoga(schema, auth));
  const url = `${await listenForTest(server)}/graphql`;
  return async (token) => {
    const call = new GraphQLClient(url, { headers: { authorization: `Bearer ${token}` } }).request<{ me: string }>(
      "{ me }",
    );
    return call.then(
      ({ me }) => me,
      async () => readClientError(await refusalOf(call)),
    );
  };
}

function readClientError(error: unknown): Verdict {
  if (!(error instanceof ClientError)) throw error;
  const { status, headers, errors = [] } = error.response;
  const { code = "", auth } = (errors[0]?.extensions ?? {}) as { code?: string; auth?: { reason: string } };
  return { status, code, reason: auth?.reason ?? "", challenge: headers.get("www-authenticate") ?? undefined };
}
