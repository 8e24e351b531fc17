/** The types of the GraphQL entry and of `claimgate/jwt`, checked by plain tsc. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { AuthManager, currentToken, defineRule, type InferClaims, type JWT, type RequestAuth } from "claimgate";
import { createGraphQLContext, type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { decode, encode, type JwtPayload } from "claimgate/jwt";
import { createSchema, createYoga, type Plugin } from "graphql-yoga";
import * as z from "zod";
import { type Equal, holds } from "./equal.ts";

const auth = new AuthManager({
  issuer: "types",
  algorithm: "HS256",
  secret: "x".repeat(32),
  claimsSchema: z.object({ plan: z.enum(["free", "pro"]), seats: z.number() }).partial(),
});
type OwnClaims = InferClaims<typeof auth>;
holds<Equal<OwnClaims, { plan?: "free" | "pro" | undefined; seats?: number | undefined }>>();

const requireToken = requireTokenDirective();
const schema = createSchema<GraphQLAuthContext<OwnClaims>>({
  typeDefs: [requireToken.typeDefs, "type Query { me: String @requireToken }"],
  resolvers: {
    Query: {
      me: (_parent, _args, ctx) => {
        holds<Equal<typeof ctx.auth.token, JWT<OwnClaims> | null>>();
        return ctx.auth.token?.claims.plan;
      },
    },
  },
});
export const yoga = createYoga({ schema: requireToken.apply(schema), plugins: [useAuth(auth)] });
export const plugin: Plugin = useAuth(auth);
export const guarded = requireToken.apply(makeExecutableSchema({ typeDefs: "type Query { a: Int }" }));
export const contextOf: (server: { req: { headers: Record<string, string> } }) => GraphQLAuthContext<OwnClaims> =
  createGraphQLContext(auth, { schema: guarded });

requireToken.extensions({ scope: "a", onDeny: "NULL" });
// @ts-expect-error "onDenied" is not a key
void (() => requireToken.extensions({ scope: "a", onDenied: "NULL" }));

const literal = defineRule({ type: "refresh", args: { sub: "id" } });
holds<Equal<typeof literal.args.sub, "id">>();
// @ts-expect-error "role" is not a key of a rule
void (() => defineRule({ role: "admin" }));
// @ts-expect-error a scope is never null
void (() => defineRule({ scope: null }));
// @ts-expect-error seats is a number
void (() => auth.rule({ claims: { seats: "3" } }));
// @ts-expect-error unknown claim in an override
void (() => auth.rule({ override: { admin: true } }));
void (() => auth.rule({ claims: { plan: "pro", sub: "a", "nested.path": 1 } }));

export async function byHand(request: RequestAuth<OwnClaims>): Promise<void> {
  const token = await request.require({ claims: { plan: "pro" } });
  holds<Equal<typeof token, JWT<OwnClaims>>>();
  const maybe = await request.require({ optional: true });
  holds<Equal<typeof maybe, JWT<OwnClaims> | null>>();
  // @ts-expect-error "gold" is not a plan
  await request.require({ claims: { plan: "gold" } });
  // @ts-expect-error refresh tokens never have a scope
  await auth.refreshToken("a", { scope: "x" });
  const issued = await auth.authToken("a", { claims: { plan: "pro" } });
  holds<Equal<typeof issued.claims.plan, "free" | "pro" | undefined>>();
  const current = currentToken();
  holds<Equal<typeof current, JWT | null>>();
  // @ts-expect-error claims are read-only
  issued.claims.plan = "free";
  const payload = await decode(await encode({ a: 1 }, "x".repeat(32)), "x".repeat(32), { algorithms: ["HS256"] });
  holds<Equal<typeof payload, JwtPayload>>();
  // @ts-expect-error "none" is not an algorithm
  await decode("", "", { algorithms: ["none"] });
}
