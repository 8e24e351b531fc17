/** GraphQL Yoga with the plugin `useAuth`, which replaces the wiring that other hosts need. */
import { createServer } from "node:http";
import type { AuthManager } from "claimgate";
import { useAuth } from "claimgate/graphql";
import { createYoga } from "graphql-yoga";
import { listen } from "../listen.ts";
import type { HostOptions, RunningHost } from "./host.ts";
import { createSchema } from "./schema.ts";

export async function start(auth: AuthManager, options: HostOptions = {}): Promise<RunningHost> {
  const { port = 0, schema = createSchema(), batching = false } = options;
  const logging = process.env["NODE_ENV"] !== "test";
  const yoga = createYoga({ schema, batching, logging, plugins: [useAuth(auth)] });
  return listen(createServer(yoga), { port, path: "/graphql", stop: async () => yoga.dispose() });
}
