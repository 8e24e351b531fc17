/** The driver of Mercurius. */
import { start } from "../../../../examples/hosts/graphql/mercurius.ts";
import type { Host } from "../host.ts";

export const mercurius: Host = {
  name: "Mercurius",
  start,
  transports: ["http", "ws"],
  streams: ["ws"],
  cannot: {
    "negotiate the media type": "Mercurius answers application/json, whatever is asked for",
    "keep indexes in paths as numbers":
      "the JSON schema of its 2xx answers makes them strings, unless batches are allowed",
    "mask what a source throws":
      "Mercurius shows the errors of `subscribe` and of sources to neither errorFormatter nor a hook",
  },
};
