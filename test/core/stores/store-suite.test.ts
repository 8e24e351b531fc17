/** The one suite, on every store but the cluster: memory, PGlite, Redis through both clients, and PostgreSQL. */
import { sessionStoreSuite } from "claimgate/testing";
import { afterAll, beforeAll, it } from "vitest";
import { describeOnEveryStore } from "../sessions/support.ts";
import type { OpenStore } from "./stores.ts";

describeOnEveryStore((open) => {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());
  it.each(sessionStoreSuite({ open: () => opened.store }))("$name", ({ run }) => run());
});
