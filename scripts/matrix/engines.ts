/** The Node versions in a package's `engines`, in words. */
import { minVersion, satisfies } from "semver";

/** Describes the requirement `range` of a package that does not accept `version`. */
export function demandOf(range: string, version: string): string {
  const lowest = lowestOf(range);
  return satisfies(version, `>=${lowest}`) ? `Node \`${range}\`` : `Node ${lowest} or later`;
}

/**
 * Returns the lowest version in a range.
 *
 * @throws {TypeError} if `range` is not a range
 */
export function lowestOf(range: string): string {
  return minVersion(range)?.version ?? range;
}
