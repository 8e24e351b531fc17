/** claimgate: `@requireToken` on every field that needs a scope. */
import { AuthManager } from "claimgate";
import { createGraphQLContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { plainSchema, typeDefsWith } from "./schema.ts";
import type { Server } from "./server.ts";
import { type Algorithm, ISSUER, mintTokens } from "./tokens.ts";

export async function claimgate(callers: "warm" | "cold", algorithm: Algorithm = "HS256"): Promise<Server> {
  const tokens = await mintTokens(algorithm, callers);
  const auth = new AuthManager({ issuer: ISSUER, ...tokens.managerKey });
  await auth.ready();
  const requireToken = requireTokenDirective();
  const guarded = typeDefsWith((scope) => `@requireToken(scope: "${scope}")`);
  const schema = requireToken.apply(plainSchema([requireToken.typeDefs, guarded]));
  const contextOf = createGraphQLContext(auth, { schema });
  return { schema, tokens, contextOf, prepare: contextOf.prepare, plugins: [useAuth(auth)] };
}
