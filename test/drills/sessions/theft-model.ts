/** A model, without a store, of a session with a stolen refresh token (RFC 9700, section 4.14). */

/** The attacker and the victim. */
export type Who = "A" | "V";

/** One of them presents a token: its newest one, or the stolen one with which both began. */
export interface Presentation {
  readonly who: Who;
  readonly token: "newest" | "stolen";
  /** Presented to `refresh`, or to a guard that requires a refresh token. */
  readonly at: "refresh" | "guard";
}

/**
 * An event. With `"both"`, both refresh their newest token concurrently; `"wait"` lasts until every
 * grace is over.
 */
export type Step = Presentation | "both" | "wait";

/** Longer than the default grace. */
export const WAIT_SECONDS = 11;

/**
 * The answer to a presentation: the position of a token, counted from the stolen one, or a verdict.
 */
export type ModelAnswer = number | "in" | "401 TOKEN_REUSED" | "401 TOKEN_REVOKED";

/** A session. */
export interface ModelState {
  readonly isAlive: boolean;
  /** The position of the live token. */
  readonly live: number;
  /** The time at which the previous token was replaced. */
  readonly replacedAt: number;
  readonly time: number;
  /** The position of the newest token of each. */
  readonly newest: Readonly<Record<Who, number>>;
}

/** The session of a login, right after the theft of its token. */
export const STOLEN: ModelState = { isAlive: true, live: 0, replacedAt: 0, time: 0, newest: { A: 0, V: 0 } };

/** Every possible step. */
const STEPS: readonly Step[] = [
  ...(["A", "V"] as const).flatMap((who) =>
    (["newest", "stolen"] as const).flatMap((token) =>
      (["refresh", "guard"] as const).map((at) => ({ who, token, at })),
    ),
  ),
  "both",
  "wait",
];

/** Every sequence of one to `length` steps. */
export function scriptsOf(length: number): Step[][] {
  if (length === 0) return [];
  const shorter: Step[][] = [[], ...scriptsOf(length - 1)];
  return shorter.flatMap((script) => STEPS.map((step) => [...script, step]));
}

/** Every sequence of a step, a wait and another step, which covers the grace. */
export function scriptsAroundWait(): Step[][] {
  return STEPS.flatMap((before) => STEPS.map((after): Step[] => [before, "wait", after]));
}

/** The answer to a presentation, and the next state. */
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

/** The state after a wait. */
export function wait(state: ModelState): ModelState {
  return { ...state, time: state.time + WAIT_SECONDS };
}

/** A short name for reports. */
export function nameOf(step: Step): string {
  return typeof step === "string" ? step : `${step.who} ${step.token} at ${step.at}`;
}
