/** Drives the AWS Lambda examples, behind a Node server that makes events and writes results. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { APIGatewayProxyResult, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { AuthManager } from "claimgate";
import { listen } from "../../../../examples/hosts/listen.ts";
import { createHandler, createStreamingHandler } from "../../../../examples/hosts/trpc/aws-lambda.ts";
import type { Listening } from "../../../support/listen.ts";
import type { Driver } from "../host.ts";
import { toEventV1, toEventV2 } from "../lambda-events.ts";

type Answer = (req: IncomingMessage, body: Buffer, res: ServerResponse) => Promise<void>;

// Lambda functions are reachable over TLS only.
const originOf = (url: string): string => new URL(url).origin.replace("http:", "https:");
const buffers = "a response is passed on when the function has returned it in full";
const context = {} as Context;

export const lambdaV1: Driver = {
  name: "AWS Lambda, payload format 1.0",
  originOf,
  buffers,
  start(config) {
    const handle = createHandler(new AuthManager(config));
    return serve("/trpc", async (req, body, res) => write(res, await handle(toEventV1(req, body, "/trpc"), context)));
  },
};

export const lambdaV2: Driver = {
  name: "AWS Lambda, payload format 2.0",
  originOf,
  buffers,
  start(config) {
    const handle = createHandler(new AuthManager(config));
    return serve("/trpc", async (req, body, res) => write(res, await handle(toEventV2(req, body, "/trpc"), context)));
  },
};

export const lambdaStreaming: Driver = {
  name: "AWS Lambda, response streaming",
  originOf,
  start(config) {
    const handle = createStreamingHandler(new AuthManager(config));
    provideRuntime();
    return serve("", async (req, body, res) => {
      // A caller who disconnects ends the stream early.
      await handle(toEventV2(req, body, ""), res as never, context).catch((error: unknown) => {
        if (!res.closed) throw error;
      });
    });
  },
};

/** Provides the global that Lambda's runtime gives a function. */
function provideRuntime(): void {
  const from = (res: ServerResponse, { statusCode, headers }: { statusCode: number; headers: object }) =>
    res.writeHead(statusCode, { ...headers });
  Object.assign(globalThis, { awslambda: { HttpResponseStream: { from } } });
}

function serve(path: string, answer: Answer): Promise<Listening> {
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> =>
    answer(req, await buffer(req), res);
  const server = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  return listen(server, { path });
}

function write(res: ServerResponse, result: APIGatewayProxyResult | APIGatewayProxyStructuredResultV2): void {
  const { statusCode = 200, headers = {}, body = "", isBase64Encoded = false } = result;
  res.writeHead(statusCode, { ...headers } as Record<string, string>);
  res.end(Buffer.from(body, isBase64Encoded ? "base64" : "utf8"));
}
