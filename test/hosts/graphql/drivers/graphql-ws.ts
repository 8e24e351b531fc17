/** The driver of graphql-ws. */
import { start } from "../../../../examples/hosts/graphql/graphql-ws.ts";
import type { Host } from "../host.ts";

export const graphqlWs: Host = {
  name: "graphql-ws",
  start,
  transports: ["ws"],
  streams: ["ws"],
  cannot: {
    "answer over HTTP": "graphql-ws only speaks WebSockets, which have no status: the code of the error replaces it",
    "answer batches": "its protocol has one operation per message",
  },
};
