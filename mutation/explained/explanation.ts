/** The type of the explanations. */

/** Mutants of one file that survive for one reason. */
export interface Explanation {
  readonly file: string;
  readonly why: string;
  /** The changed lines before and after, each on one line. */
  readonly mutants: readonly (readonly [from: string, to: string])[];
}
