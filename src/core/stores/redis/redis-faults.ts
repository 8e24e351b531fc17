/** Tells errors of Redis that only the application can mend from outages. */
import { isStoreMisuse, storeMisuse } from "../store-error.ts";

// Redis' errors begin with a code; those of a command inside a script only contain the text.
const FAULTS: readonly (readonly [error: RegExp, remedy: string])[] = [
  [
    /^NOPERM|\bhas no permissions\b|\bcan't run this command\b|\bcan't access at least one of the keys\b/,
    "the user of the connection lacks a right; allow it the keys with the prefix of the store, and the commands +@scripting +@read +@write +time",
  ],
  [/^ERR unknown command/, "the server must support scripts (EVAL and EVALSHA)"],
  [/^WRONGTYPE/, "another program uses the keys of the store; set another prefix"],
  [/subscriber mode|\(P\|S\)SUBSCRIBE/, "the client is subscribed to channels; give the store a client of its own"],
];

const FOR_CLUSTER = "the client must be one for a Redis Cluster; use createCluster of redis, or Cluster of ioredis";

/**
 * Returns the `TypeError` for a mistake of the application; any other error unchanged. A client for
 * a cluster may give up on a MOVED during a failover, which is an outage.
 */
export function explainFault(error: unknown, isCluster: boolean): unknown {
  if (isStoreMisuse(error) || !(error instanceof Error)) return error;
  const isMoved = !isCluster && error.message.startsWith("MOVED ");
  const remedy = isMoved ? FOR_CLUSTER : FAULTS.find(([text]) => text.test(error.message))?.[1];
  return remedy === undefined ? error : storeMisuse(`redisSessionStore: ${remedy}`, error);
}
