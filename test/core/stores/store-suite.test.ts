/** The store suite on memory, PGlite, PostgreSQL, and Redis through both clients. */
import { sessionStoreSuite } from "claimgate/testing";
import { afterAll, beforeAll, it } from "vitest";
import type { OpenStore } from "../../support/open-stores.ts";
import { describeOnEveryStore } from "../sessions/support.ts";

describeOnEveryStore((open) => {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());
  it.each(sessionStoreSuite({ open: () => opened.store }))("$name", ({ run }) => run());
});
