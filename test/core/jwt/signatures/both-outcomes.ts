/** Compares the outcomes of both implementations. */
import { expect } from "vitest";
import { IMPLEMENTATIONS } from "../../../support/without-builtins.ts";

/** The value of a call, or the class, the reason and the message of its error. */
export type Outcome =
  | { readonly value: unknown }
  | { readonly name: string; readonly reason: unknown; readonly message: string };

/** The outcome of `work`, whether it throws or rejects. */
export async function outcomeOf(work: () => unknown): Promise<Outcome> {
  try {
    return { value: await work() };
  } catch (error) {
    const { name, reason, message } = error as { name: string; reason?: unknown; message: string };
    return { name, reason, message };
  }
}

/** The outcome of `work` with `node:crypto`. Fails unless it is the same with WebCrypto. */
export async function outcomeOfBoth(what: string, work: () => unknown): Promise<Outcome> {
  const ofNode = await outcomeOf(() => IMPLEMENTATIONS["node:crypto"](work));
  const ofWeb = await outcomeOf(() => IMPLEMENTATIONS.WebCrypto(work));
  expect([what, ofWeb]).toEqual([what, ofNode]);
  return ofNode;
}
