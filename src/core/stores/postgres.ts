/** Sessions in PostgreSQL through a pool of pg or a similar driver (`claimgate/postgres`). */
import { checkOptionNames } from "../util/check-options.ts";
import { isPoolOfPg, type PostgresPoolLike, StatementRunner } from "./postgres/postgres-client.ts";
import { migration, type Names, namesOf } from "./postgres/postgres-schema.ts";
import { readRecord } from "./read-record.ts";
import { createServerClock } from "./server-clock.ts";
import { keptUntil, type SessionRecord, type SessionStore, type StoreOperation } from "./session-store.ts";

// The pool and the session store

export type { PostgresPoolLike } from "./postgres/postgres-client.ts";
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
   * connection. `true` needs a pool whose `query` takes `{ name, text, values }`, as pg's does.
   *
   * `false` is for poolers without prepared statements, such as PgBouncer in transaction mode with
   * `max_prepared_statements = 0`. Left out, the store detects such a pooler by its first error,
   * emits a process warning and goes on without names.
   *
   * @default true for a `Pool` of pg, false for any other object
   */
  readonly preparedStatements?: boolean;
}

/** A session store in PostgreSQL. */
export interface PostgresSessionStore extends SessionStore {
  /**
   * Creates the table and its indexes, or migrates them to the version of this package. Several
   * processes may call it at once, and repeatedly.
   *
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
   * @throws `Error` the driver's error
   */
  deleteExpired(options?: { readonly now?: number }): Promise<number>;
}

/**
 * Creates a session store in PostgreSQL. Call `migrate()` before the first use, for example at each
 * deployment. Each operation is one statement. The application closes the pool.
 *
 * Each operation of the store rejects with `DeadlineError` after its deadline, and with the
 * driver's error if a statement fails.
 *
 * @throws `TypeError` if `pool` has no method `query`, or an option is unknown or invalid
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
  pool: PostgresPoolLike,
  options: PostgresSessionStoreOptions = {},
): PostgresSessionStore {
  if (typeof (pool as Partial<PostgresPoolLike> | null | undefined)?.query !== "function")
    throw new TypeError("postgresSessionStore: pool must have a method query(text, values); pass a Pool of pg");
  checkOptionNames("postgresSessionStore", options, ["schema", "table", "preparedStatements"]);
  const { preparedStatements = isPoolOfPg(pool) } = options;
  if (typeof preparedStatements !== "boolean")
    throw new TypeError(
      "postgresSessionStore: preparedStatements must be true or false; set false behind a pooler without them",
    );
  const names = namesOf(options);
  const sql = statements(names);
  const runner = new StatementRunner(pool, preparedStatements);

  const askOnce = async (text: string, values: unknown[]): Promise<Row | undefined> =>
    (await runner.runUnnamed(text, values))[0] as Row | undefined;

  const clock = createServerClock(async () => Number((await askOnce(sql.time, []))?.server_time));

  const run = (operation: StoreOperation, text: string, values: unknown[]): Promise<readonly Row[]> =>
    clock.run(operation, async (serverDeadline) => {
      // Every statement returns at least one row, with the server's time and whether the operation
      // was late.
      const rows = (await runner.run(text, [serverDeadline, operation.now, ...values])) as readonly Row[];
      const [first] = rows;
      const serverTime = Number(first?.server_time);
      if (!Number.isFinite(serverTime))
        throw new TypeError(
          "The pool returned no server_time for a statement: pass a pool whose query resolves to { rows }",
        );
      return { serverTime, outcome: first?.late ? "late" : rows };
    });

  return {
    async create(record, operation) {
      const { id, subject, expiresAt, reservedUntil } = record;
      const values = [id, String(subject), expiresAt, keptUntil(record), reservedUntil ?? 0, JSON.stringify(record)];
      const [row] = await run(operation, sql.create, values);
      return Number(row?.changed) === 1;
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
      return Number(row?.changed) === 1;
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
      await pool.query(migration(names));
    },
    async deleteExpired({ now } = {}) {
      const row = await askOnce(sql.deleteExpired, [now ?? null]);
      return Number(row?.changed);
    },
  };
}

const MAX_CLOCK_SKEW_SECONDS = 3600;

interface Row {
  readonly server_time?: unknown;
  readonly late?: unknown;
  readonly changed?: unknown;
  readonly id?: unknown;
  readonly ended?: unknown;
  readonly record?: unknown;
}

function recordOf({ record }: Row): SessionRecord {
  return readRecord(typeof record === "string" ? JSON.parse(record) : record);
}

function foundIn([row]: readonly Row[]): SessionRecord | null {
  return row?.record == null ? null : { ...recordOf(row), ended: row.ended === true };
}

// In milliseconds. `now()` is the start of the transaction, which may have waited for a lock
// since then.
const SERVER_TIME = "(extract(epoch from clock_timestamp()) * 1000)::double precision";

/**
 * The statements of the operations. `$1` is the deadline in milliseconds by the server's clock,
 * `$2` the manager's time in seconds.
 */
function statements({ table }: Names): Readonly<Record<Operation, string>> {
  const inTime = `${SERVER_TIME} < $1::double precision`;
  const stamp = `${SERVER_TIME} as server_time, not ok as late`;
  // Compared once, after all locks are held, so that a statement writes everything or nothing.
  const allowed = `allowed as materialized (select ${inTime} as ok from (select count(*) from held) as counted)`;
  // Also ends expired sessions, because they may be valid by another server's clock. Does not count
  // them.
  const ending = (where: string, expiry: string): string => `
    with held as materialized (
      select id, reserved_until > 0 as reserved, ${expiry} > $2::double precision as counts from ${table}
      where ${where} and not ended
      order by id for update
    ), ${allowed}, kept as (
      update ${table} s set ended = true, kept_until = s.reserved_until
      from held, allowed where s.id = held.id and held.reserved and ok returning s.id
    ), gone as (
      delete from ${table} s using held, allowed where s.id = held.id and not held.reserved and ok returning s.id
    ), done as (select id from kept union all select id from gone)
    select ${stamp}, held.id from allowed
    left join (held join done on done.id = held.id and held.counts) on true`;
  return {
    time: `select ${SERVER_TIME} as server_time`,
    create: `
      with allowed as materialized (select ${inTime} as ok), done as (
        insert into ${table} as s (id, subject, expires_at, kept_until, reserved_until, record, ended)
        select $3::text, $4::text, $5::double precision, $6::double precision, $7::double precision, $8::jsonb,
          ($8::jsonb ->> 'ended')::boolean
        from allowed where ok
        on conflict (id) do update set subject = excluded.subject, expires_at = excluded.expires_at,
          kept_until = excluded.kept_until, reserved_until = excluded.reserved_until, record = excluded.record, ended = excluded.ended
          where ${inTime} and (s.kept_until <= $2::double precision or (s.record = $8::jsonb and s.ended = excluded.ended))
        returning 1
      )
      select ${stamp}, (select count(*) from done) as changed from allowed`,
    rotate: `
      with held as materialized (
        select id, record, ended,
          not ended and expires_at > $2::double precision and record ->> 'rid' = $4::text as is_live
        from ${table} where id = $3::text and kept_until > $2::double precision
        for update
      ), ${allowed}, next as materialized (
        select id, record || $5::jsonb || jsonb_build_object(
          'version', (record ->> 'version')::integer + 1,
          'expiresAt', case when (record ->> 'endsAt')::double precision < ($5::jsonb ->> 'expiresAt')::double precision
            then record -> 'endsAt' else $5::jsonb -> 'expiresAt' end
        ) as record
        from held, allowed where is_live and ok
      ), done as (
        update ${table} s set record = next.record, expires_at = (next.record ->> 'expiresAt')::double precision,
          kept_until = greatest((next.record ->> 'expiresAt')::double precision, s.reserved_until)
        from next where s.id = next.id returning s.id, s.record
      )
      select ${stamp}, coalesce(done.record, held.record) as record, held.ended from allowed
      left join held on true left join done on done.id = held.id`,
    claim: `
      with held as materialized (
        select id from ${table}
        where id = $3::text and not ended and expires_at > $2::double precision
          and ((record ->> 'version')::integer = $4::integer or record ->> 'claimedBy' = $5::text)
        for update
      ), ${allowed}, done as (
        update ${table} s set record = s.record || jsonb_build_object('version', $4::integer + 1, 'claimedBy', $5::text)
        from held, allowed where s.id = held.id and ok returning 1
      )
      select ${stamp}, (select count(*) from done) as changed from allowed`,
    find: `
      with allowed as materialized (select ${inTime} as ok)
      select ${stamp}, record, ended from allowed
      left join ${table} on id = $3::text and kept_until > $2::double precision`,
    end: ending("id = $3::text", "kept_until"),
    list: `
      with allowed as materialized (select ${inTime} as ok)
      select ${stamp}, record from allowed
      left join ${table} on subject = $3::text and not ended and expires_at > $2::double precision
      order by (record ->> 'createdAt')::double precision, id`,
    endAll: ending("subject = $3::text", "expires_at"),
    deleteExpired: `
      with done as (
        delete from ${table}
        where kept_until <= coalesce($1::double precision,
          extract(epoch from clock_timestamp())::double precision - ${MAX_CLOCK_SKEW_SECONDS})
        returning 1
      )
      select count(*) as changed from done`,
  };
}

type Operation = "time" | "create" | "rotate" | "claim" | "find" | "end" | "list" | "endAll" | "deleteExpired";
