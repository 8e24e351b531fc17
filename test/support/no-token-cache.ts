/** Replaces the token cache for `TOKEN_CACHE=off`: no manager has one, whatever its options. */
import type { TokenCache } from "../../src/core/auth/token-cache.ts";

export function createTokenCache(): TokenCache | undefined {
  return undefined;
}
