/** Runs statements on PostgreSQL through a pool, by name where the pool and the server allow it. */
import { emitWarning } from "../../util/builtins.ts";
import { hexDigest } from "../text-digest.ts";

/**
 * A pool of pg, or any object with the same `query` method, such as PGlite. It must commit each
 * statement by itself, as pools do. Do not pass a client that is inside a transaction.
 */
export interface PostgresPoolLike {
  /** Runs one statement with parameters, and commits it. */
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** A pool that also takes named statements, which the server plans once for each connection. */
interface NamingPool extends PostgresPoolLike {
  query(statement: NamedStatement | string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Whether `pool` is a `Pool` of pg or a subclass, whose `query` takes named statements. */
export function isPoolOfPg(pool: PostgresPoolLike): boolean {
  const { Client, totalCount, idleCount } = pool as Partial<Record<"Client" | "totalCount" | "idleCount", unknown>>;
  return typeof Client === "function" && typeof totalCount === "number" && typeof idleCount === "number";
}

/** Runs statements, by name until the server or a pooler rejects a name. */
export class StatementRunner {
  readonly #pool: NamingPool;
  readonly #names = new Map<string, string>();
  #isNaming: boolean;

  constructor(pool: PostgresPoolLike, isNaming: boolean) {
    this.#pool = pool;
    this.#isNaming = isNaming;
  }

  /** Runs a statement that is used often, and returns its rows. */
  async run(text: string, values: unknown[]): Promise<readonly unknown[]> {
    if (!this.#isNaming) return this.runUnnamed(text, values);
    const name = this.#names.get(text) ?? (await this.#nameOf(text));
    try {
      return (await this.#pool.query({ name, text, values })).rows;
    } catch (error) {
      if (!this.#stopsNaming(error)) throw error;
      // PostgreSQL undoes a statement that fails, so this is the only one that can write. It has
      // the same deadline.
      return this.runUnnamed(text, values);
    }
  }

  /** Runs a statement that is used seldom, and returns its rows. */
  async runUnnamed(text: string, values: unknown[]): Promise<readonly unknown[]> {
    return (await this.#pool.query(text, values)).rows;
  }

  async #nameOf(text: string): Promise<string> {
    // The digest is of the whole text, with the schema and the table: behind a pooler,
    // applications share connections. PostgreSQL cuts names off after 63 bytes.
    const name = `claimgate_${(await hexDigest("SHA-256", text)).slice(0, 40)}`;
    this.#names.set(text, name);
    return name;
  }

  /** Stops naming statements after an error that only names cause. Returns whether it is one. */
  #stopsNaming(error: unknown): boolean {
    const code = refusedNameCode(error);
    if (code === undefined) return false;
    if (this.#isNaming)
      emitWarning(
        `postgresSessionStore: the server rejected a prepared statement (${code}), so this store no longer prepares any. Behind a pooler, set preparedStatements to false, or max_prepared_statements of PgBouncer; after a change of the table, restart the process`,
        "CLAIMGATE_PREPARED_STATEMENTS",
      );
    this.#isNaming = false;
    return true;
  }
}

/** Returns the code of an error that the same statement does not cause without a name. */
function refusedNameCode(error: unknown): string | undefined {
  const { code, message, routine } = (error ?? {}) as Partial<Record<string, unknown>>;
  // The pooler sent the statement to a server connection that does not have it, or has it already.
  if (code === "26000" || code === "42P05") return code;
  // PgBouncer itself, for a name that it does not know. It never translates its messages.
  if (code === "08P01" && /prepared statement/i.test(String(message))) return code;
  // A column has another type than at the time of the preparation.
  return code === "0A000" && routine === "RevalidateCachedQuery" ? code : undefined;
}
