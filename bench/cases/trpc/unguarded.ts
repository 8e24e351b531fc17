/** The bases: procedures without a guard, and with empty middlewares. */
import { initTRPC } from "@trpc/server";
import { mintTokens } from "../graphql/tokens.ts";
import { type Api, item } from "./api.ts";

/** A procedure with this number of empty middlewares. */
export async function unguarded(middlewares: number): Promise<Api> {
  const t = initTRPC.create();
  let procedure = t.procedure;
  for (let i = 0; i < middlewares; i++) procedure = procedure.use(({ next }) => next());
  const router = t.router({ item: procedure.query(item) });
  return { router, tokens: await mintTokens("HS256"), createContext: () => ({}), rejects: "none" };
}
