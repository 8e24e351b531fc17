/** The race drills, on every store: one token that 200 present at once, and many sessions at random. */
import type { Drill } from "./drill.ts";
import { atRandomDrills } from "./race-at-random.ts";
import { oneTokenDrills } from "./race-one-token.ts";

export const raceDrills: readonly Drill[] = [...oneTokenDrills, ...atRandomDrills];
