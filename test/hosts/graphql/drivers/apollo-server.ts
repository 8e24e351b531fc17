/** The driver of Apollo Server. */
import { start } from "../../../../examples/hosts/graphql/apollo-server.ts";
import type { Host } from "../host.ts";

export const apolloServer: Host = {
  name: "Apollo Server",
  start,
  transports: ["http"],
  streams: [],
  cannot: {
    "start again with a schema it served": "Apollo Server wraps the resolvers of a schema as it serves it",
    "serve subscriptions": "Apollo Server has no subscriptions; its documentation adds graphql-ws",
  },
};
