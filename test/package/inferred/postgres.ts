/** A user's package that exports what `claimgate/postgres` gives, with the types that the compiler infers. */
import { type PostgresPoolLike, postgresSessionStore } from "claimgate/postgres";

declare const pool: PostgresPoolLike;

export const store = postgresSessionStore(pool);
export const migrated = store.migrate();
export const found = store.find("", { deadline: 0, now: 0 });
