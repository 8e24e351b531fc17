/** A user's package that exports results of `claimgate/postgres` with inferred types. */
import { type PostgresPoolLike, postgresSessionStore } from "claimgate/postgres";

declare const pool: PostgresPoolLike;

export const store = postgresSessionStore(pool);
export const migrated = store.migrate();
export const found = store.find("", { deadline: 0, now: 0 });
