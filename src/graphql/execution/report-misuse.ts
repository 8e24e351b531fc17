/** Reports a mistake of the developer as a process warning, because servers mask errors. */
import { emitWarning } from "../../core/util/builtins.ts";

/** Enough for the schemas of one process. A schema function can build a schema for each request. */
const MAX_WARNINGS = 50;

const reported = new WeakSet<object>();
let warnings = 0;

/**
 * Returns the error, and emits it as a process warning once for each schema, at most 50 times in a
 * process. Servers that mask errors, such as Yoga, answer "Unexpected error." to the developer too.
 */
export function reportMisuse(schema: object, error: TypeError): TypeError {
  if (reported.has(schema) || warnings >= MAX_WARNINGS) return error;
  reported.add(schema);
  warnings++;
  emitWarning(error.message, "CLAIMGATE_MISUSE");
  return error;
}
