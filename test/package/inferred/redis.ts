/** A user's package that exports results of `claimgate/redis` with inferred types. */
import { type RedisClientLike, redisSessionStore } from "claimgate/redis";

declare const client: RedisClientLike;

export const store = redisSessionStore(client);
export const found = store.find("", { deadline: 0, now: 0 });
