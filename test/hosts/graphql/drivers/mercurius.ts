/** The driver of Mercurius. */
import { start } from "../../../../examples/hosts/graphql/mercurius.ts";
import type { Host } from "../host.ts";

export const mercurius: Host = {
  name: "Mercurius",
  start,
  transports: ["http", "ws"],
  streams: ["ws"],
  cannot: {
    "negotiate the media type": "Mercurius responds with application/json, whatever the request accepts",
    "keep indexes in paths as numbers":
      "the JSON schema of its 2xx responses makes them strings, unless batches are allowed",
    "mask what a source throws":
      "Mercurius passes the errors of `subscribe` and of sources neither to errorFormatter nor to a hook",
  },
};
