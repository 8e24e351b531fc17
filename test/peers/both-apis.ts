/** A tRPC server and a GraphQL Yoga behind one manager, and the answers of both to a token. */
import { createServer } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { AuthContext, AuthManager, RequestAuth, Rule } from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { ClientError, GraphQLClient } from "graphql-request";
import { createYoga } from "graphql-yoga";
import { listen } from "../support/listen.ts";

/** A query for the user's name, or one that requires the scope `notes:read` or `notes:write`. */
export type Asked = "me" | "read" | "write";

/** The answer of each API: `"200"` and the data, or the status, code and reason of the refusal. */
export interface Answers {
  readonly trpc: string;
  readonly graphql: string;
}

/** Both APIs. */
export interface BothApis {
  ask(asked: Asked, token: string): Promise<Answers>;
  close(): Promise<void>;
}

const READ = { scope: "notes:read" } as const satisfies Rule;
const WRITE = { scope: "notes:write" } as const satisfies Rule;

/** The answers to an accepted token, which show its subject. */
export const letIn = (subject: string): Answers => ({ trpc: `200 ${subject}`, graphql: `200 ${subject}` });

/** The answers to a rejected token. */
export function refused(reason: string): Answers {
  const [status, trpc, graphql] =
    reason === "SCOPE_INSUFFICIENT"
      ? [403, "FORBIDDEN", "FORBIDDEN"]
      : reason === "KEYS_UNAVAILABLE"
        ? [503, "SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE"]
        : [401, "UNAUTHORIZED", "UNAUTHENTICATED"];
  return { trpc: `${status} ${trpc} ${reason}`, graphql: `${status} ${graphql} ${reason}` };
}

/** Starts both behind `auth`. */
export async function openBothApis(auth: AuthManager): Promise<BothApis> {
  const router = makeRouter();
  const trpc = await listen(createHTTPServer({ router, createContext: createTRPCContext(auth) }));
  const yoga = createYoga({ schema: makeSchema(), logging: false, plugins: [useAuth(auth)] });
  const graphql = await listen(createServer(yoga));
  return {
    ask: async (asked, token) => {
      const headers = { authorization: `Bearer ${token}` };
      const client = createTRPCClient<typeof router>({ links: [httpBatchLink({ url: trpc.url, headers })] });
      const graph = new GraphQLClient(`${graphql.url}/graphql`, { headers });
      const [overTrpc, overGraphql] = await Promise.all([
        answerOf(client[asked].query()),
        answerOf(graph.request<Record<Asked, string>>(`{ ${asked} }`).then((data) => data[asked])),
      ]);
      return { trpc: overTrpc, graphql: overGraphql };
    },
    close: async () => {
      await Promise.all([trpc.close(), graphql.close()]);
    },
  };
}

function makeRouter() {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const { protectedProcedure } = authProcedures(t.procedure);
  return t.router({
    me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
    read: protectedProcedure.use(requireToken(READ)).query(({ ctx }) => ctx.auth.token.sub),
    write: protectedProcedure.use(requireToken(WRITE)).query(({ ctx }) => ctx.auth.token.sub),
  });
}

function makeSchema() {
  const directive = requireTokenDirective();
  const subject = (_: unknown, __: unknown, { auth }: { auth: RequestAuth }): string | undefined => auth.token?.sub;
  return directive.apply(
    makeExecutableSchema({
      typeDefs: [
        directive.typeDefs,
        `type Query {
          me: String @requireToken
          read: String @requireToken(scope: "${READ.scope}")
          write: String @requireToken(scope: "${WRITE.scope}")
        }`,
      ],
      resolvers: { Query: { me: subject, read: subject, write: subject } },
    }),
  );
}

async function answerOf(call: Promise<string>): Promise<string> {
  try {
    return `200 ${await call}`;
  } catch (error) {
    if (error instanceof TRPCClientError) {
      const { code, httpStatus, auth } = error.data as { code: string; httpStatus: number; auth?: { reason: string } };
      return `${httpStatus} ${code} ${auth?.reason}`;
    }
    if (!(error instanceof ClientError)) throw error;
    const { status, errors } = error.response;
    const { code, auth } = (errors?.[0]?.extensions ?? {}) as { code?: string; auth?: { reason: string } };
    return `${status} ${code} ${auth?.reason}`;
  }
}
