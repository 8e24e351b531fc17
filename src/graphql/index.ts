/** claimgate for GraphQL (`claimgate/graphql`). */
export {
  createGraphQLContext,
  type GraphQLAuthContext,
  type GraphQLContextFactory,
  type GraphQLContextOptions,
  type ServerContext,
} from "./context.ts";
export { type RequireTokenDirective, type RequireTokenDirectiveOptions, requireTokenDirective } from "./directive.ts";
export type { AuthErrorCode } from "./errors.ts";
export {
  type AuthHttpResponse,
  type AuthHttpResponseOptions,
  authHttpResponse,
  type ResultLike,
} from "./http-response.ts";
export type { OperationArgs } from "./operation-plans.ts";
export type { Prepare, PrepareArgs } from "./prepare.ts";
export type { GraphQLRule, OnDeny } from "./read-guards.ts";
export { type AuthPlugin, type UseAuthOptions, useAuth } from "./yoga.ts";
