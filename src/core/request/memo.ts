/** Runs a check once and keeps its outcome: a value, a refusal or another error. */
import { toRefusal } from "../errors.ts";
import { andThen, isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { type Outcome, settle } from "../util/promises/outcome.ts";

/** The outcomes of checks, by the checked text. */
export type Memo<T> = Map<string, MaybePromise<Outcome<T>>>;

/** Runs `ask` and returns its outcome. Never throws. */
export function attempt<T>(ask: () => T): Outcome<T> {
  try {
    return { value: ask() };
  } catch (error) {
    return { error: toRefusal(error) };
  }
}

/**
 * Runs `ask` once for each key; later calls get the same outcome. The result is synchronous if the
 * outcome is known. Throws or rejects with a refusal, or with another error of `ask`.
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
