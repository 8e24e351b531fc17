/** The contract of a drill: load on a real store, long or short, with a correct outcome. */

/** The length of a drill. */
export type Length = "short" | "long";

/** The result of a drill on one store. */
export interface DrillResult {
  readonly drill: string;
  readonly store: string;
  /** The operations, counted, such as `{ refreshes: 200, rotations: 1 }`. */
  readonly counts: Readonly<Record<string, number | string>>;
  /** The outcomes that were wrong; empty when all were right. */
  readonly violations: readonly string[];
}

export interface Drill {
  readonly drill: string;
  readonly store: string;
  /** The reason why it cannot run here, or `undefined`. */
  readonly probe: () => string | undefined;
  run(length: Length): Promise<DrillResult>;
}

/** Collects violations; keeps the first few of similar ones. */
export function createViolations(): { note(text: string): void; readonly list: readonly string[] } {
  const list: string[] = [];
  return {
    note(text) {
      if (list.length < 20) list.push(text);
    },
    list,
  };
}
