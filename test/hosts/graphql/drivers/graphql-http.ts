/** The driver of graphql-http. */
import { start } from "../../../../examples/hosts/graphql/graphql-http.ts";
import type { Host } from "../host.ts";

export const graphqlHttp: Host = {
  name: "graphql-http",
  start,
  transports: ["http"],
  streams: [],
  cannot: {
    "serve subscriptions": "graphql-http has none; graphql-ws and graphql-sse stand beside it",
    "answer batches": "graphql-http takes one operation a request",
  },
};
