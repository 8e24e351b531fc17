/** The compiler's checks of a manager's options. Compiled, never run. */
import {
  AuthManager,
  type AuthManagerConfig,
  type AuthManagerOptions,
  type KeyConfig,
  type KeyInput,
  keysFromFile,
  type SecretKeyConfig,
} from "claimgate";

declare const keys: readonly KeyConfig[];
const entry = {
  issuer: "https://a.example",
  jwksUri: "https://a.example/jwks",
  audience: "api",
  algorithms: ["RS256"],
} as const;

const make = (_build: () => AuthManager): void => undefined;

// A secret, a private key, a public key, both, a ring, a loader, a file, or only trusted issuers.
make(() => new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s" }));
make(() => new AuthManager({ issuer: "me", algorithm: "ES256", privateKey: "k" }));
make(() => new AuthManager({ issuer: "me", algorithm: "EdDSA", publicKey: "k" }));
make(() => new AuthManager({ issuer: "me", algorithm: "PS256", privateKey: "k", publicKey: "k", leeway: 5 }));
make(() => new AuthManager({ issuer: "me", keys }));
make(() => new AuthManager({ issuer: "me", keys: async () => keys, keyRefresh: { interval: 30 } }));
make(() => new AuthManager({ issuer: "me", keys: keysFromFile("keys.json") }));
make(() => new AuthManager({ trust: [entry] }));
make(() => new AuthManager());
const other = {
  ...entry,
  subject: ({ sub }: Readonly<Record<string, unknown>>) => `a|${String(sub)}`,
  claims: ["org"],
};
make(() => new AuthManager({ issuer: "me", keys, trust: [other] }));

// An audience must be stated, if only as null.
const { audience: _, ...anybody } = entry;
make(() => new AuthManager({ trust: [{ ...anybody, audience: null, require: { token_use: "access" }, typ: null }] }));
make(() => new AuthManager({ trust: [{ ...other, issuer: null, require: null, issuedBefore: 1_767_225_600 }] }));
make(() => new AuthManager({ trust: [{ ...entry, allowHttp: true }] }));
// @ts-expect-error -- allowHttp that is not true
make(() => new AuthManager({ trust: [{ ...entry, allowHttp: false }] }));
// expect-error: Property 'audience' is missing
// @ts-expect-error -- an entry without an audience
make(() => new AuthManager({ trust: [anybody] }));
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- a key of a ring without an algorithm
make(() => new AuthManager({ issuer: "me", keys: [{ secret: "s" }] }));
// expect-error: 'jwks_uri' does not exist in type 'TrustedIssuer'. Did you mean to write 'jwksUri'?
// @ts-expect-error -- an option that does not exist
make(() => new AuthManager({ trust: [{ ...entry, jwks_uri: "https://a.example/jwks" }] }));

// A config in a variable, and one that depends on the environment.
declare const given: string | undefined;
const config: AuthManagerConfig = given ? { issuer: "me", algorithm: "HS256", secret: given } : { issuer: "me", keys };
make(() => new AuthManager(config));
make(() => new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s", ...(given ? { audience: given } : {}) }));
make(
  () => new AuthManager({ issuer: "me", algorithm: "ES256", privateKey: "k", ...(given ? { publicKey: given } : {}) }),
);
const key = given
  ? ({ algorithm: "HS256", secret: given } as const)
  : ({ algorithm: "ES256", privateKey: "k" } as const);
make(() => new AuthManager({ issuer: "me", ...key }));

// A helper with a key: further options, and options that may replace its secret.
export const withOptions = (options: AuthManagerOptions): AuthManager =>
  new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s", ...options });
export const withOverrides = (overrides: Partial<SecretKeyConfig>): AuthManager =>
  new AuthManager({ issuer: "me", algorithm: "HS256", secret: "s", ...overrides });

// Each option of every kind can be read from a config.
export const read = ({ keys: ring, secret, onEvent }: AuthManagerConfig): [boolean, KeyInput | undefined, boolean] => [
  ring !== undefined,
  secret,
  onEvent !== undefined,
];

// The environment gives the options that `fromEnv` is not given.
make(() => AuthManager.fromEnv({ path: ".env", leeway: 5 }));
make(() => AuthManager.fromEnv({ keys, keyRefresh: { interval: 30 } }));
// expect-error: Did you mean to write 'path'
// @ts-expect-error -- a misspelt option
make(() => AuthManager.fromEnv({ pth: ".env" }));
