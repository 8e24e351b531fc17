/** The decision of a rule, as one word. */
import type { AuthManager, Rule } from "claimgate";

/** The verdict of `rule` about `token`: `"allowed"` or the reason. */
export function verdictOf(
  auth: AuthManager,
  token: string,
  rule: Rule = { type: "auth" },
  facts: { args?: unknown; parent?: unknown } = {},
): Promise<string> {
  return outcomeOf(() => auth.forRequest({ token }).require(rule, facts));
}

/** `"allowed"`, or the reason of the refusal of `work`. Throws any error without a reason. */
export async function outcomeOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof work === "function" ? work() : work);
    return "allowed";
  } catch (error) {
    const { reason } = error as { reason?: string };
    if (reason === undefined) throw error;
    return reason;
  }
}
