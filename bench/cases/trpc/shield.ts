/** trpc-shield: a rule on the user in the context. It has the types of tRPC 10, but runs on 11. */
import { initTRPC } from "@trpc/server";
import { rule, shield } from "trpc-shield";
import { mintTokens } from "../graphql/tokens.ts";
import { type Api, item } from "./api.ts";
import { refusalOf, type UserContext, userContext } from "./user-context.ts";

interface ShieldContext extends UserContext {
  readonly [key: string]: unknown;
}

export async function trpcShield(cache: boolean): Promise<Api> {
  const tokens = await mintTokens("HS256");
  const mayRead = rule<ShieldContext>()(async ({ user }) => refusalOf(user) ?? true);
  const permissions = shield<ShieldContext>({ query: { item: mayRead } });
  const t = initTRPC.context<UserContext>().create();
  const router = t.router({ item: t.procedure.use(permissions as never).query(item) });
  return { router, tokens, createContext: userContext(tokens, cache), rejects: "also without the scope" };
}
