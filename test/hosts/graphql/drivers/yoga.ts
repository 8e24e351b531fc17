/** The driver of GraphQL Yoga. */
import { start } from "../../../../examples/hosts/graphql/yoga.ts";
import type { Host } from "../host.ts";

export const yoga: Host = {
  name: "GraphQL Yoga",
  start,
  transports: ["http"],
  streams: ["sse"],
  cannot: {},
};
