/** The claims that rules read. A file of its own, because a transport's bundle needs no more. */
import type { HeldClaims } from "../rules/find-claim.ts";
import type { JWT } from "./token.ts";

/** The claims of a token for a rule. Unlike `token.claims`, this does not freeze them. */
export function claimsOf(token: JWT): HeldClaims {
  return token["~content"]?.claims ?? token.claims;
}
