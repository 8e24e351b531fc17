/** A query through Yoga's executor, with a parsed document and a new context for each call. */
import { normalizedExecutor } from "@graphql-tools/executor";
import { type ExecutionResult, GraphQLError, parse } from "graphql";
import type { Work } from "../../harness/types.ts";
import type { Query } from "./schema.ts";
import { type Answer, ENDPOINT, prove, type Server, type ServerContext } from "./server.ts";
import { inTurn } from "./tokens.ts";

type Execute = (server: ServerContext) => unknown;

export async function overExecutor(server: Server, query: Query, inFlight = 1): Promise<Work> {
  const document = parse(query.text);
  const execute = server.contextOf ? directly(server, server.contextOf, document) : await asYogaDoes(server, document);
  const nextHeaders = inTurn(server.tokens.good.map(headersOf));
  return {
    inFlight,
    call() {
      const result = execute(requestWith(nextHeaders()));
      return result instanceof Promise ? result.then(check) : check(result);
    },
    async prove() {
      await prove(server, query, async (token) => {
        try {
          const result = await execute(requestWith(headersOf(token)));
          return JSON.parse(JSON.stringify(result)) as Answer;
        } catch (error) {
          // Some plugins reject while they build the context.
          if (error instanceof GraphQLError) return { errors: [error] };
          throw error;
        }
      });
    },
  };
}

type Document = ReturnType<typeof parse>;

function directly(
  { schema, prepare }: Server,
  contextOf: NonNullable<Server["contextOf"]>,
  document: Document,
): Execute {
  const run = (contextValue: object): unknown => {
    const args = { schema, document, contextValue };
    const prepared = prepare?.(args);
    return prepared instanceof Promise ? prepared.then(() => normalizedExecutor(args)) : normalizedExecutor(args);
  };
  return (server) => {
    const context = contextOf(server);
    return context instanceof Promise ? context.then(run) : run(context);
  };
}

// Plugins that guard an operation before its execution use hooks around the executor.
async function asYogaDoes({ schema, plugins }: Server, document: Document): Promise<Execute> {
  const { createYoga } = await import("graphql-yoga");
  const yoga = createYoga({ schema, logging: false, plugins: [...(plugins ?? [])] });
  return async (server) => {
    const enveloped = yoga.getEnveloped(server as never);
    const contextValue = (await enveloped.contextFactory()) as unknown;
    return enveloped.execute({ schema: enveloped.schema as typeof schema, document, contextValue }) as unknown;
  };
}

function requestWith(headers: Headers): ServerContext {
  return { request: { method: "POST", url: ENDPOINT, headers } };
}

function headersOf(token: string | undefined): Headers {
  return new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` });
}

function check(result: unknown): void {
  const { errors } = result as ExecutionResult;
  if (errors) throw new Error("The answer must not have errors", { cause: errors[0] });
}
