/** The error classes: refusals by status, wrong options, unsent cookies and missing keys. */
import { isKeysError, isTokenError } from "./jwt/errors.ts";
import { REFUSALS, type Reason, type RefusalStatus } from "./reasons.ts";
import { isStoreError } from "./stores/store-error.ts";

// A registered symbol, so that the error of another copy of this package is recognised too.
const AUTH_ERROR: unique symbol = Symbol.for("claimgate.AuthError") as never;

/**
 * A rejected request. With status 401 it is an `UnauthorizedError`, with 403 a `ForbiddenError`,
 * with 400 or 503 this class itself.
 * @see RFC 6750, section 3.1
 */
export class AuthError extends Error {
  override readonly name: string = "AuthError";
  /** Tells the causes apart. The same on both transports. */
  readonly reason: Reason;
  /** The HTTP status. */
  readonly status: RefusalStatus;

  /** The reason decides the message. `cause` is the error behind it, such as a token error. */
  constructor(reason: Reason, options: { readonly cause?: unknown } = {}) {
    super(REFUSALS[reason].message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.status = REFUSALS[reason].status;
    Object.defineProperty(this, AUTH_ERROR, { value: true });
  }
}

/**
 * 401: the token is missing or invalid.
 * @see RFC 9110, section 15.5.2
 */
export class UnauthorizedError extends AuthError {
  override readonly name: string = "UnauthorizedError";
}

/**
 * 403: the token is valid but its rights do not suffice, or the request may be forged by a page of
 * another site.
 * @see RFC 9110, section 15.5.4
 */
export class ForbiddenError extends AuthError {
  override readonly name: string = "ForbiddenError";
}

/** A required option or variable is not set. */
export class MissingConfigError extends Error {
  override readonly name: string = "MissingConfigError";
  /** The option or variable. */
  readonly configValue: string;

  /** `neededBy` is the option that needs the missing one. The message ends with `remedy`. */
  constructor(configValue: string, neededBy?: string, remedy?: string) {
    const need = neededBy === undefined ? "" : `, which "${neededBy}" needs`;
    super(`Missing config value "${configValue}"${need}${remedy === undefined ? "" : `: ${remedy}`}`);
    this.configValue = configValue;
  }
}

/** The value of an option or variable is invalid. */
export class InvalidConfigError extends Error {
  override readonly name: string = "InvalidConfigError";
  /** The option or variable, with its path, such as `keys.0.algorithm`. */
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

/** The manager has no key that may sign now, or `init` has not been called yet. */
export class MissingSignerError extends Error {
  override readonly name: string = "MissingSignerError";
}

/** Creates the refusal for a reason. Its status decides the class. */
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

/** Copies a refusal with other words. Cause, reason and class stay. */
export function withWords(
  error: AuthError,
  words: { readonly message?: string; readonly extensions?: Readonly<Record<string, unknown>> },
): AuthError {
  const said = refusal(error.reason, error.cause);
  if (words.message !== undefined) Object.defineProperty(said, "message", { value: words.message, configurable: true });
  if (words.extensions) Object.defineProperty(said, WORDS, { value: words.extensions });
  return said;
}

/** The extensions that a response loader added to a refusal. */
export function extraExtensions(error: AuthError): Readonly<Record<string, unknown>> {
  return (error as { [WORDS]?: Readonly<Record<string, unknown>> })[WORDS] ?? {};
}

/**
 * Whether an error is a refusal, also one of another copy of this package.
 * @example
 * ```ts
 * import { isAuthError } from "claimgate";
 *
 * async function isLoggedIn(refreshToken: string): Promise<boolean> {
 *   try {
 *     await auth.refresh(refreshToken);
 *     return true;
 *   } catch (error) {
 *     if (isAuthError(error) && error.status === 401) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof Error && (error as { [AUTH_ERROR]?: unknown })[AUTH_ERROR] === true;
}

/**
 * The refusal for a token error or for unavailable keys or stores. Returns any other error
 * unchanged, so that a fault of the server never rejects a token.
 */
export function toRefusal(error: unknown): unknown {
  return isTokenError(error) || isKeysError(error) || isStoreError(error) ? refusal(error.reason, error) : error;
}
