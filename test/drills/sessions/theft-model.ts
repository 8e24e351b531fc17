/** What becomes of a session whose refresh token two hold, as RFC 9700 (section 4.14) would have it: told naively, without a store. */

/** The attacker and the victim. */
export type Who = "A" | "V";

/** One presents a token: the newest that it was given, or the stolen one that both began with. */
export interface Presentation {
  readonly who: Who;
  readonly token: "newest" | "stolen";
  /** At `refresh`, or at a guard that asks for a refresh token. */
  readonly at: "refresh" | "guard";
}

/**
 * Something that happens. `"both"` refresh with their newest, at once; `"wait"` until every grace
 * is over.
 */
export type Step = Presentation | "both" | "wait";

/** Longer than the default grace. */
export const WAIT_SECONDS = 11;

/**
 * What a presentation is answered with: the number of a token in the row of the session's, counted
 * from the stolen one, or a verdict.
 */
export type ModelAnswer = number | "in" | "401 TOKEN_REUSED" | "401 TOKEN_REVOKED";

/** A session. */
export interface ModelState {
  readonly isAlive: boolean;
  /** The number of the live token. */
  readonly live: number;
  /** When the one before it was replaced. */
  readonly replacedAt: number;
  readonly time: number;
  /** The number of the newest token that each was given. */
  readonly newest: Readonly<Record<Who, number>>;
}

/** A login's session, right after its token was stolen. */
export const STOLEN: ModelState = { isAlive: true, live: 0, replacedAt: 0, time: 0, newest: { A: 0, V: 0 } };

/** Every step that can be taken. */
const STEPS: readonly Step[] = [
  ...(["A", "V"] as const).flatMap((who) =>
    (["newest", "stolen"] as const).flatMap((token) =>
      (["refresh", "guard"] as const).map((at) => ({ who, token, at })),
    ),
  ),
  "both",
  "wait",
];

/** Every row of one to `length` steps. */
export function scriptsOf(length: number): Step[][] {
  if (length === 0) return [];
  const shorter: Step[][] = [[], ...scriptsOf(length - 1)];
  return shorter.flatMap((script) => STEPS.map((step) => [...script, step]));
}

/** Every row of a step, a wait and another step: what a grace is about. */
export function scriptsAroundWait(): Step[][] {
  return STEPS.flatMap((before) => STEPS.map((after): Step[] => [before, "wait", after]));
}

/** What a presentation leads to. */
export function present(
  state: ModelState,
  { who, token, at }: Presentation,
  grace: number,
): { readonly answer: ModelAnswer; readonly state: ModelState } {
  const { isAlive, live, replacedAt, time, newest } = state;
  if (!isAlive) return { answer: "401 TOKEN_REVOKED", state };
  const number = token === "stolen" ? 0 : newest[who];
  const isRepeatable = number === live - 1 && time - replacedAt < grace;
  if (number !== live && !isRepeatable) return { answer: "401 TOKEN_REUSED", state: { ...state, isAlive: false } };
  if (at === "guard") return { answer: "in", state };
  const given = number === live ? live + 1 : live;
  return {
    answer: given,
    state: {
      ...state,
      live: given,
      replacedAt: number === live ? time : replacedAt,
      newest: { ...newest, [who]: given },
    },
  };
}

/** Time passes. */
export function wait(state: ModelState): ModelState {
  return { ...state, time: state.time + WAIT_SECONDS };
}

/** In one word, for reports. */
export function nameOf(step: Step): string {
  return typeof step === "string" ? step : `${step.who} ${step.token} at ${step.at}`;
}
