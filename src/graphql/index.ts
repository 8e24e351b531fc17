/** claimgate for GraphQL (`claimgate/graphql`). */

export type { AuthErrorCode } from "./errors.ts";
export type { OperationArgs } from "./execution/operation-plans.ts";
export type { Prepare, PrepareArgs } from "./execution/prepare.ts";
export type { OnDeny } from "./guard.ts";
export {
  type RequireTokenDirective,
  type RequireTokenDirectiveOptions,
  requireTokenDirective,
} from "./schema/directive.ts";
export type { GraphQLRule } from "./schema/read-guards.ts";
export {
  createGraphQLContext,
  type GraphQLAuthContext,
  type GraphQLContextFactory,
  type GraphQLContextOptions,
  type ServerContext,
} from "./server/context.ts";
export {
  type AuthHttpResponse,
  type AuthHttpResponseOptions,
  authHttpResponse,
  type ResultLike,
} from "./server/http-response.ts";
export { type AuthPlugin, type UseAuthOptions, useAuth } from "./server/yoga.ts";
