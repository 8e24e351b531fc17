/** jose by hand: once a request in the context, or once a procedure in a middleware. */
import { initTRPC } from "@trpc/server";
import { type Algorithm, bearerOf, createVerify, mintTokens } from "../graphql/tokens.ts";
import { type Api, item } from "./api.ts";
import { refusalOf, type UserContext, userContext } from "./user-context.ts";

export async function oncePerRequest(cache: boolean, algorithm: Algorithm = "HS256"): Promise<Api> {
  const tokens = await mintTokens(algorithm);
  const t = initTRPC.context<UserContext>().create();
  const guarded = t.procedure.use(({ ctx, next }) => {
    const refusal = refusalOf(ctx.user);
    if (refusal) throw refusal;
    return next();
  });
  const router = t.router({ item: guarded.query(item) });
  return { router, tokens, createContext: userContext(tokens, cache), rejects: "also without the scope" };
}

export async function oncePerProcedure(cache: boolean, algorithm: Algorithm = "HS256"): Promise<Api> {
  const tokens = await mintTokens(algorithm);
  const verify = createVerify(tokens, cache);
  const t = initTRPC.context<{ readonly headers: Headers }>().create();
  const guarded = t.procedure.use(async ({ ctx, next }) => {
    const user = await verify(bearerOf(ctx.headers));
    const refusal = refusalOf(user);
    if (refusal) throw refusal;
    return next({ ctx: { user } });
  });
  const router = t.router({ item: guarded.query(item) });
  return {
    router,
    tokens,
    createContext: ({ req }) => ({ headers: req.headers }),
    rejects: "also without the scope",
  };
}
