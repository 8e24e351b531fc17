/** The types of a benchmark: tables of cases, where each case runs in a process of its own. */

/** The result of one slice of time. */
export interface Sample {
  /** Calls that were answered. A batch of `inFlight` counts as that many. */
  readonly calls: number;
  /** Wall time of those calls in nanoseconds, with the turns of the event loop between them. */
  readonly ns: number;
  /** CPU time (user and system, all threads) of the measured process, in microseconds. */
  readonly cpuUs: number;
  /**
   * Further counts per call, such as round trips. Each becomes a column with the median of its
   * rounds.
   */
  readonly extra?: Readonly<Record<string, number>>;
}

/** A case that is loaded and ready. */
export interface Work {
  /**
   * One call. The loop awaits a promise that it returns; then the event loop takes a turn, before
   * the next call or batch. It must throw or reject on a wrong result, because a slice of failures
   * measures nothing.
   */
  call(): unknown;
  /** Calls that start together and are awaited together. Default 1. */
  readonly inFlight?: number;
  /** Units in a call, such as fields; all figures are per unit. Default 1. */
  readonly perCall?: number;
  /** The servers that the case uses, with their versions: a line below the table. Default none. */
  readonly about?: string;
  /** The most milliseconds of CPU time to warm up. 0 if each call starts a new process. */
  readonly maxWarmMs?: number;
  /**
   * Throws unless the case accepts valid callers and rejects all others. Runs before the first
   * slice.
   */
  prove?(): Promise<void>;
  /**
   * Replaces the loop over `call` for about `ms` milliseconds of CPU time: for servers under load,
   * or for bytes.
   */
  slice?(ms: number): Promise<Sample>;
  close?(): Promise<void>;
}

export interface Case {
  /** Unique within the table. */
  readonly name: string;
  /**
   * Runs in the case's own process. It imports dynamically, so that no process holds the packages
   * of another case.
   */
  load(): Promise<Work>;
  /**
   * Whether `--against` measures this case on both commits. Default: whether the name starts with
   * "claimgate".
   */
  readonly isClaimgate?: boolean;
  /** Flags of node for this case's process. */
  readonly execArgv?: readonly string[];
  /** One line below the table. */
  readonly note?: string;
}

export interface Table {
  /** `"<group>/<rest>"`, such as `"verify/HS256 cold"`; `npm run bench -- <name>` takes it. */
  readonly name: string;
  readonly title: string;
  /** The case that the CPU ratios are over. */
  readonly base: string;
  /** The unit of the times: `"verify"`, `"request"`, `"field"`. */
  readonly unit: string;
  /**
   * The case whose CPU time in the same round is subtracted from all others before the ratio:
   * mostly `"an empty call"`.
   */
  readonly netOf?: string;
  readonly cases: readonly Case[];
  /** Lines below the table. */
  readonly notes?: readonly string[];
}

/** The exports of a file `cases/<group>.ts`. */
export interface Group {
  readonly tables: readonly Table[];
}
