/** The waiting time of a task, from the lengths of the event loop's turns. */

/**
 * The time that a task waits at most, with probability `quantile`. The task comes at a random
 * moment and waits until the present turn ends, so long turns meet more tasks than short ones.
 */
export function waitQuantile(turns: readonly number[], quantile: number): number {
  const sorted = turns.toSorted((a, b) => b - a);
  // The part of all time in which a task would wait longer than the result.
  const longer = (1 - quantile) * sorted.reduce((sum, turn) => sum + turn, 0);
  let total = 0;
  for (const [index, turn] of sorted.entries()) {
    total += turn;
    const wait = (total - longer) / (index + 1);
    // Turns that are not longer than the result add nothing to that part.
    if (wait >= (sorted[index + 1] ?? 0)) return Math.max(0, wait);
  }
  return 0;
}
