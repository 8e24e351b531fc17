/** tRPC on AWS Lambda: behind API Gateway or a function URL, and streamed from a function URL. Deployed, `auth` is made from the environment. */
import {
  type AWSLambdaOptions,
  awsLambdaRequestHandler,
  awsLambdaStreamingRequestHandler,
} from "@trpc/server/adapters/aws-lambda";
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from "aws-lambda";
import type { AuthManager } from "claimgate";
import { authResponseMeta, createTRPCContext } from "claimgate/trpc";
import { type AppRouter, appRouter } from "./router.ts";

type Event = APIGatewayProxyEvent | APIGatewayProxyEventV2;

// Lambda has no response yet when the context is made: the challenge of a refusal is added by
// responseMeta.
const options = (auth: AuthManager): AWSLambdaOptions<AppRouter, Event> => ({
  router: appRouter,
  createContext: createTRPCContext(auth),
  responseMeta: authResponseMeta,
});

/** `export const handler = createHandler(auth)`: payload formats 1.0 and 2.0, the answer whole. */
export const createHandler = (auth: AuthManager) => awsLambdaRequestHandler(options(auth));

/**
 * `export const handler = awslambda.streamifyResponse(createStreamingHandler(auth))`: a function
 * URL whose invoke mode is RESPONSE_STREAM.
 */
export const createStreamingHandler = (auth: AuthManager) => awsLambdaStreamingRequestHandler(options(auth));
