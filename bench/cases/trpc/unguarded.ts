/** What there is to compare with: procedures without a guard, and middlewares that guard nothing. */
import { initTRPC } from "@trpc/server";
import { mintTokens } from "../graphql/tokens.ts";
import { type Api, item } from "./api.ts";

/** `middlewares` of them, each as empty as can be. */
export async function unguarded(middlewares: number): Promise<Api> {
  const t = initTRPC.create();
  let procedure = t.procedure;
  for (let i = 0; i < middlewares; i++) procedure = procedure.use(({ next }) => next());
  const router = t.router({ item: procedure.query(item) });
  return { router, tokens: await mintTokens("HS256"), createContext: () => ({}), refuses: "nobody" };
}
