/** One guarded procedure and one guarded field, which must give one request the same verdict. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import type { AuthContext, AuthManager, RequestAuth, Rule } from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { authErrorFormatter, createTRPCContext, requireToken } from "claimgate/trpc";
import { createYoga, type Plugin } from "graphql-yoga";
import { listenForTest } from "./listen.ts";
import { type SendOptions, type Sent, send } from "./send.ts";

/** A rule without the keys that only one transport knows. */
type SharedRule = Pick<Rule, "type" | "location" | "optional">;

/** The parts of the server that a test can replace. */
export interface BothOptions {
  /** Default: any valid auth token. */
  readonly rule?: SharedRule;
  /** A middleware in front of both. */
  readonly middleware?: (req: IncomingMessage) => void;
  /** Plugins of Yoga in addition to `useAuth`. */
  readonly plugins?: readonly Plugin[];
}

/** A request. A header with a list of values is sent once for each value. */
interface BothRequest {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Default `"POST"`. */
  readonly method?: "GET" | "POST";
}

/** The answer of one transport. */
interface BothAnswer {
  /** The subject, `"anonymous"`, or the reason of the refusal. */
  readonly verdict: string;
  readonly status: number;
  /** Each `Set-Cookie` line, in order. */
  readonly setCookies: readonly string[];
}

/** Both transports on one port. */
interface Both {
  readonly url: string;
  /** Sends the request to both. Throws if their verdicts, statuses or cookies differ. */
  ask(request?: BothRequest): Promise<BothAnswer>;
}

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const shown = (auth: { token: { sub: string } | null }): string => auth.token?.sub ?? "anonymous";

/** Starts a server that stops when the test ends. */
export async function serveBoth(auth: AuthManager, options: BothOptions = {}): Promise<Both> {
  const { rule = { type: "auth" }, middleware, plugins = [] } = options;
  const guarded = t.procedure.use(requireToken(rule));
  const show = ({ ctx }: { ctx: { auth: Pick<RequestAuth, "token"> } }): string => shown(ctx.auth);
  const router = t.router({ get: guarded.query(show), post: guarded.mutation(show) });
  const trpc = createHTTPHandler({ router, basePath: "/trpc/", createContext: createTRPCContext(auth) });
  const directive = requireTokenDirective();
  const args = Object.entries(rule).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const fields = `me: String @requireToken(${args.join(", ")})`;
  const me = (_: unknown, __: unknown, context: { auth: RequestAuth }): string => shown(context.auth);
  const schema = directive.apply(
    makeExecutableSchema({
      typeDefs: [directive.typeDefs, `type Query { ${fields} } type Mutation { ${fields} }`],
      resolvers: { Query: { me }, Mutation: { me } },
    }),
  );
  const yoga = createYoga({ schema, logging: false, plugins: [...plugins, useAuth(auth)] });
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    middleware?.(req);
    if (req.url?.startsWith("/trpc/")) trpc(req, res);
    else void yoga(req, res);
  });
  const url = await listenForTest(server);
  return {
    url,
    async ask({ headers = {}, method = "POST" } = {}) {
      const isQuery = method === "GET";
      const procedure = await sendJson(`${url}/trpc/${isQuery ? "get" : "post"}`, { method, headers });
      const operation = isQuery ? "query{me}" : "mutation{me}";
      const field = isQuery
        ? await sendJson(`${url}/graphql?query=${encodeURIComponent(operation)}`, { method, headers })
        : await sendJson(`${url}/graphql`, { method, headers, body: JSON.stringify({ query: operation }) });
      const one = answerOf(procedure, procedure.json.result?.data ?? procedure.json.error?.data?.auth?.reason);
      const other = answerOf(field, field.json.data?.me ?? field.json.errors?.[0]?.extensions?.auth?.reason);
      if (JSON.stringify(one) !== JSON.stringify(other))
        throw new Error(`The transports disagree: ${JSON.stringify({ trpc: one, graphql: other })}`);
      return one;
    },
  };
}

interface Received extends Sent {
  readonly json: {
    readonly result?: { readonly data?: string };
    readonly error?: { readonly data?: { readonly auth?: { readonly reason: string } } };
    readonly data?: { readonly me?: string | null } | null;
    readonly errors?: readonly { readonly extensions?: { readonly auth?: { readonly reason: string } } }[];
  };
}

async function sendJson(url: string, options: SendOptions): Promise<Received> {
  const type = { accept: "application/json", "content-type": "application/json" };
  const sent = await send(url, { ...options, headers: { ...type, ...options.headers } });
  return { ...sent, json: JSON.parse(sent.text) as Received["json"] };
}

function answerOf({ status, headers, text }: Received, verdict: string | undefined): BothAnswer {
  if (verdict === undefined) throw new Error(`The answer is neither a subject nor a refusal: ${text}`);
  return { verdict, status, setCookies: headers["set-cookie"] ?? [] };
}
