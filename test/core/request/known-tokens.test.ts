/** The verified tokens of a request are found by exactly their text. */
import { expect, it } from "vitest";
import { KnownTokens } from "../../../src/core/request/known-tokens.ts";
import { createAuth } from "../../support/create-auth.ts";

const { auth } = createAuth();
const [ada, eve] = [await auth.authToken("ada"), await auth.authToken("eve")];

it("finds a token by its exact text, and no token by another text", () => {
  const tokens = new KnownTokens();
  expect([tokens.isEmpty, tokens.get(ada.signed)]).toEqual([true, undefined]);
  tokens.set(ada.signed, ada);
  expect(tokens.isEmpty).toBe(false);
  expect(tokens.get(ada.signed)).toBe(ada);
  for (const other of [eve.signed, ada.signed.slice(0, -1), `${ada.signed}A`, ""])
    expect(tokens.get(other)).toBeUndefined();
});

it("keeps a second token beside the first, and replaces each by its text", async () => {
  const tokens = new KnownTokens();
  tokens.set(ada.signed, ada);
  tokens.set(eve.signed, eve);
  expect([tokens.get(ada.signed), tokens.get(eve.signed)]).toEqual([ada, eve]);
  const [newAda, newEve] = [await auth.verify(ada.signed), await auth.verify(eve.signed)];
  tokens.set(ada.signed, newAda);
  tokens.set(eve.signed, newEve);
  expect(tokens.get(ada.signed)).toBe(newAda);
  expect(tokens.get(eve.signed)).toBe(newEve);
});
