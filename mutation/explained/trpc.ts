/** Survivors in trpc. */
import type { Explanation } from "./explanation.ts";

export const TRPC: readonly Explanation[] = [
  {
    file: "src/trpc/guard.ts",
    why: "A guard has at least one plan. The types need the question mark.",
    mutants: [
      [
        "if (!after || [...before, ...after].some(({ slot }) => slot !== before[0]?.slot)) return undefined;",
        "if (!after || [...before, ...after].some(({ slot }) => slot !== before[0].slot)) return undefined;",
      ],
    ],
  },
  {
    file: "src/trpc/guard.ts",
    why: "A shortcut for one plan: checkAll checks it too.",
    mutants: [
      ["const only = plans.length === 1 ? plans[0] : undefined;", "const only = false ? plans[0] : undefined;"],
    ],
  },
];
