/** The race drills on every store: 200 requests with one token, and many sessions at random. */
import type { Drill } from "./drill.ts";
import { atRandomDrills } from "./race-at-random.ts";
import { oneTokenDrills } from "./race-one-token.ts";

export const raceDrills: readonly Drill[] = [...oneTokenDrills, ...atRandomDrills];
