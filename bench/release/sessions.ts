/** The rows about sessions: the CPU time of a refresh, and its round trips to the store. */
import { PREVIOUS, type ReleaseRow } from "./row.ts";

const CLIENT_GOALS = { memory: 0.5, Redis: 0.7, PostgreSQL: 0.55 } as const;

export const SESSION_ROWS: readonly ReleaseRow[] = [
  ...Object.entries(CLIENT_GOALS).map(
    ([store, goal]): ReleaseRow => ({
      what: `a refresh, ${store}`,
      table: "sessions/refresh",
      case: store,
      over: PREVIOUS,
      goal,
    }),
  ),
  {
    what: "a refresh, PostgreSQL, CPU of the server",
    table: "sessions/refresh",
    case: "PostgreSQL",
    over: PREVIOUS,
    figure: "server CPU µs",
    goal: 0.45,
  },
  ...["Redis", "PostgreSQL"].map(
    (store): ReleaseRow => ({
      what: `a refresh, ${store}`,
      table: "sessions/refresh",
      case: store,
      figure: "round trips before the answer",
      goal: 1,
    }),
  ),
];
