/** Finds the known name that a misspelt name is nearest to. */

// Longer names are not misspelt options, and would make the comparison slow.
const MAX_LENGTH = 64;

/**
 * The known name nearest to `name`, in any case and spelling of words; `undefined` if none is near.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  const given = bare(name);
  const distances = known.map((one) => ({ one, distance: distanceOf(given, bare(one)) }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= Math.max(1, Math.floor(given.length / 4)) ? nearest.one : undefined;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}

/** The letters to insert, remove, replace or swap; 1 for a name of which `a` is the beginning. */
function distanceOf(a: string, b: string): number {
  if (a.length >= 3 && a !== b && b.startsWith(a)) return 1;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}
