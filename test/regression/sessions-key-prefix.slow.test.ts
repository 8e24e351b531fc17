/** Regression: sessions of a Redis client with a `keyPrefix` were neither listed nor revoked. */
import { redisSessionStore } from "claimgate/redis";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { expect, it } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { describeWithService } from "../support/describe-with-service.ts";
import { REDIS_URL, uniqueName } from "../support/open-stores.ts";
import { probeRedis } from "../support/probes.ts";
import { refusalOf } from "../support/refusal-of.ts";

describeWithService("a Redis client with a keyPrefix", probeRedis, () => {
  it.each([
    ["redis"],
    ["ioredis"],
  ] as const)("(%s) lists and revokes all sessions of a subject, and no other sessions", async (kind) => {
    const keyPrefix = `${uniqueName()}:`;
    const client =
      kind === "redis"
        ? await createClient({ url: REDIS_URL, keyPrefix }).connect()
        : new Redis(REDIS_URL, { keyPrefix });
    const eyes = new Redis(REDIS_URL);
    try {
      if (client instanceof Redis) await client.ping();
      const { auth } = createAuth({ sessions: redisSessionStore(client) });
      const [first, second] = [await auth.login("ada"), await auth.login("ada")];
      const other = await auth.login("bob");
      expect((await auth.sessions("ada")).length).toBe(2);
      expect((await eyes.keys(`${keyPrefix}claimgate:*`)).length).toBe(5);

      await auth.revoke({ subject: "ada" });
      expect(await auth.sessions("ada")).toEqual([]);
      for (const { refreshToken } of [first, second])
        expect(await refusalOf(auth.refresh(refreshToken))).toMatchObject({ status: 401, reason: "TOKEN_REVOKED" });
      expect((await auth.refresh(other.refreshToken)).expiresIn).toBe(3600);
    } finally {
      const left = await eyes.keys(`${keyPrefix}*`);
      if (left.length > 0) await eyes.del(left);
      eyes.disconnect();
      if (client instanceof Redis) client.disconnect();
      else client.destroy();
    }
  });
});
