/** Survivors in core/sessions. */
import type { Explanation } from "./explanation.ts";

export const SESSIONS: readonly Explanation[] = [
  {
    file: "src/core/sessions/refresh.ts",
    why: "refreshStateOf calls an absent record ended. The types need the condition.",
    mutants: [
      [
        'if (record === null || state === "ended") throw sessionEnded();',
        'if (false || state === "ended") throw sessionEnded();',
      ],
    ],
  },
  {
    file: "src/core/sessions/refresh.ts",
    why: "The number of turns only has to be bounded.",
    mutants: [["for (let turn = 0; turn < MAX_TURNS; turn++) {", "for (let turn = 0; turn <= MAX_TURNS; turn++) {"]],
  },
];
