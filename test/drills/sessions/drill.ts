/** What a drill is: something done to real stores, at length or for a few seconds, that must come out right. */

/** How much is done. */
export type Length = "short" | "long";

/** What came of a drill on one store. */
export interface DrillResult {
  readonly drill: string;
  readonly store: string;
  /** What was done and counted, such as `{ refreshes: 200, rotations: 1 }`. */
  readonly counts: Readonly<Record<string, number | string>>;
  /** What went another way than it should; empty where all is well. */
  readonly violations: readonly string[];
}

/** A drill on one store. */
export interface Drill {
  readonly drill: string;
  readonly store: string;
  /** Why it cannot be run here, or `undefined`. */
  readonly probe: () => string | undefined;
  run(length: Length): Promise<DrillResult>;
}

/** Collects what went wrong; of many alike the first few. */
export function createViolations(): { note(text: string): void; readonly list: readonly string[] } {
  const list: string[] = [];
  return {
    note(text) {
      if (list.length < 20) list.push(text);
    },
    list,
  };
}
