/** Random numbers that are the same in each run. */

/** A sequence of pseudorandom numbers. */
export interface Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number;
  oneOf<T>(values: readonly T[]): T;
}

/** The sequence that begins at `seed` (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    oneOf<T>(values: readonly T[]): T {
      if (values.length === 0) throw new RangeError("There is nothing to choose from");
      return values[Math.floor(next() * values.length)] as T;
    },
  };
}
