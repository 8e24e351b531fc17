/** What stands in for the token cache where `TOKEN_CACHE=off`: none, whatever a manager was configured with. */
import type { TokenCache } from "../../src/core/auth/token-cache.ts";

export function createTokenCache(): TokenCache | undefined {
  return undefined;
}
