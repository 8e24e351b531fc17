/** The outcome of something that was asked once: kept instead of a promise, whose rejection may be left unhandled. */
import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/** A value, or the error in its place. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** The value, or a throw of the error. */
export function settle<T>(outcome: Outcome<T>): T {
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

/** The value of an outcome that is there, or `undefined`. */
export function valueOf<T>(outcome: MaybePromise<Outcome<T>> | undefined): T | undefined {
  return outcome && !isPromise(outcome) && "value" in outcome ? outcome.value : undefined;
}
