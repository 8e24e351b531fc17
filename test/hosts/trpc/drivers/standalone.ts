/** Drives the example of tRPC's standalone server. */
import { AuthManager } from "claimgate";
import { start } from "../../../../examples/hosts/trpc/standalone.ts";
import type { Driver } from "../host.ts";

export const standalone: Driver = { name: "the standalone server", start: (config) => start(new AuthManager(config)) };
