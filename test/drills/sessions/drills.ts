/** Every drill of sessions, on every store it is for. */
import type { Drill } from "./drill.ts";

export const DRILLS: readonly Drill[] = [];
