/** Every host of the examples. */
import type { Driver } from "../host.ts";
import { lambdaStreaming, lambdaV1, lambdaV2 } from "./aws-lambda.ts";
import { hono } from "./hono.ts";
import { next } from "./next.ts";
import { standalone } from "./standalone.ts";

export const drivers: readonly Driver[] = [standalone, next, hono, lambdaV1, lambdaV2, lambdaStreaming];
