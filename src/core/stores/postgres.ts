/** Sessions in PostgreSQL through a pool of pg or another client (`claimgate/postgres`). */
import { checkOptionNames } from "../util/check-options.ts";
import {
  isPostgresClient,
  type PostgresClientLike,
  StatementRunner,
  takesNames,
  WRAP,
} from "./postgres/postgres-client.ts";
import { explainFault } from "./postgres/postgres-faults.ts";
import { PROBE, probeValues, readProbe } from "./postgres/postgres-probe.ts";
import { migration, namesOf } from "./postgres/postgres-schema.ts";
import { statements } from "./postgres/postgres-statements.ts";
import { parseMembers, readRecord } from "./read-record.ts";
import { createServerClock } from "./server-clock.ts";
import { keptUntil, type SessionRecord, type SessionStore, type StoreOperation } from "./session-store.ts";
import { storeMisuse } from "./store-error.ts";

// Clients and the session store

export type { PostgresClientLike, PostgresJsLike, PostgresPoolLike } from "./postgres/postgres-client.ts";
export type { SessionRecord, SessionRotation, SessionStore, StoreOperation } from "./session-store.ts";

/** Options of `postgresSessionStore`. */
export interface PostgresSessionStoreOptions {
  /**
   * The schema of the table: 1 to 40 letters, digits and "_", not beginning with a digit. It must
   * exist.
   *
   * @default none (the first schema in the `search_path` of the connection)
   */
  readonly schema?: string;
  /**
   * The table: 1 to 40 letters, digits and "_", not beginning with a digit.
   *
   * @default "claimgate_sessions"
   */
  readonly table?: string;
  /**
   * Whether the statements are named (prepared), so that PostgreSQL plans them once for each
   * connection. `true` needs a pool whose `query` takes `{ name, text, values }`, as pg's does, or
   * the `sql` function of postgres.js.
   *
   * `false` is for poolers without prepared statements, such as PgBouncer in transaction mode with
   * `max_prepared_statements = 0`. Left out, the store detects such a pooler by its first error,
   * emits a process warning and goes on without names.
   *
   * @default true for a `Pool` of pg and for postgres.js, false for any other object
   */
  readonly preparedStatements?: boolean;
}

/** A session store in PostgreSQL. */
export interface PostgresSessionStore extends SessionStore {
  /**
   * Creates the table and its indexes, or migrates them to the version of this package. Several
   * processes may call it at once, and repeatedly. An up-to-date table needs no right to create,
   * only SELECT on the table with the version, whose name ends in "_version".
   *
   * @throws `TypeError` if the client cannot serve the store, or its role lacks a right
   * @throws `Error` the driver's error; also if a newer version of claimgate has migrated the table
   */
  migrate(): Promise<void>;
  /**
   * Removes expired sessions whose ids are not reserved, and returns their number. Call it from a
   * periodic job to limit the size of the table. Sessions expire without it too.
   *
   * `now` is in seconds since 1970. The default is the time of the PostgreSQL server minus one
   * hour, because that server's clock may be ahead of the managers' clocks.
   *
   * @throws `TypeError` as `migrate` does, and if the table does not exist
   * @throws `Error` the driver's error
   */
  deleteExpired(options?: { readonly now?: number }): Promise<number>;
}

/**
 * Creates a session store in PostgreSQL. Call `migrate()` before the first use, for example at each
 * deployment. Each operation is one statement. The application closes the client.
 *
 * `client` is a `Pool` of pg, PGlite, or the `sql` function of postgres.js. Any other object needs
 * a method `query(text, values)` that resolves to `{ rows }` or to the rows. The store tests the
 * client in `migrate()` and at the first operation.
 *
 * Each operation of the store rejects with `DeadlineError` after its deadline, and with the
 * driver's error if a statement fails. A mistake of the application is a `TypeError`. Examples are
 * a client that changes values, a table that does not exist, and a role that lacks a right.
 *
 * @throws `TypeError` if `client` has no method `query` or `unsafe`, or an option is unknown or
 *   invalid
 *
 * @example
 * ```ts
 * import { Pool } from "pg";
 * import { postgresSessionStore } from "claimgate/postgres";
 *
 * const sessions = postgresSessionStore(new Pool({ connectionString: process.env.DATABASE_URL }));
 * await sessions.migrate();
 * ```
 */
export function postgresSessionStore(
  client: PostgresClientLike,
  options: PostgresSessionStoreOptions = {},
): PostgresSessionStore {
  if (!isPostgresClient(client))
    throw new TypeError(
      `postgresSessionStore: client must be a Pool of pg, the sql function of postgres.js, or an object with query(text, values); wrap any other: ${WRAP}`,
    );
  checkOptionNames("postgresSessionStore", options, ["schema", "table", "preparedStatements"]);
  const { preparedStatements = takesNames(client) } = options;
  if (typeof preparedStatements !== "boolean")
    throw new TypeError(
      "postgresSessionStore: preparedStatements must be true or false; set false behind a pooler without them",
    );
  const names = namesOf(options);
  const sql = statements(names);
  const runner = new StatementRunner(client, preparedStatements, (error) => explainFault(error, names));

  const probe = async (): Promise<number> => readProbe(await runner.runUnnamed(PROBE, probeValues()));

  const clock = createServerClock(probe);

  const run = (operation: StoreOperation, text: string, values: unknown[]): Promise<readonly Row[]> =>
    clock.run(operation, async (serverDeadline) => {
      // Every statement returns at least one row, with the server's time and whether the operation
      // was late.
      const rows = (await runner.run(text, [serverDeadline, operation.now, ...values])) as readonly Row[];
      const [first] = rows;
      return { serverTime: numberIn(first, "time"), outcome: numberIn(first, "late") === 0 ? rows : "late" };
    });

  return {
    async create(record, operation) {
      const { id, subject, expiresAt, reservedUntil } = record;
      const values = [id, String(subject), expiresAt, keptUntil(record), reservedUntil ?? 0, JSON.stringify(record)];
      const [row] = await run(operation, sql.create, values);
      return numberIn(row, "changed") === 1;
    },
    async find(id, operation) {
      return foundIn(await run(operation, sql.find, [id]));
    },
    async rotate(id, rid, next, operation) {
      const { issuedAt, expiresAt, replacedAt } = next;
      // As JSON, numbers keep all their digits, whatever the server's settings are.
      const changes = JSON.stringify({
        rid: next.rid,
        issuedAt,
        expiresAt,
        previous: { rid, replacedAt },
        claimedBy: null,
      });
      return foundIn(await run(operation, sql.rotate, [id, rid, changes]));
    },
    async claim(id, version, claimedBy, operation) {
      const [row] = await run(operation, sql.claim, [id, version, claimedBy]);
      return numberIn(row, "changed") === 1;
    },
    async end(id, operation) {
      return (await run(operation, sql.end, [id])).some(({ id }) => id != null);
    },
    async list(subject, operation) {
      const rows = await run(operation, sql.list, [subject]);
      return rows.filter(({ record }) => record != null).map(recordOf);
    },
    async endAll(subject, operation) {
      const rows = await run(operation, sql.endAll, [subject]);
      return rows.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
    },
    async migrate() {
      await probe();
      await runner.runUnnamed(migration(names));
    },
    async deleteExpired({ now } = {}) {
      const [row] = (await runner.runUnnamed(sql.deleteExpired, [now ?? null])) as readonly Row[];
      return numberIn(row, "changed");
    },
  };
}

/** The columns of all statements. One word each, because clients rename others, as `camelCase`. */
interface Row {
  readonly time?: unknown;
  readonly late?: unknown;
  readonly changed?: unknown;
  readonly id?: unknown;
  readonly ended?: unknown;
  readonly record?: unknown;
}

// Clients return numbers as numbers, texts or bigints. `Number(null)` would be 0.
function numberIn(row: Row | undefined, column: "time" | "late" | "changed" | "ended"): number {
  const value = Number(row?.[column] ?? Number.NaN);
  if (!Number.isFinite(value))
    throw storeMisuse(`postgresSessionStore: the client returned no number in the column "${column}" of a statement`);
  return value;
}

function recordOf({ record }: Row): SessionRecord {
  return readRecord(parseMembers(record));
}

function foundIn([row]: readonly Row[]): SessionRecord | null {
  return row?.record == null ? null : { ...recordOf(row), ended: numberIn(row, "ended") !== 0 };
}
