/** claimgate: JWT authentication and authorization for tRPC and GraphQL from one set of rules. */

// The manager and its options

export type {
  AsymmetricAlgorithm,
  AsymmetricKeyOptions,
  AuthManagerConfig,
  AuthManagerOptions,
  ClaimsOptions,
  FromEnvOptions,
  GeneralOptions,
  HmacAlgorithm,
  KeylessConfig,
  KeyPairConfig,
  KeyRingConfig,
  OwnIssuerOptions,
  PrivateKeyOptions,
  PublicKeyConfig,
  PublicKeyOptions,
  SecretKeyConfig,
  SignerConfig,
  SingleKeyConfig,
} from "./core/config/options.ts";
export {
  AuthManager,
  type AuthTokenOptions,
  type InferClaims,
  type RefreshTokenOptions,
} from "./core/manager/manager.ts";
export type { StandardResult, StandardSchema } from "./core/tokens/claims-schema.ts";
export type { MaybePromise } from "./core/util/promises/maybe-promise.ts";

// One request: `ctx.auth`

export type { HeadersLike } from "./core/exchange/request-source.ts";
export type { RequestInput } from "./core/manager/manager.ts";
export { currentToken } from "./core/request/current-token.ts";
export { type AuthContext, RequestAuth, type UnguardedAuth } from "./core/request/request-auth.ts";
export type {
  Deliver,
  Delivered,
  Expiries,
  RequestLoginOptions,
  RequestLogoutOptions,
  RequestRefreshOptions,
} from "./core/request/request-sessions.ts";

// Rules

export { defineRule } from "./core/rules/compile.ts";
export type {
  Bindings,
  ClaimRequirements,
  Claims,
  ExactRule,
  Inferred,
  Json,
  NoOtherClaims,
  NoOtherKeys,
  NoSuchClaim,
  Requirement,
  Rule,
  RuleBranch,
  RuleBranchKeys,
  RuleFacts,
  RuleKeys,
} from "./core/rules/rule.ts";

// Tokens

export type { JwtHeader, JwtPayload } from "./core/jwt/compact.ts";
export { AuthData, type AuthDataOptions, AuthType } from "./core/tokens/auth-data.ts";
export { JWT } from "./core/tokens/token.ts";
export type { TokenParts } from "./core/tokens/token-content.ts";
export { type JWTOptions, type RegisteredClaims, type TokenClaims, TokenType } from "./core/tokens/token-type.ts";

// Sessions and session stores

export type { SessionOptions } from "./core/config/session-options.ts";
export type { LoginOptions, RevokeTarget, SessionInfo } from "./core/sessions/sessions.ts";
export type { TokenPair } from "./core/sessions/token-pair.ts";
export { memorySessionStore } from "./core/stores/memory.ts";
export {
  DeadlineError,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
  UnsentError,
} from "./core/stores/session-store.ts";
export { SessionStoreError } from "./core/stores/store-error.ts";

// Cookies

export type { CookieConfig, FormerCookies } from "./core/config/cookie-options.ts";
export type { CsrfConfig } from "./core/config/csrf-options.ts";
export { CookieError } from "./core/errors.ts";
export type { CookieAttributes, CookieToSet } from "./core/exchange/cookies.ts";

// Rights kept in a database

export type { Authorize, HeldRights, Rights } from "./core/config/authorize-options.ts";

// Keys and their rotation

export type { JSONWebKeySet, JWK } from "jose";
export type { Algorithm } from "./core/jwt/algorithms.ts";
export type { KeyInput } from "./core/jwt/keys/keys.ts";
export { keysFromFile } from "./core/key-ring/key-file.ts";
export type { KeyConfig, KeyLoader, KeyRefreshConfig } from "./core/key-ring/key-options.ts";
export { type JWKSHandlerOptions, jwksHandler } from "./core/manager/jwks-handler.ts";

// Other issuers

export type { FormerIssuer } from "./core/issuers/former-issuers.ts";
export type { TrustedIssuer } from "./core/issuers/trusted-issuer.ts";
export type { KeyFetch } from "./core/jwt/jwks/key-fetch.ts";

// Events

export type {
  AuthEvent,
  BaseEvent,
  DeniedEvent,
  EventHandler,
  HttpAllowedEvent,
  IssuedEvent,
  KeysFailedEvent,
  RefreshedEvent,
  ReusedEvent,
  RevokedEvent,
  StoreFailedEvent,
} from "./core/events.ts";

// Refusals

export { AuthError, ForbiddenError, isAuthError, UnauthorizedError } from "./core/errors.ts";
export type { KeysReason, Reason, RefusalStatus, TokenReason } from "./core/reasons.ts";
export type { RefusalLoader, RefusalWords, ResponseLoaders } from "./core/refusal-words.ts";

// Errors of the configuration

export { InvalidConfigError, MissingConfigError, MissingSignerError } from "./core/errors.ts";

// Errors of tokens and keys

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
} from "./core/jwt/errors.ts";
