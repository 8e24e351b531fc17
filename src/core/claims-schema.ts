/** Holds a token's own claims against the user's `claimsSchema`. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { InvalidTokenError } from "./jwt/errors.ts";
import type { Claims } from "./rules/rule.ts";
import { RESERVED_CLAIMS } from "./token.ts";

const NOT_OWN: readonly string[] = [...RESERVED_CLAIMS, "nbf", "jti"];

/** The claims, with what the schema makes of those that are the user's own. Throws `InvalidTokenError` with `CLAIM_INVALID`. */
export function applyClaimsSchema(
  schema: StandardSchemaV1<unknown, Claims> | undefined,
  claims: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (!schema) return { ...claims };
  const own = Object.fromEntries(Object.entries(claims).filter(([claim]) => !NOT_OWN.includes(claim)));
  const result = schema["~standard"].validate(own);
  if (result instanceof Promise) throw new TypeError("claimsSchema validated asynchronously");
  if (result.issues) {
    const path = result.issues[0]?.path?.map((key) => String(typeof key === "object" ? key.key : key)).join(".");
    throw new InvalidTokenError(`The claim "${path || "(root)"}" does not fit the claims schema`, {
      reason: "CLAIM_INVALID",
    });
  }
  // What the schema gives may not speak for the manager's claims.
  const output = Object.entries(result.value).filter(([claim]) => !NOT_OWN.includes(claim));
  return { ...claims, ...Object.fromEntries(output) };
}
