/** The entry `claimgate/jwt`: tokens and keys, without requests and rules. */

// Write and read tokens

export type { ClaimChecks } from "./claims.ts";
export type { JwtHeader, JwtPayload } from "./compact.ts";
export { type CompleteToken, type DecodeOptions, decode, decodeComplete, getUnverifiedHeader } from "./decode.ts";
export { type EncodeOptions, encode } from "./encode.ts";

// Keys

export type { JSONWebKeySet, JWK } from "jose";
export { ALGORITHMS, type Algorithm } from "./algorithms.ts";
export { JWKSClient, type JWKSClientOptions } from "./jwks/jwks-client.ts";
export type { KeyFetch } from "./jwks/key-fetch.ts";
export type { KeyInput } from "./keys/keys.ts";
export { SigningKey } from "./keys/signing-key.ts";

// Errors

export type { KeysReason, TokenReason } from "../reasons.ts";
export {
  DecodeError,
  ExpiredSignatureError,
  ImmatureSignatureError,
  InvalidAlgorithmError,
  InvalidAudienceError,
  InvalidIssuedAtError,
  InvalidIssuerError,
  InvalidJTIError,
  InvalidKeyError,
  InvalidSignatureError,
  InvalidSubjectError,
  InvalidTokenError,
  InvalidTokenTypeError,
  JWKSClientConnectionError,
  JWKSClientError,
  MissingRequiredClaimError,
  RevokedTokenError,
  type TokenErrorOptions,
} from "./errors.ts";
