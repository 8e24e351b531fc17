/** Reports a mistake of the developer as a process warning, because servers mask errors. */
import { emitWarning } from "../../core/util/builtins.ts";

const reported = new WeakSet<object>();

/**
 * Returns the error, and emits it as a process warning, once for each schema. Servers that mask
 * errors, such as Yoga, show even the developer only "Unexpected error."
 */
export function reportMisuse(schema: object, error: TypeError): TypeError {
  if (reported.has(schema)) return error;
  reported.add(schema);
  emitWarning(error.message, "CLAIMGATE_MISUSE");
  return error;
}
