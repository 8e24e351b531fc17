/** A guarded application for the Web platform: one fetch handler without Node built-ins. */
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, AuthManager, currentToken, InvalidConfigError } from "claimgate";
import {
  authHttpResponse,
  createGraphQLContext,
  type GraphQLAuthContext,
  requireTokenDirective,
} from "claimgate/graphql";
import { decode, encode } from "claimgate/jwt";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { buildSchema, execute, getOperationAST, parse } from "graphql";
import { useKeyRing } from "./key-ring-use.ts";
import { handleSessions, SESSIONS } from "./session-app.ts";
import { generateKeys } from "./web-keys.ts";

// Created when the module loads, where a worker may neither draw random numbers nor wait.
const config = { issuer: "test", algorithm: "HS256", secret: "s".repeat(32) } as const;
const auth = new AuthManager(config);

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);

const router = t.router({
  login: publicProcedure
    .input(String)
    .mutation(async ({ ctx, input }) => (await ctx.auth.manager.authToken(input)).signed),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  stats: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => 42),
});

const directive = requireTokenDirective();
const schema = directive.apply(
  buildSchema(`${directive.typeDefs}
    type Query { me: String @requireToken stats: Int @requireToken(scope: { admin: true }) }
  `),
);
const createContext = createGraphQLContext(auth, { schema });
const rootValue = { me: (_: unknown, ctx: GraphQLAuthContext) => ctx.auth.token?.sub, stats: () => 42 };

/**
 * Answers a request to `/trpc`, `/graphql`, `/keys`, `/key-ring`, `/ambient` or below `/sessions`.
 */
export async function handle(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/graphql") return answerGraphQL(request);
  if (pathname === "/keys") return Response.json(await useKeys(searchParams.get("algorithm") as never));
  if (pathname === "/key-ring") return Response.json(await useKeyRing());
  if (pathname.startsWith(`${SESSIONS}/`)) return handleSessions(request);
  if (pathname === "/ambient") return Response.json(await useAmbient());
  return fetchRequestHandler({ endpoint: "/trpc", req: request, router, createContext: createTRPCContext(auth) });
}

async function answerGraphQL(request: Request): Promise<Response> {
  const { query } = (await request.json()) as { query: string };
  const document = parse(query);
  const result = await execute({ schema, document, rootValue, contextValue: createContext({ request }) });
  const operation = getOperationAST(document);
  const { status, headers, body } = authHttpResponse(result, operation ? { operation } : {});
  return Response.json(body, { status, headers });
}

/** The subjects of a hand-made token and one of a manager, with new keys. */
async function useKeys(algorithm: Parameters<typeof generateKeys>[0]): Promise<unknown> {
  const { signing, verifying } = await generateKeys(algorithm);
  const token = await encode({ sub: "by hand" }, signing, { algorithm });
  const { sub } = await decode(token, verifying, { algorithms: [algorithm] });
  const key = algorithm === "HS256" ? { algorithm, secret: signing } : { algorithm, privateKey: signing };
  const manager = new AuthManager({ issuer: "test", ...key });
  return [sub, (await manager.verify((await manager.authToken("alice")).signed)).sub];
}

/**
 * The result of `currentToken()` in a guarded procedure, or the option that the runtime cannot
 * support.
 */
async function useAmbient(): Promise<unknown> {
  try {
    const ambient = new AuthManager({ ...config, ambient: true });
    const token = await ambient.authToken("alice");
    const current = protectedProcedure.query(() => currentToken()?.sub);
    const caller = t.createCallerFactory(t.router({ current }))({ auth: ambient.forRequest({ token }) });
    return await caller.current();
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.configValue;
    throw error;
  }
}
