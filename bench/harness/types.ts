/** What a benchmark is: tables of cases, each case a process of its own that does its work when told to. */

/** What one slice of time gave. */
export interface Sample {
  /** Calls that were answered. A batch of `inFlight` counts as that many. */
  readonly calls: number;
  /** Wall time they took, in nanoseconds, the turns of the event loop between them included. */
  readonly ns: number;
  /** CPU time (user and system) of the process that is measured, in microseconds. */
  readonly cpuUs: number;
  /** What else was counted, per call: round trips, bytes an entry. Each becomes a column with the median of its rounds. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** A case that is loaded and ready. */
export interface Work {
  /**
   * One call. What it gives is awaited where it is a promise; afterwards the event loop takes a turn, before the next call or batch.
   * It must throw, or reject, where the work went wrong: a slice of failures is no measurement.
   */
  call(): unknown;
  /** Calls started together and awaited together. Default 1. */
  readonly inFlight?: number;
  /** Units in a call, such as fields; all figures are per unit. Default 1. */
  readonly perCall?: number;
  /** Throws unless the case really lets in who may pass and really refuses who may not. Runs before anything is measured. */
  prove?(): Promise<void>;
  /** Measures in its own way, for about `ms` milliseconds, where calling `call` in a loop is not the thing (servers under load, bytes). `call` is then never called. */
  slice?(ms: number): Promise<Sample>;
  close?(): Promise<void>;
}

export interface Case {
  /** Unique within the table. */
  readonly name: string;
  /** Runs in the case's own process. What it needs is imported here, dynamically, so that no process holds another case's packages. */
  load(): Promise<Work>;
  /** The case of this table whose time of the same round is subtracted; null for none. Default: the table's. */
  readonly netOf?: string | null;
  /** Flags of node, for this case's process. */
  readonly execArgv?: readonly string[];
  /** One line beneath the table. */
  readonly note?: string;
}

/** A promise about a case. `atMost` and `atLeast` are inclusive; judged by the median. */
export interface Goal {
  readonly case: string;
  /**
   * What is judged. `"ratio"` (default): time, or CPU, per unit over that of `against` in the same round. `"speedup"`: the inverse.
   * Any other: the column of `Sample.extra` of that name.
   */
  readonly of?: "ratio" | "speedup" | (string & {});
  /** Default: the table's base. */
  readonly against?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Table {
  /** `"<group>/<rest>"`, such as `"verify/HS256 cold"`; what `npm run bench -- <name>` takes. */
  readonly name: string;
  readonly title: string;
  /** The case that the ratios are over. */
  readonly base: string;
  /** What the times are per: `"verify"`, `"request"`, `"field"`. */
  readonly unit: string;
  /** What the ratios are of. Default `"time"`; `"cpu"` where the process under load is another one than the one that loads it. */
  readonly measure?: "time" | "cpu";
  /** The case, mostly `"an empty call"`, whose time of the same round is subtracted from all others before the ratios: what a turn of the event loop costs. */
  readonly netOf?: string;
  readonly cases: readonly Case[];
  readonly goals?: readonly Goal[];
  /** Lines beneath the table. */
  readonly notes?: readonly string[];
}

/** What a file `cases/<group>.ts` exports. */
export interface Group {
  readonly tables: readonly Table[];
}
