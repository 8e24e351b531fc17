/** A host that is already running, in real time, with a shared secret. */
import { setTimeout } from "node:timers/promises";
import { AuthManager, type AuthManagerConfig } from "claimgate";
import type { Host } from "./host.ts";

export interface Running {
  readonly name: string;
  readonly url: string;
  readonly config: AuthManagerConfig;
}

export function onRealClock({ name, url, config }: Running): Host {
  const auth = new AuthManager(config);
  const past = new AuthManager({ ...config, now: () => Date.now() / 1000 - 3600 });
  const pass = (seconds: number): Promise<void> => setTimeout(seconds * 1000);
  const site = { url, origin: new URL(url).origin, auth, past, short: 3, pass };
  return {
    name,
    buffers: undefined,
    async open(changes = {}) {
      const fixed = Object.keys(changes);
      if (fixed.length > 0) throw new Error(`${name} is already running: ${fixed.join(", ")} cannot be changed`);
      return site;
    },
  };
}
