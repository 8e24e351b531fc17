/** The types of the release table's rows, and the release that rows compare with. */

/**
 * The release before the version in `package.json`, or that version until the next one. The commit
 * is the one that recorded its table.
 */
export const PREVIOUS = { version: "0.1.0", commit: "dbab6a6" } as const;

interface Row {
  readonly what: string;
  /** A table of `cases/`. */
  readonly table: string;
  /** A case of that table. */
  readonly case: string;
  /** The median must be at most this. */
  readonly goal?: number;
  /**
   * The reason for a missed goal, printed below the table: the part of the work that costs the
   * time, and the attempts to reduce it. It contains no figures, so that it stays true.
   */
  readonly ifMissed?: string;
  /** A further `Sample.extra` to show beside the figure. It is not judged. */
  readonly beside?: string;
}

/** Judged by the figure of `case` over that of `over`. */
export interface RatioRow extends Row {
  /** A case of the same table, or `PREVIOUS`: the same case with that release's claimgate. */
  readonly over: string | typeof PREVIOUS;
  /** The name of a `Sample.extra`. Default: the CPU time. */
  readonly figure?: string;
}

/** Judged by a figure itself: the name of a `Sample.extra`. */
export interface CountRow extends Row {
  readonly over?: never;
  readonly figure: string;
}

export type ReleaseRow = RatioRow | CountRow;
