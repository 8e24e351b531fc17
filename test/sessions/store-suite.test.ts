/** The one suite, on every store but the cluster: memory, Redis through both clients, PostgreSQL and PGlite. */
import { sessionStoreSuite } from "claimgate/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { describeWithService } from "../services.ts";
import {
  type OpenStore,
  openIORedis,
  openMemory,
  openNodeRedis,
  openPGlite,
  openPostgres,
  probeDatabase,
  probeRedis,
  uniqueName,
} from "./stores.ts";

describe("memory", () => {
  runSuite(openMemory);
});
describe("PGlite", () => {
  runSuite(openPGlite);
});
describeWithService("Redis, through redis", probeRedis, () => runSuite(() => openNodeRedis(uniqueName())));
describeWithService("Redis, through ioredis", probeRedis, () => runSuite(() => openIORedis(uniqueName())));
describeWithService("PostgreSQL", probeDatabase, () => runSuite(() => openPostgres(uniqueName())));

function runSuite(openStore: () => Promise<OpenStore>): void {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await openStore();
  });
  afterAll(() => opened.close());
  it.each(sessionStoreSuite({ open: () => opened.store }))("$name", ({ run }) => run());
}
