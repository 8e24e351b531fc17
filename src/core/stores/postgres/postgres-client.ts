/** Runs statements on PostgreSQL through a client, by name where client and server allow it. */
import { emitWarning } from "../../util/builtins.ts";
import { storeMisuse } from "../store-error.ts";
import { hexDigest } from "../text-digest.ts";

/**
 * A pool of pg, or any object with the same `query` method, such as PGlite. It must commit each
 * statement by itself, as pools do. Do not pass a client that is inside a transaction.
 */
export interface PostgresPoolLike {
  /**
   * Runs one statement with parameters, and commits it. Resolves to the rows, or to an object with
   * `rows`. A row is an object with a member for each column.
   */
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] } | readonly unknown[]>;
}

/** The part of the `sql` function of postgres.js that the store uses. */
export interface PostgresJsLike {
  /** Runs one statement with parameters, and commits it. Resolves to the rows. */
  unsafe(
    text: string,
    values?: never[],
    options?: { readonly prepare?: boolean | undefined },
  ): PromiseLike<readonly unknown[]>;
}

/** A client for PostgreSQL: a pool or a similar object, or the `sql` function of postgres.js. */
export type PostgresClientLike = PostgresPoolLike | PostgresJsLike;

/** How to make a client of any other kind acceptable. */
export const WRAP = "{ query: async (text, values) => ({ rows: await … }) }";

interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Any accepted client: which of the two methods it has decides how it gets statements. */
interface AnyClient {
  query?(statement: NamedStatement | string, values?: unknown[]): unknown;
  unsafe?(text: string, values: unknown[], options: { readonly prepare: boolean }): unknown;
  readonly isInitialized?: unknown;
}

/** Whether `client` has a method that runs statements. */
export function isPostgresClient(client: unknown): client is PostgresClientLike {
  const { query, unsafe } = (client ?? {}) as Partial<Record<keyof AnyClient, unknown>>;
  return typeof query === "function" || typeof unsafe === "function";
}

/** Whether `client` takes named statements: a `Pool` of pg or a subclass, or postgres.js. */
export function takesNames(client: PostgresClientLike): boolean {
  if (!hasQuery(client)) return true;
  const { Client, totalCount, idleCount } = client as Partial<Record<"Client" | "totalCount" | "idleCount", unknown>>;
  return typeof Client === "function" && typeof totalCount === "number" && typeof idleCount === "number";
}

function hasQuery(client: object): client is Required<Pick<AnyClient, "query">> {
  return typeof (client as Partial<Record<keyof AnyClient, unknown>>).query === "function";
}

/** Runs statements, by name until the server or a pooler rejects a name. */
export class StatementRunner {
  readonly #client: AnyClient;
  readonly #names = new Map<string, string>();
  readonly #explain: (error: unknown) => unknown;
  #isNaming: boolean;
  #wasInitialized = false;

  /** `explain` returns the error to reject with, from the error of the client. */
  constructor(client: PostgresClientLike, isNaming: boolean, explain: (error: unknown) => unknown) {
    this.#client = client as AnyClient;
    this.#isNaming = isNaming;
    this.#explain = explain;
  }

  /** Runs a statement that is used often, and returns its rows. */
  async run(text: string, values: unknown[]): Promise<readonly unknown[]> {
    if (!this.#isNaming) return this.runUnnamed(text, values);
    const name = this.#names.get(text) ?? (await this.#nameOf(text));
    try {
      return await this.#send(text, values, name);
    } catch (error) {
      if (!this.#stopsNaming(error)) throw this.#explain(error);
      // PostgreSQL undoes a statement that fails, so this is the only one that can write. It has
      // the same deadline.
      return this.runUnnamed(text, values);
    }
  }

  /** Runs a statement that is used seldom, and returns its rows. */
  async runUnnamed(text: string, values: unknown[] = []): Promise<readonly unknown[]> {
    try {
      return await this.#send(text, values);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async #send(text: string, values: unknown[], name?: string): Promise<readonly unknown[]> {
    const client = this.#client;
    if (!hasQuery(client)) return rowsIn(await client.unsafe?.(text, values, { prepare: name !== undefined }));
    if (isNeverConnected(client))
      throw storeMisuse(
        "postgresSessionStore: the pg.Client is not connected; await client.connect() first, or pass a Pool",
      );
    this.#checkInitialized(client);
    const statement = name === undefined ? text : { name, text, values };
    // A client that looks for named parameters would find one in the `$claimgate$` of a migration.
    const takesValues = name === undefined && values.length > 0;
    return rowsIn(await settled(takesValues ? client.query(statement, values) : client.query(statement)));
  }

  // The `DataSource` of TypeORM. After `destroy()` it is an outage: the application shuts down.
  #checkInitialized({ isInitialized }: AnyClient): void {
    this.#wasInitialized ||= isInitialized !== false;
    if (!this.#wasInitialized)
      throw storeMisuse("postgresSessionStore: the DataSource is not initialized; await dataSource.initialize() first");
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

/** Whether `client` is a `Client` of pg without `connect()`. It would queue statements for ever. */
function isNeverConnected(client: AnyClient): boolean {
  const { _connected, _connecting, _ended } = client as Partial<Record<string, unknown>>;
  return _connected === false && _connecting === false && _ended === false;
}

/** Waits for the answer. mysql2's answer for callbacks has a `then` that throws at once. */
function settled(answer: unknown): unknown {
  const { then } = (answer ?? {}) as { then?: unknown };
  if (typeof then !== "function") return answer;
  try {
    return (then as PromiseLike<unknown>["then"]).call(answer, (value) => value);
  } catch (cause) {
    throw storeMisuse(
      `postgresSessionStore: the client's query method must return a promise; wrap the client: ${WRAP}`,
      cause,
    );
  }
}

/** The rows in the answer of a client. Throws the `TypeError` for any other answer. */
function rowsIn(answer: unknown): readonly unknown[] {
  const { rows = answer } = (answer ?? {}) as { readonly rows?: unknown };
  if (Array.isArray(rows)) return rows;
  const what = answer === null ? "null" : typeof answer === "object" ? "an object without rows" : typeof answer;
  throw storeMisuse(
    `postgresSessionStore: the client must answer a statement with a promise of { rows } or of the rows, but its answer is ${what}; wrap the client: ${WRAP}`,
  );
}
