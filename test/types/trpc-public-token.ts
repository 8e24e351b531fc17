/** `ctx.auth.token` on a public procedure: a compiler error leads to `authenticate()`. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, type JWT } from "claimgate";
import { authProcedures } from "claimgate/trpc";
import { type Equal, holds } from "./equal.ts";

const auth = new AuthManager({ issuer: "types", algorithm: "HS256", secret: "x".repeat(32) });
type Context = AuthContext;
const t = initTRPC.context<Context>().create();
const { publicProcedure, requireToken } = authProcedures(t.procedure);

const readSubject = async (ctx: Context): Promise<string | number | undefined> => (await ctx.auth.authenticate())?.sub;

export const router = t.router({
  open: publicProcedure.query(async ({ ctx }) => {
    const token = await ctx.auth.authenticate();
    holds<Equal<typeof token, JWT | null>>();

    // expect-error: CallAuthenticateToGetTheToken
    // @ts-expect-error
    void ctx.auth.token.claims;

    // expect-error: CallAuthenticateToGetTheToken
    // @ts-expect-error
    void ctx.auth.token?.sub;

    // expect-error: CallAuthenticateToGetTheToken
    // @ts-expect-error
    const unverified: JWT = ctx.auth.token;
    void unverified;

    // expect-error: CallAuthenticateToGetTheToken
    // @ts-expect-error
    const optional: { readonly sub?: string } = ctx.auth.token;
    void optional;
    return readSubject(ctx);
  }),
  guarded: publicProcedure.use(requireToken()).query(({ ctx }) => ctx.auth.token.sub),
  joined: t.procedure.concat(publicProcedure).query(({ ctx }) => ctx.auth.authenticate()),
  bare: t.procedure.query(({ ctx }) => {
    // expect-error: UnguardedAuth
    // @ts-expect-error
    void ctx.auth.token;
    return readSubject(ctx);
  }),
});
export const caller = t.createCallerFactory(router)({ auth: auth.forRequest({ headers: {} }) });
