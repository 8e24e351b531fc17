/** A user's package that exports results of `claimgate/graphql` with inferred types. */
import { AuthManager } from "claimgate";
import { authHttpResponse, createGraphQLContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { buildSchema } from "graphql";

const auth = new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s".repeat(32) });

export const directive = requireTokenDirective();
export const schema = directive.apply(buildSchema(`${directive.typeDefs} type Query { me: String @requireToken }`));
export const extensions = directive.extensions({ scope: "a", onDeny: "NULL" });
export const plugin = useAuth(auth);
export const hooks = {
  execute: plugin.onExecute({ args: undefined, executeFn: () => undefined, setExecuteFn: () => undefined }),
  subscribe: plugin.onSubscribe({ args: undefined, subscribeFn: () => undefined, setSubscribeFn: () => undefined }),
};
export const createContext = createGraphQLContext(auth, { schema });
export const context = createContext({});
export const prepare = createContext.prepare;
export const response = authHttpResponse({}, { operation: "query" });
