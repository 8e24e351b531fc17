/** The first statement of a store: asks for the server's time, and tests the client. */
import { storeMisuse } from "../store-error.ts";
import { WRAP } from "./postgres-client.ts";

/** The server's time in milliseconds. `now()` is the time before a wait for a lock. */
export const SERVER_TIME = "(extract(epoch from clock_timestamp()) * 1000)::double precision";

/** A statement with parameters and columns of each kind that the operations use. */
export const PROBE: string = `select ${SERVER_TIME} as time, count(*) as changed, 1::integer as late, $1::text as id,
  $2::text::jsonb::text as record, $3::double precision as number, $4::text as nothing,
  current_setting('server_version_num')::integer as version`;

const TEXT = `é "it's" $1 ? :a \\ %s`;
const JSON_TEXT = '{"Ab": "x", "is_admin": [1.5, true, null]}';
const NUMBER = 1_764_524_411.625;
const OLDEST_VERSION = 120_000;

/** The parameters of `PROBE`. */
export function probeValues(): unknown[] {
  return [TEXT, JSON_TEXT, NUMBER, null];
}

/**
 * Returns the server's time in milliseconds from the rows of `PROBE`.
 *
 * @throws `TypeError` if the client changes values or the names of columns
 */
export function readProbe(rows: readonly unknown[]): number {
  const [row] = rows;
  if (Array.isArray(row))
    throw wrong('its rows are lists, as [rows, fields] of mysql2 and Sequelize, or with rowMode: "array"');
  if (typeof row !== "object" || row === null) throw wrong("its answer has no row");
  const { time, changed, late, id, record, number, nothing, version } = row as Readonly<Record<string, unknown>>;
  if (time === undefined || record === undefined)
    throw wrong(`its rows have other columns than the statement: ${Object.keys(row).slice(0, 10).join(", ")}`);
  if (rows.length !== 1 || id !== TEXT || nothing != null) throw wrong("it changes texts, or null");
  if (record !== JSON_TEXT) throw wrong("it changes JSON, which is sent and returned as text");
  if (Number(number) !== NUMBER || Number(changed) !== 1 || Number(late) !== 1 || !Number.isFinite(Number(time)))
    throw wrong("it changes numbers");
  if (!(Number(version) >= OLDEST_VERSION))
    throw storeMisuse("postgresSessionStore: the server must be PostgreSQL 12 or later");
  return Number(time);
}

function wrong(what: string): TypeError {
  return storeMisuse(
    `postgresSessionStore: the client must return rows as PostgreSQL sends them, but ${what}. Pass a client without transformations, or wrap it: ${WRAP}`,
  );
}
