/** What the compiler asks of a manager's options. Compiled, never run. */
import { AuthManager, type AuthManagerConfig, type KeyConfig, keysFromFile } from "claimgate";

declare const keys: readonly KeyConfig[];
const entry = {
  issuer: "https://a.example",
  jwksUri: "https://a.example/jwks",
  audience: "api",
  algorithms: ["RS256"],
} as const;

const make = (_build: () => AuthManager): void => undefined;

// One key, a ring, a loader, a file, or nothing but issuers to trust.
make(() => new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s" }));
make(() => new AuthManager({ issuer: "me", keys }));
make(() => new AuthManager({ issuer: "me", keys: async () => keys, keyRefresh: { interval: 30 } }));
make(() => new AuthManager({ issuer: "me", keys: keysFromFile("keys.json") }));
make(() => new AuthManager({ trust: [entry] }));
const other = {
  ...entry,
  subject: ({ sub }: Readonly<Record<string, unknown>>) => `a|${String(sub)}`,
  claims: ["org"],
};
make(() => new AuthManager({ issuer: "me", keys, trust: [other] }));

// An audience must be stated, if only as null.
const { audience: _, ...anybody } = entry;
make(() => new AuthManager({ trust: [{ ...anybody, audience: null, require: { token_use: "access" }, typ: null }] }));
// @ts-expect-error -- it is not
make(() => new AuthManager({ trust: [anybody] }));

// @ts-expect-error -- neither key nor trust
make(() => new AuthManager({ issuer: "me" }));
// @ts-expect-error -- no issuer
make(() => new AuthManager({ algorithm: "HS256", secret: "s" }));
// @ts-expect-error -- no issuer beside a ring
make(() => new AuthManager({ keys }));
// @ts-expect-error -- an algorithm that does not exist
make(() => new AuthManager({ issuer: "me", algorithm: "none", secret: "s" }));
// @ts-expect-error -- a key without an algorithm
make(() => new AuthManager({ issuer: "me", keys: [{ secret: "s" }] }));
// @ts-expect-error -- an option that does not exist
make(() => new AuthManager({ trust: [{ ...entry, jwks_uri: "https://a.example/jwks" }] }));

// Some options are all there may be of it, as in a helper of one's own.
export const withDefaults = (config: Partial<AuthManagerConfig>): AuthManager =>
  new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s", ...config });
