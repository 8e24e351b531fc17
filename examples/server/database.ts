/** The database: PostgreSQL inside this process, or the server that `DATABASE_URL` names. The same SQL runs on both. */
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";

/** All that the example asks of a database. */
export interface Database {
  /** Whether it is a server, whose data outlives this process. */
  readonly isServer: boolean;
  /** Runs one statement; `values` fill `$1`, `$2`, and so on. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[] }>;
  close(): Promise<void>;
}

/**
 * Opens the database at `url`; where that is blank, an empty one in memory. Default:
 * `DATABASE_URL`.
 */
export async function openDatabase(url: string | undefined = process.env["DATABASE_URL"]): Promise<Database> {
  return url ? connect(url) : openInMemory();
}

async function openInMemory(): Promise<Database> {
  const pglite = await PGlite.create();
  return {
    isServer: false,
    query: <Row>(text: string, values: readonly unknown[] = []) => pglite.query<Row>(text, [...values]),
    close: () => pglite.close(),
  };
}

function connect(url: string): Database {
  const pool = new pg.Pool({ connectionString: url });
  // A lost idle connection is replaced at the next query; without a listener it would end the
  // process.
  pool.on("error", (error) => console.error("A database connection was lost:", error.message));
  return {
    isServer: true,
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      const { rows } = await pool.query(text, [...values]);
      return { rows: rows as Row[] };
    },
    close: () => pool.end(),
  };
}
