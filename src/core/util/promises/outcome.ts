/** A value or an error, kept instead of a promise whose rejection could stay unhandled. */
import { isPromise, type MaybePromise } from "./maybe-promise.ts";

/** A value, or the error in its place. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Returns the value, or throws the error. */
export function settle<T>(outcome: Outcome<T>): T {
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

/** Returns the value, or `undefined` for an error, a pending promise or no outcome. */
export function valueOf<T>(outcome: MaybePromise<Outcome<T>> | undefined): T | undefined {
  return outcome && !isPromise(outcome) && "value" in outcome ? outcome.value : undefined;
}
