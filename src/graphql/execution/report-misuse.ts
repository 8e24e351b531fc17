/** Reports a mistake of the developer as a process warning, because servers mask errors. */
import { emitWarning } from "../../core/util/builtins.ts";

const reported = new WeakSet<object>();

/**
 * The error, which is also emitted as a process warning, once for each schema. Servers that mask
 * errors, such as Yoga, answer "Unexpected error." to the developer too.
 */
export function reportMisuse(schema: object, error: TypeError): TypeError {
  if (reported.has(schema)) return error;
  reported.add(schema);
  emitWarning(error.message, "CLAIMGATE_MISUSE");
  return error;
}
