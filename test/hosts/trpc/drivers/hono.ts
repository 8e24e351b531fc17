/** Drives the example of Hono. */
import { AuthManager } from "claimgate";
import { start } from "../../../../examples/hosts/trpc/hono.ts";
import type { Driver } from "../host.ts";

export const hono: Driver = { name: "Hono", start: (config) => start(new AuthManager(config)) };
