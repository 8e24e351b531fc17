/** The compiler's messages for options that do not fit or may be undefined. Never run. */
import { type Algorithm, AuthManager, type AuthManagerConfig, type KeyConfig, type TrustedIssuer } from "claimgate";

declare const keys: readonly KeyConfig[];
declare const trust: readonly TrustedIssuer[];
declare const given: string | undefined;
declare const algorithm: Algorithm;
const issuer = "me";
const make = (_build: () => AuthManager): void => undefined;

// A key or an issuer from an environment variable that may not be set.
// expect-error: Type 'string | undefined' is not assignable to type 'KeyInput'
// @ts-expect-error -- a secret
make(() => new AuthManager({ issuer, algorithm: "HS256", secret: process.env["JWT_SECRET"] }));
// expect-error: Type 'string | undefined' is not assignable to type 'KeyInput'
// @ts-expect-error -- a private key
make(() => new AuthManager({ issuer, algorithm: "ES256", privateKey: given }));
// expect-error: publicKey: string | undefined
// @ts-expect-error -- a public key
make(() => new AuthManager({ issuer, algorithm: "ES256", publicKey: given }));
// expect-error: keys: readonly KeyConfig[] | undefined
// @ts-expect-error -- a ring
make(() => new AuthManager({ issuer, keys: given ? keys : undefined }));
// expect-error: Type 'string | undefined' is not assignable to type 'string'
// @ts-expect-error -- an issuer
make(() => new AuthManager({ issuer: given, algorithm: "HS256", secret: "s" }));

// A key of another algorithm.
// expect-error: Type 'string' is not assignable to type 'undefined'
// @ts-expect-error -- a private key for HS256
make(() => new AuthManager({ issuer, algorithm: "HS256", privateKey: "k" }));
// expect-error: Type 'string' is not assignable to type 'undefined'
// @ts-expect-error -- a secret for ES256
make(() => new AuthManager({ issuer, algorithm: "ES256", secret: "s" }));
// expect-error: Type '"none"' is not assignable to type 'HmacAlgorithm'
// @ts-expect-error -- an algorithm that does not exist
make(() => new AuthManager({ issuer, algorithm: "none", secret: "s" }));
// expect-error: Did you mean '"HS256"'?
// @ts-expect-error -- a misspelt algorithm
make(() => new AuthManager({ issuer, algorithm: "hs256", secret: "s" }));
// expect-error: Type 'Algorithm' is not assignable to type 'HmacAlgorithm'
// @ts-expect-error -- an algorithm that is not known to fit the key
make(() => new AuthManager({ issuer, algorithm, secret: "s" }));

// Two kinds of config in one.
// expect-error: Type 'string' is not assignable to type 'undefined'
// @ts-expect-error -- a ring and an algorithm
make(() => new AuthManager({ issuer, keys, algorithm: "HS256" }));
// expect-error: Type 'string' is not assignable to type 'undefined'
// @ts-expect-error -- a ring and a secret
make(() => new AuthManager({ issuer, keys, secret: "s" }));
// expect-error: Type '{}' is not assignable to type 'undefined'
// @ts-expect-error -- a secret and keyRefresh
make(() => new AuthManager({ issuer, algorithm: "HS256", secret: "s", keyRefresh: {} }));
// expect-error: from type 'SecretKeyConfig<Claims>': algorithm, issuer
// @ts-expect-error -- trusted issuers and a secret
make(() => new AuthManager({ trust, secret: "s" }));
// expect-error: is missing the following properties from type 'SignerConfig<Claims>'
// @ts-expect-error -- trusted issuers and an issuer without a key
make(() => new AuthManager({ trust, issuer }));

// A misspelt option.
// expect-error: Did you mean to write 'secret'
// @ts-expect-error -- the key
make(() => new AuthManager({ issuer, algorithm: "HS256", secrett: "s" }));
// expect-error: Did you mean to write 'audience'
// @ts-expect-error -- another option
make(() => new AuthManager({ issuer, algorithm: "HS256", secret: "s", audence: "api" }));

// An option of a wrong type.
// expect-error: Type 'string' is not assignable to type 'number'
// @ts-expect-error -- a lifetime in words
make(() => new AuthManager({ issuer, algorithm: "HS256", secret: "s", authMaxAge: "1h" }));

// A config of any kind cannot be spread over another kind.
export const spread = (config: Partial<AuthManagerConfig>): AuthManager =>
  // expect-error: is not assignable to type 'undefined'
  // @ts-expect-error -- use AuthManagerOptions or Partial<SecretKeyConfig>
  new AuthManager({ issuer, algorithm: "HS256", secret: "s", ...config });
