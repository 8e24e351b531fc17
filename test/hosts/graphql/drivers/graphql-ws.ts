/** The driver of graphql-ws. */
import { start } from "../../../../examples/hosts/graphql/graphql-ws.ts";
import type { Host } from "../host.ts";

export const graphqlWs: Host = {
  name: "graphql-ws",
  start,
  transports: ["ws"],
  streams: ["ws"],
  cannot: {
    "answer over HTTP": "graphql-ws speaks WebSockets only, which have no status: the code of the error counts",
    "answer batches": "its protocol has one operation a message",
  },
};
