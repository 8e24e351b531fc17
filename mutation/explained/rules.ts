/** Survivors in core/rules. */
import type { Explanation } from "./explanation.ts";

export const RULES: readonly Explanation[] = [];
