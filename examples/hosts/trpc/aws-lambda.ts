/** tRPC on AWS Lambda, behind API Gateway or a function URL, with or without streaming. */
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

// On Lambda there is no response when the context is created, so responseMeta adds the challenge.
const options = (auth: AuthManager): AWSLambdaOptions<AppRouter, Event> => ({
  router: appRouter,
  createContext: createTRPCContext(auth),
  responseMeta: authResponseMeta,
});

/**
 * A handler without streaming, for payload formats 1.0 and 2.0. Use it as `export const handler =
 * createHandler(auth)`.
 */
export const createHandler = (auth: AuthManager) => awsLambdaRequestHandler(options(auth));

/**
 * A handler with streaming, for a function URL with the invoke mode RESPONSE_STREAM. Use it as
 * `export const handler = awslambda.streamifyResponse(createStreamingHandler(auth))`.
 */
export const createStreamingHandler = (auth: AuthManager) => awsLambdaStreamingRequestHandler(options(auth));
