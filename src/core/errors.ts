/** The errors that callers and users of the library meet: refusals by status, wrong options, cookies that reach no caller, and a missing key. */
import { isKeysError, isTokenError } from "./jwt/errors.ts";
import { REFUSALS, type Reason, type RefusalStatus } from "./reasons.ts";
import { isStoreError } from "./stores/store-error.ts";

// A registered symbol, so that the error of another copy of this package is recognised too.
const AUTH_ERROR: unique symbol = Symbol.for("claimgate.AuthError") as never;

/**
 * A caller was refused: by status 401 `UnauthorizedError`, 403 `ForbiddenError`, else (400, 503)
 * this class itself.
 */
export class AuthError extends Error {
  override readonly name: string = "AuthError";
  readonly reason: Reason;
  readonly status: RefusalStatus;

  /** The message is the reason's own. `cause` is what led here, such as the token error. */
  constructor(reason: Reason, options: { readonly cause?: unknown } = {}) {
    super(REFUSALS[reason].message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.status = REFUSALS[reason].status;
    Object.defineProperty(this, AUTH_ERROR, { value: true });
  }
}

/** 401: there is no token, or a bad one. */
export class UnauthorizedError extends AuthError {
  override readonly name: string = "UnauthorizedError";
}

/** 403: the token is good and lacks something. */
export class ForbiddenError extends AuthError {
  override readonly name: string = "ForbiddenError";
}

/** An option or variable that must be set is not; `configValue` names it. */
export class MissingConfigError extends Error {
  override readonly name: string = "MissingConfigError";
  readonly configValue: string;

  /** `neededBy` is the option that needs the missing one. */
  constructor(configValue: string, neededBy?: string) {
    super(`Missing config value "${configValue}"${neededBy === undefined ? "" : `, which "${neededBy}" needs`}`);
    this.configValue = configValue;
  }
}

/** An option or variable is set to something it cannot be; `configValue` names it. */
export class InvalidConfigError extends Error {
  override readonly name: string = "InvalidConfigError";
  readonly configValue: string;

  constructor(configValue: string, message: string, options?: { readonly cause?: unknown }) {
    super(`Invalid config "${configValue}": ${message}`, options);
    this.configValue = configValue;
  }
}

/**
 * Cookies cannot reach the caller: the server is set up, or was called, in a way that leaves no
 * response to set them on. The message says which.
 */
export class CookieError extends Error {
  override readonly name: string = "CookieError";

  constructor(why: string, remedy = 'Call it over plain HTTP, without streaming, or with deliver: "body"') {
    super(`Cookies cannot be set: ${why}. ${remedy}`);
  }
}

/** The manager cannot sign, or cannot even verify: it has no key for that, or no `init` yet. */
export class MissingSignerError extends Error {
  override readonly name: string = "MissingSignerError";
}

/** The refusal for `reason`, of the class that its status asks for. */
export function refusal(reason: Reason, cause?: unknown): AuthError {
  const options = cause === undefined ? {} : { cause };
  switch (REFUSALS[reason].status) {
    case 401:
      return new UnauthorizedError(reason, options);
    case 403:
      return new ForbiddenError(reason, options);
    default:
      return new AuthError(reason, options);
  }
}

const WORDS: unique symbol = Symbol.for("claimgate.AuthError.extensions") as never;

/** The same refusal in other words; `cause`, reason and class stay. */
export function withWords(
  error: AuthError,
  words: { readonly message?: string; readonly extensions?: Readonly<Record<string, unknown>> },
): AuthError {
  const said = refusal(error.reason, error.cause);
  if (words.message !== undefined) Object.defineProperty(said, "message", { value: words.message, configurable: true });
  if (words.extensions) Object.defineProperty(said, WORDS, { value: words.extensions });
  return said;
}

/** What a caller is told beside code and reason: the user's own words, or nothing. */
export function extraExtensions(error: AuthError): Readonly<Record<string, unknown>> {
  return (error as { [WORDS]?: Readonly<Record<string, unknown>> })[WORDS] ?? {};
}

/** Whether `error` is a refusal, also of another copy of this package. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof Error && (error as { [AUTH_ERROR]?: unknown })[AUTH_ERROR] === true;
}

/**
 * A token error, or keys or a store out of reach, as the refusal it leads to; anything else
 * unchanged, so that no fault of ours is ever blamed on the token.
 */
export function toRefusal(error: unknown): unknown {
  return isTokenError(error) || isKeysError(error) || isStoreError(error) ? refusal(error.reason, error) : error;
}
