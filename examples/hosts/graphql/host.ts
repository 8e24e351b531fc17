/** What every host here takes and gives. */
import type { GraphQLSchema } from "graphql";
import type { Running } from "../listen.ts";

/** How a host is started. */
export interface HostOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** A guarded schema. Default: the one of schema.ts. */
  readonly schema?: GraphQLSchema;
  /**
   * Whether an array of operations is answered in one response, where the host can do that. Default
   * `false`.
   */
  readonly batching?: boolean;
}

/** A host that is running. */
export interface RunningHost extends Running {
  /** Where it takes WebSockets. */
  readonly wsUrl?: string;
}
