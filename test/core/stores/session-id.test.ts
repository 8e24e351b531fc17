/** Session ids are the same on every runtime, so that servers of two kinds can share a store. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { adoptedSessionId, makeSessionId, tagIn, tagOf } from "../../../src/core/stores/session-id.ts";

afterEach(() => void vi.restoreAllMocks());

describe.each([
  ["with node:crypto", false],
  ["without node:crypto", true],
])("a session id %s", (_, isHidden) => {
  const hide = (): void => {
    if (isHidden) vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
  };

  it.each([
    ["ada", "p2WJHSwbnta47ckD"],
    [7, "AUoKZbAKv-y6ccbq"],
    ["ädä \u{1F511} \uD800", "o8el28EvfwWt5S0G"],
  ] as const)("begins with the tag of the subject %s", async (subject, expected) => {
    hide();
    expect(await tagOf(subject)).toBe(expected);
    expect(tagIn(await makeSessionId(subject))).toBe(expected);
    expect(await makeSessionId(subject)).toMatch(/^[\w-]{16}\.[\w-]{22}$/);
  });

  it("of an adopted token depends on its subject and its rid alone", async () => {
    const expected = await adoptedSessionId("ada", "r1");
    hide();
    expect(await adoptedSessionId("ada", "r1")).toBe(expected);
    expect(await adoptedSessionId("ada", "r2")).not.toBe(expected);
    expect(await adoptedSessionId("eve", "r1")).not.toBe(expected);
  });
});
