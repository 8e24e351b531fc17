/** claimgate for GraphQL (`claimgate/graphql`). */

// The directive

export type { OnDeny } from "./guard.ts";
export {
  type RequireTokenDirective,
  type RequireTokenDirectiveOptions,
  requireTokenDirective,
} from "./schema/directive.ts";
export type { GraphQLRule } from "./schema/read-guards.ts";

// GraphQL Yoga

export {
  type AuthPlugin,
  type ExecuteHook,
  type NextHook,
  type ResultPayload,
  type SubscribeHook,
  type UseAuthOptions,
  useAuth,
} from "./server/yoga.ts";

// Other servers: the context

export type { LambdaEvent } from "../core/exchange/lambda-event.ts";
export type { RequestLike } from "../core/exchange/request-source.ts";
export type { OperationArgs } from "./execution/operation-plans.ts";
export type { Prepare, PrepareArgs } from "./execution/prepare.ts";
export {
  createGraphQLContext,
  type GraphQLAuthContext,
  type GraphQLContextFactory,
  type GraphQLContextOptions,
  type ServerContext,
} from "./server/context.ts";

// Other servers: errors and the response

export type { AuthErrorCode, RefusedOperation } from "./errors.ts";
export {
  type AuthHttpResponse,
  type AuthHttpResponseOptions,
  authHttpResponse,
  type ResultLike,
} from "./server/http-response.ts";
