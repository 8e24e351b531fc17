/** The options and the result of starting a host. */
import type { GraphQLSchema } from "graphql";
import type { Running } from "../listen.ts";

/** The options of a host. */
export interface HostOptions {
  /** The port. Default: a free port. */
  readonly port?: number;
  /** A guarded schema. Default: the schema of schema.ts. */
  readonly schema?: GraphQLSchema;
  /** Whether a host that supports batches accepts an array of operations. Default: `false`. */
  readonly batching?: boolean;
}

/** A running host. */
export interface RunningHost extends Running {
  /** The URL for WebSockets, if the host accepts them. */
  readonly wsUrl?: string;
}
