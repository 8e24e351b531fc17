/** The driver of graphql-http. */
import { start } from "../../../../examples/hosts/graphql/graphql-http.ts";
import type { Host } from "../host.ts";

export const graphqlHttp: Host = {
  name: "graphql-http",
  start,
  transports: ["http"],
  streams: [],
  cannot: {
    "serve subscriptions": "graphql-http has no subscriptions; graphql-ws and graphql-sse add them",
    "answer batches": "graphql-http accepts one operation per request",
  },
};
