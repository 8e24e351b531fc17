/** A user's project: compiled against the packed tarball, in a folder that has nothing else but the peers. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, defineRule, isAuthError, type Reason } from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { decode, encode, InvalidTokenError } from "claimgate/jwt";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { buildSchema } from "graphql";

const auth = new AuthManager({ issuer: "consumer", algorithm: "HS256", secret: "x".repeat(32) });
const owner = defineRule({ args: { sub: "" }, override: { admin: true } });

const t = initTRPC.context<AuthContext & { db: string }>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);
export const router = t.router({
  login: publicProcedure.mutation(async ({ ctx }) => (await ctx.auth.manager.authToken("u")).signed),
  me: protectedProcedure.query(({ ctx }) => `${ctx.auth.token.sub}${ctx.db}`),
  mine: protectedProcedure
    .input((raw: unknown) => String(raw))
    .use(requireToken(owner))
    .query(({ input }) => input.length),
});
export const createContext: (opts: { req: { headers: object } }) => Promise<AuthContext & { db: string }> =
  createTRPCContext(auth, () => ({ db: "x" }));

const directive = requireTokenDirective();
export const schema = directive.apply(buildSchema(`${directive.typeDefs} type Query { me: String @requireToken }`));
export const plugins = [useAuth(auth)];

export async function reasonOf(token: string): Promise<Reason | undefined> {
  try {
    await decode(await encode({ a: 1 }, "y".repeat(32)), "y".repeat(32), { algorithms: ["HS256"] });
    await auth.forRequest({ token }).require(owner, { args: "u" });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidTokenError) return error.reason;
    return isAuthError(error) ? error.reason : undefined;
  }
}
