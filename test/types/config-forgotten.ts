/** The compiler's messages for a forgotten option of a manager. Compiled, never run. */
import { AuthManager, type AuthManagerConfig, type KeyConfig } from "claimgate";

declare const keys: readonly KeyConfig[];
const issuer = "me";
const make = (_build: () => AuthManager): void => undefined;

// The algorithm, beside each key option.
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- beside a secret
make(() => new AuthManager({ issuer, secret: "s" }));
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- beside a private key
make(() => new AuthManager({ issuer, privateKey: "k" }));
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- beside a key pair
make(() => new AuthManager({ issuer, privateKey: "k", publicKey: "k" }));
// expect-error: algorithm
// @ts-expect-error -- beside a public key
make(() => new AuthManager({ issuer, publicKey: "k" }));
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- beside a secret, other options and trusted issuers
make(() => new AuthManager({ issuer, secret: "s", audience: "api", trust: [] }));
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- in a variable
export const inVariable: AuthManagerConfig = { issuer, secret: "s" };
const untyped = { issuer, secret: "s" };
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- in a variable without a type
make(() => new AuthManager(untyped));
// expect-error: Property 'algorithm' is missing
// @ts-expect-error -- in init
export const later = (): void => new AuthManager().init({ issuer, secret: "s" });

// The key, beside each family of algorithms.
// expect-error: Property 'secret' is missing
// @ts-expect-error -- of HS256
make(() => new AuthManager({ issuer, algorithm: "HS256" }));
// expect-error: Property 'privateKey' is missing
// @ts-expect-error -- of ES256
make(() => new AuthManager({ issuer, algorithm: "ES256" }));
// expect-error: is missing the following properties from type 'SignerConfig<Claims>'
// @ts-expect-error -- and the algorithm
make(() => new AuthManager({ issuer }));

// The issuer.
// expect-error: Property 'issuer' is missing
// @ts-expect-error -- of a secret
make(() => new AuthManager({ algorithm: "HS256", secret: "s" }));
// expect-error: Property 'issuer' is missing
// @ts-expect-error -- of a private key
make(() => new AuthManager({ algorithm: "ES256", privateKey: "k" }));
// expect-error: Property 'issuer' is missing
// @ts-expect-error -- of a ring
make(() => new AuthManager({ keys }));
// expect-error: is missing the following properties from type 'SignerConfig<Claims>'
// @ts-expect-error -- and everything else that is required
make(() => new AuthManager({ audience: "api" }));
