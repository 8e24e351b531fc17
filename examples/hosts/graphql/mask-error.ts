/** Error masking, for hosts that have none of their own: callers see what was meant for them, and refusals. */
import { isAuthError } from "claimgate";
import { GraphQLError } from "graphql";

/**
 * The error, if a resolver meant callers to see it or it is a refusal; any other in general words.
 */
export function maskError(error: GraphQLError): GraphQLError {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  if (cause instanceof GraphQLError || isAuthError(cause)) return error;
  const place = { nodes: error.nodes ?? null, path: error.path ?? null };
  return new GraphQLError("Unexpected error.", { ...place, extensions: { code: "INTERNAL_SERVER_ERROR" } });
}
