/** claimgate: JWT authentication and authorization for tRPC and GraphQL from one set of rules. */
export { AuthData, type AuthDataOptions, AuthType } from "./core/auth-data.ts";
export type { Authorize, HeldRights, Rights } from "./core/authorize.ts";
export type { CookieConfig, FormerCookies } from "./core/cookie-config.ts";
export type { CookieAttributes, CookieToSet } from "./core/cookies.ts";
export type { CsrfConfig } from "./core/csrf-config.ts";
export { currentToken } from "./core/current-token.ts";
export {
  AuthError,
  CookieError,
  ForbiddenError,
  InvalidConfigError,
  isAuthError,
  MissingConfigError,
  MissingSignerError,
  type Reason,
  type RefusalStatus,
  UnauthorizedError,
} from "./core/errors.ts";
export type {
  AuthEvent,
  DeniedEvent,
  EventHandler,
  IssuedEvent,
  KeysFailedEvent,
  RefreshedEvent,
  ReusedEvent,
  RevokedEvent,
  StoreFailedEvent,
} from "./core/events.ts";
export { type JWKSHandlerOptions, jwksHandler } from "./core/jwks-handler.ts";
export type { Algorithm } from "./core/jwt/algorithms.ts";
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
  type KeysReason,
  MissingRequiredClaimError,
  RevokedTokenError,
  type TokenReason,
} from "./core/jwt/errors.ts";
export type { KeyFetch } from "./core/jwt/key-fetch.ts";
export type { KeyInput } from "./core/jwt/keys.ts";
export type { KeyConfig, KeyLoader, KeyRefreshConfig } from "./core/key-config.ts";
export { keysFromFile } from "./core/key-file.ts";
export {
  AuthManager,
  type AuthTokenOptions,
  type InferClaims,
  type RefreshTokenOptions,
  type RequestInput,
} from "./core/manager.ts";
export type { AuthManagerConfig, AuthManagerOptions } from "./core/options.ts";
export { type AuthContext, RequestAuth } from "./core/request-auth.ts";
export type {
  Deliver,
  Delivered,
  Expiries,
  RequestLoginOptions,
  RequestLogoutOptions,
  RequestRefreshOptions,
} from "./core/request-sessions.ts";
export type { RefusalLoader, RefusalWords, ResponseLoaders } from "./core/responses.ts";
export { defineRule } from "./core/rules/compile.ts";
export type { RuleFacts } from "./core/rules/decide.ts";
export type { Bindings, ClaimRequirements, Claims, Json, Rule, RuleBranch } from "./core/rules/rule.ts";
export type { SessionOptions } from "./core/session-config.ts";
export type { TokenPair } from "./core/session-tokens.ts";
export { memorySessionStore } from "./core/sessions/memory.ts";
export {
  DeadlineError,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
  UnsentError,
} from "./core/sessions/store.ts";
export { SessionStoreError } from "./core/sessions/store-error.ts";
export type { LoginOptions, RevokeTarget, SessionInfo } from "./core/sessions.ts";
export { JWT, type JWTOptions, type RegisteredClaims, type TokenClaims, TokenType } from "./core/token.ts";
export type { TrustedIssuer } from "./core/trust.ts";
