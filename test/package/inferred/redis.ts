/** A user's package that exports what `claimgate/redis` gives, with the types that the compiler infers. */
import { type RedisClientLike, redisSessionStore } from "claimgate/redis";

declare const client: RedisClientLike;

export const store = redisSessionStore(client);
export const found = store.find("", { deadline: 0, now: 0 });
