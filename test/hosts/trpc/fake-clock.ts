/** Runs a driver's host on a fake clock. */
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { onTestFinished } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import type { Driver, Host } from "./host.ts";

export function onFakeClock({ name, buffers, originOf = (url) => new URL(url).origin, start }: Driver): Host {
  return {
    name,
    buffers,
    async open(changes = {}) {
      let seconds = NOW;
      const config: AuthManagerConfig = {
        issuer: "https://api.test",
        algorithm: "HS256",
        secret: SECRET,
        cookies: { auth: "auth", refresh: "refresh" },
        now: () => seconds,
        ...changes,
      };
      const { url, close } = await start(config);
      onTestFinished(close);
      return {
        url,
        origin: originOf(url),
        auth: new AuthManager(config),
        past: new AuthManager({ ...config, now: () => seconds - 3600 }),
        short: 60,
        async pass(more) {
          seconds += more;
        },
      };
    },
  };
}
