/** The manager of the suites, on a fake clock. */
import { AuthManager, type AuthManagerConfig, type Claims } from "claimgate";
import { createTestClock, type TestAuth } from "claimgate/testing";

export const ISSUER = "https://issuer.example";
/** The start of every clock, in seconds. */
export const NOW = 1_750_000_000;
/** Long enough for HS512. */
export const SECRET = "a secret of more than sixty-four bytes, which is enough for HS512 too";

/** An HS256 manager at `NOW`. `config` adds to its options; `keys` in it replace the secret. */
export function createAuth<C = Claims>(config: Partial<AuthManagerConfig<C>> = {}): TestAuth<C> {
  const clock = createTestClock(NOW);
  const key = config.keys ? {} : { algorithm: "HS256", secret: SECRET };
  const options = { issuer: ISSUER, ...key, now: clock.now, ...config } as AuthManagerConfig<C>;
  return { auth: new AuthManager<C>(options), clock };
}
