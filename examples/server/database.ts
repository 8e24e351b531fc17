/** The database: PostgreSQL in this process, or the server that `DATABASE_URL` names. */
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";

/** The interface that the example needs of a database. */
export interface Database {
  /** Whether the database is a server, so that its data outlives this process. */
  readonly isServer: boolean;
  /** Runs one statement with `values` for `$1`, `$2` and so on. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[] }>;
  close(): Promise<void>;
}

/**
 * Opens the database at `url`, by default `DATABASE_URL`. Without a URL it makes an empty database
 * in memory.
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
  // The pool replaces a lost idle connection. Without a listener its error would end the process.
  pool.on("error", (error) => console.error("Lost a database connection:", error.message));
  return {
    isServer: true,
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      const { rows } = await pool.query(text, [...values]);
      return { rows: rows as Row[] };
    },
    close: () => pool.end(),
  };
}
