/** Survivors in core/auth. */
import type { Explanation } from "./explanation.ts";

export const AUTH: readonly Explanation[] = [
  {
    file: "src/core/auth/session-check.ts",
    why: "The cache forgets more than it must. That costs a look-up of the session, and never changes an answer.",
    mutants: [
      ["if (asking.get(sid) === mine) asking.delete(sid);", "if (true) asking.delete(sid);"],
      ["const isOf = (sid: string): boolean => tagIn(sid) === tag;", "const isOf = (sid: string): boolean => true;"],
      [
        "for (const sid of asking.keys()) if (isOf(sid)) asking.delete(sid);",
        "for (const sid of asking.keys()) if (true) asking.delete(sid);",
      ],
    ],
  },
  {
    file: "src/core/auth/session-check.ts",
    why: 'With sessionCheck "refresh", a stream would check its token more often than it has to, with the same answer.',
    mutants: [
      [
        'interval: sessionCheck === "always" ? sessionCheckTtl : Number.POSITIVE_INFINITY,',
        "interval: true ? sessionCheckTtl : Number.POSITIVE_INFINITY,",
      ],
    ],
  },
  {
    file: "src/core/auth/session-check.ts",
    why: "The verifier has read the token, so it has content and a standing. The types need the question marks.",
    mutants: [
      ['const keys = token["~content"]?.standing?.keys;', 'const keys = token["~content"]?.standing.keys;'],
      ['const keys = token["~content"]?.standing?.keys;', 'const keys = token["~content"].standing?.keys;'],
    ],
  },
  {
    file: "src/core/auth/session-check.ts",
    why: "A manager with sessions has keys of its own. The types need the condition.",
    mutants: [
      [
        "return keys === own?.keys || (own !== undefined && areFormerKeys(own, keys));",
        "return keys === own?.keys || (true && areFormerKeys(own, keys));",
      ],
      [
        "return keys === own?.keys || (own !== undefined && areFormerKeys(own, keys));",
        "return keys === own.keys || (own !== undefined && areFormerKeys(own, keys));",
      ],
    ],
  },
  {
    file: "src/core/auth/session-check.ts",
    why: "A manager without sessions never finds a reused refresh token. The interface needs the method.",
    mutants: [["endReused: async () => sessionEnded(),", "endReused: () => undefined,"]],
  },
  {
    file: "src/core/auth/session-check.ts",
    why: "undefined means no here, as false does.",
    mutants: [["isKnownToHaveEnded: () => false,", "isKnownToHaveEnded: () => undefined,"]],
  },
];
