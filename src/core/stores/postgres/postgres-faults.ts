/** Tells errors of PostgreSQL that only the application can mend from outages. */
import { isStoreMisuse, storeMisuse } from "../store-error.ts";
import { WRAP } from "./postgres-client.ts";
import type { Names } from "./postgres-schema.ts";

/** Returns the `TypeError` for a mistake of the application; any other error unchanged. */
export function explainFault(error: unknown, { table, versions }: Names): unknown {
  if (isStoreMisuse(error)) return error;
  const { code, said, isOfValues } = serverErrorIn(error);
  if (code === undefined) return error;
  // Without the server's text, which may quote the values of a client that writes them into the
  // statement: callers see messages where nothing masks them.
  const fault = (what: string): TypeError => storeMisuse(`postgresSessionStore: ${what} (${code}, see cause)`, error);
  switch (code) {
    case "42P01":
      return fault(
        `the table ${table} does not exist, or is not in the search_path of this role; call migrate() first`,
      );
    case "42703":
      return fault(`the table ${table} has other columns; call migrate(), or set another table`);
    case "3F000":
      return fault(
        `the schema of the table ${table} does not exist; create it, or name an existing one by the option schema`,
      );
    case "42501":
      return fault(
        `this role lacks a right. The operations need USAGE on the schema of ${table}, and SELECT, INSERT, UPDATE and DELETE on the table. migrate() needs SELECT on ${versions}; to create or change the table it needs CREATE on the schema, and must own the table: ${said}`,
      );
    case "25P02":
      return fault("the client is inside a transaction that has failed; pass a pool, not a client of the application");
    default:
      // 42 is the class of statements that the server rejects. Values that the client did not send
      // are an error of the protocol.
      if (code.startsWith("42") || isOfValues)
        return fault(
          `the server rejects the statement. It must be PostgreSQL, not MySQL or another. If the client does not send the values, wrap it: ${WRAP}`,
        );
      return error;
  }
}

interface ServerError {
  /** The SQLSTATE, if the error has one. */
  readonly code: string | undefined;
  readonly said: string;
  /** Whether the statement got another number of values than it has parameters. */
  readonly isOfValues: boolean;
}

const MAX_DEPTH = 5;
const MAX_SAID = 200;

/** The error of the server, which a query builder may have wrapped in an error of its own. */
function serverErrorIn(error: unknown): ServerError {
  let at: unknown = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof at === "object" && at !== null; depth++) {
    const { code, sqlState, message, routine, cause, original, driverError } = at as Partial<Record<string, unknown>>;
    const state = [sqlState, code].find((one) => typeof one === "string" && /^[0-9A-Z]{5}$/.test(one));
    if (typeof state === "string" && /^\d/.test(state))
      return { code: state, said: String(message).slice(0, MAX_SAID), isOfValues: routine === "exec_bind_message" };
    at = cause ?? original ?? driverError;
  }
  return { code: undefined, said: "", isOfValues: false };
}
