/** Every drill of sessions, on every store that it supports. */
import { browserDrills } from "./browser.ts";
import type { Drill } from "./drill.ts";
import { faultDrills } from "./faults.ts";
import { flatDrills } from "./flat.ts";
import { raceDrills } from "./races.ts";
import { theftDrills } from "./theft.ts";

export const DRILLS: readonly Drill[] = [
  ...raceDrills,
  ...theftDrills,
  ...flatDrills,
  ...faultDrills,
  ...browserDrills,
];
