/** Asks once, and keeps the outcome: a value, a refusal or a fault. */
import { toRefusal } from "../errors.ts";
import { andThen, isPromise, type MaybePromise } from "../util/maybe-promise.ts";
import { type Outcome, settle } from "../util/outcome.ts";

/** Outcomes by what was asked about. */
export type Memo<T> = Map<string, MaybePromise<Outcome<T>>>;

/** The outcome of `ask`. Never throws. */
export function attempt<T>(ask: () => T): Outcome<T> {
  try {
    return { value: ask() };
  } catch (error) {
    return { error: toRefusal(error) };
  }
}

/**
 * What `ask` gives, at once where it is there, asked once: whoever comes later gets the same.
 * Throws or rejects with a refusal, or with the fault it met.
 */
export function once<T>(memo: Memo<T>, key: string, ask: () => MaybePromise<T>): MaybePromise<T> {
  let outcome = memo.get(key);
  if (outcome === undefined) {
    outcome = attemptAsync(ask);
    memo.set(key, outcome);
    if (isPromise(outcome)) void outcome.then((settled) => memo.set(key, settled));
  }
  return andThen(outcome, settle);
}

function attemptAsync<T>(ask: () => MaybePromise<T>): MaybePromise<Outcome<T>> {
  const started = attempt(ask);
  if ("error" in started) return started;
  const { value } = started;
  if (!isPromise(value)) return { value };
  return value.then(
    (settled) => ({ value: settled }),
    (error: unknown) => ({ error: toRefusal(error) }),
  );
}
