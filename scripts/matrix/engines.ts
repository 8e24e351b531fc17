/** What a package's `engines` and ranges ask for, in words. */
import { minVersion, satisfies } from "semver";

/** What a package asks for where it does not admit `version`. */
export function demandOf(range: string, version: string): string {
  const lowest = lowestOf(range);
  return satisfies(version, `>=${lowest}`) ? `Node \`${range}\`` : `Node ${lowest} or later`;
}

/** The lowest version that a range admits. Throws `TypeError` for what is no range. */
export function lowestOf(range: string): string {
  return minVersion(range)?.version ?? range;
}
