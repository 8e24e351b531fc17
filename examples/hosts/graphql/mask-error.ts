/** Error masking for hosts that do not mask errors themselves. */
import { isAuthError } from "claimgate";
import { GraphQLError } from "graphql";

/**
 * Returns a `GraphQLError` that a resolver threw, or a refusal, as it is. Any other error becomes
 * "Unexpected error."
 */
export function maskError(error: GraphQLError): GraphQLError {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  if (cause instanceof GraphQLError || isAuthError(cause)) return error;
  const place = { nodes: error.nodes ?? null, path: error.path ?? null };
  return new GraphQLError("Unexpected error.", { ...place, extensions: { code: "INTERNAL_SERVER_ERROR" } });
}
