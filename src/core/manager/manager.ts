/** `AuthManager`: issues tokens, verifies them, and opens the `RequestAuth` of each request. */

import type { JSONWebKeySet, JWK } from "jose";
import { checkIssueOptions, issueToken } from "../auth/issue-token.ts";
import { namingVariables, readEnv } from "../config/env.ts";
import type { AuthManagerConfig, FromEnvOptions } from "../config/options.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { toRefusal } from "../errors.ts";
import type { CookieToSet } from "../exchange/cookies.ts";
import { type HeadersLike, type RequestSource, readRequest } from "../exchange/request-source.ts";
import { cookieWriter } from "../exchange/response-writer.ts";
import { isTokenError } from "../jwt/errors.ts";
import { proveKeys } from "../key-ring/sign-with-ring.ts";
import { enableCurrentToken } from "../request/current-token.ts";
import { RequestAuth } from "../request/request-auth.ts";
import { RequestGate } from "../request/request-gate.ts";
import { defineRule } from "../rules/compile.ts";
import type { Claims, ExactRule, Rule } from "../rules/rule.ts";
import { LazyServices } from "../services.ts";
import { checkLoginOptions, type LoginOptions, type RevokeTarget, type SessionInfo } from "../sessions/sessions.ts";
import type { TokenPair } from "../sessions/token-pair.ts";
import { JWT } from "../tokens/token.ts";
import { checkTokenType, DEFAULT_MAX_AGE, type TokenType } from "../tokens/token-type.ts";
import { withErrorContext } from "../util/error-context.ts";

declare module "../request/request-auth.ts" {
  interface LaterTypes<C> {
    readonly manager: AuthManager<C>;
  }
}

/** Options of `authToken`. */
export interface AuthTokenOptions<C = Claims> {
  /** The `scope` claim. */
  readonly scope?: unknown;
  /** Further claims; they may not name `iss sub aud exp iat type scope sid rid cnf`. */
  readonly claims?: Readonly<C>;
  /** Seconds it lives. Default: `authMaxAge`. */
  readonly maxAge?: number;
  /** Default: the manager's audience. */
  readonly audience?: string | readonly string[];
}

/** Options of `refreshToken`. */
export interface RefreshTokenOptions<C = Claims> {
  /** Further claims; they may not name `iss sub aud exp iat type scope sid rid cnf`. */
  readonly claims?: Readonly<C>;
  /** Seconds it lives. Default: `refreshMaxAge`. */
  readonly maxAge?: number;
}

/** A request by hand. Empty is anonymous. */
export interface RequestInput {
  /** A token in place of any header or cookie. It is verified like any other. */
  readonly token?: string | JWT;
  readonly headers?: HeadersLike;
  /** Default: unknown, so that a cookie counts only with `Sec-Fetch-Site` or `Origin`. */
  readonly method?: string;
  /**
   * Sets a cookie for `ctx.auth.login`, `refresh` and `logout`, as a server action can: `header` is
   * the value of a `Set-Cookie` header, `cookie` the same in parts, for frameworks that write it
   * themselves. Default: no cookie can be set.
   */
  readonly setCookie?: (header: string, cookie: CookieToSet) => void;
}

/** The claims that a manager's `claimsSchema` describes. */
export type InferClaims<M> = M extends AuthManager<infer C> ? C : never;

/** Issues and verifies tokens of one issuer. Never shows a key when logged or serialised. */
export class AuthManager<C = Claims> {
  /** Seconds an auth token lives by default: 3600. */
  static readonly defaultAuthMaxAge: number = DEFAULT_MAX_AGE.auth;
  /** Seconds a refresh token lives by default: 604800. */
  static readonly defaultRefreshMaxAge: number = DEFAULT_MAX_AGE.refresh;

  readonly #services: LazyServices = new LazyServices();

  /**
   * Without a config, `init` must follow before use. Throws `MissingConfigError` or
   * `InvalidConfigError`.
   */
  constructor(config?: AuthManagerConfig<C>) {
    if (config !== undefined) this.init(config);
  }

  /**
   * A manager from `JWT_ISSUER`, `JWT_AUTHTYPE`, `JWT_SECRET`, `JWT_PUBLICKEY`, `JWT_AUTHMAXAGE`,
   * `JWT_REFRESHMAXAGE` and `JWT_AUDIENCE`. `path` names a file to read them from too; the
   * process's own variables win over the file's, `options` over both. Throws `MissingConfigError`
   * or `InvalidConfigError` that names the variable.
   */
  static fromEnv<C = Claims>(options: FromEnvOptions<C> = {}): AuthManager<C> {
    const { path, ...given } = options;
    const env = readEnv(path, given);
    return namingVariables(env, given, () => new AuthManager<C>({ ...env.options, ...given } as AuthManagerConfig<C>));
  }

  /**
   * Reads a signed token WITHOUT checking its signature. Throws `InvalidTokenError` where it is
   * malformed or lacks a claim.
   */
  static convertToken(signed: string): JWT {
    return JWT.fromSignedToken(signed);
  }

  /**
   * Configures a manager that was built without a config. Throws as the constructor does, and when
   * it is configured already.
   */
  init(config: AuthManagerConfig<C>): void {
    this.#services.configure(() => {
      const resolved = resolveConfig(config);
      if (resolved.ambient) enableCurrentToken();
      return resolved;
    });
  }

  /**
   * Settles once the keys are loaded, imported and known to belong together. Rejects with
   * `InvalidConfigError` that names the option; requests nothing of other issuers.
   */
  async ready(): Promise<void> {
    const { config } = this.#services.open();
    if (config.own) await proveKeys(config.own.keys);
  }

  /**
   * A signed token of type auth. Rejects with `MissingSignerError`, `TypeError` for bad arguments,
   * `InvalidTokenError` for claims off the schema.
   */
  authToken(subject: string | number, options: AuthTokenOptions<C> = {}): Promise<JWT<C>> {
    return this.#issue("auth", subject, options);
  }

  /**
   * A signed token of type refresh, with `rid` and never a `scope`. Rejects as `authToken` does.
   */
  refreshToken(subject: string | number, options: RefreshTokenOptions<C> = {}): Promise<JWT<C>> {
    return this.#issue("refresh", subject, options);
  }

  /**
   * The token, if its signature, `iss`, `aud`, `exp`, `nbf`, `iat` and type hold. Type: auth unless
   * `"refresh"` or `"any"` is asked for. Rejects with a token error, with `JWKSClientError` where
   * the keys to verify it cannot be had, or with `MissingSignerError` before `init`.
   */
  async verify(token: string, options: { readonly type?: TokenType | "any" } = {}): Promise<JWT<C>> {
    const { type = "auth" } = options;
    if (!["auth", "refresh", "any"].includes(type)) throw new TypeError('type must be "auth", "refresh" or "any"');
    const jwt = await this.#services.open().verifier.verify(token);
    checkTokenType(jwt.tokenType, type);
    // The schema, where there is one, has made the claims a C; where there is none, C is any
    // claims.
    return jwt as unknown as JWT<C>;
  }

  /**
   * `verify` of either type as a yes or no. Rejects only for faults that are not the token's, such
   * as `MissingSignerError`.
   */
  async verifyToken(token: string | JWT): Promise<boolean> {
    try {
      await this.verify(textOf(token), { type: "any" });
      return true;
    } catch (error) {
      if (isTokenError(error)) return false;
      throw error;
    }
  }

  /**
   * Begins a session: both its tokens, and how many seconds each lives. Rejects with
   * `MissingConfigError("sessions")` without a store, with an `AuthError` (`TOKEN_REVOKED` where
   * `authorize` gave `null`, `STORE_UNAVAILABLE`), and as `authToken` does.
   */
  login(subject: string | number, options: LoginOptions<C> = {}): Promise<TokenPair> {
    return this.#refusing(async () => {
      checkLoginOptions(options);
      return (await this.#services.open().sessions.login(subject, options)).pair;
    });
  }

  /**
   * New tokens of the same session for its refresh token, which no longer counts then (RFC 9700,
   * section 4.14): presented again, it ends the session (`TOKEN_REUSED`), but within `refreshGrace`
   * seconds others get the same successor. Rejects with an `AuthError`, or
   * `MissingConfigError("sessions")`. After a `STORE_UNAVAILABLE` the token counts as before.
   */
  refresh(refreshToken: string | JWT): Promise<TokenPair> {
    return this.#refusing(async () => (await this.#services.open().sessions.refresh(textOf(refreshToken))).pair);
  }

  /**
   * Ends the session of a token, expired or not; one session by its id; or all of a subject's. One
   * that has ended already is no error. Rejects with an `AuthError` for a token that is none or of
   * no session, `TypeError`, or `MissingConfigError("sessions")`.
   */
  revoke(target: RevokeTarget): Promise<void> {
    return this.#refusing(async () => {
      const isToken = typeof target === "object" && target !== null && "token" in target;
      return this.#services.open().sessions.revoke(isToken ? { ...target, token: textOf(target.token) } : target);
    });
  }

  /**
   * A subject's sessions, the earliest first. Rejects with an `AuthError` (`STORE_UNAVAILABLE`), or
   * `MissingConfigError("sessions")`.
   */
  sessions(subject: string | number): Promise<SessionInfo[]> {
    return this.#refusing(async () => this.#services.open().sessions.list(subject));
  }

  /**
   * The `RequestAuth` of a caller, a job, a server action or a test. Never throws for what it is
   * given.
   */
  forRequest(input: RequestInput = {}): RequestAuth<C> {
    const { token, headers, method, setCookie } = input;
    const extra = {
      token: token === undefined ? undefined : textOf(token),
      response: setCookie && cookieWriter(setCookie),
      responseRemedy: 'Pass setCookie to forRequest, or call it with deliver: "body"',
    };
    return this["~open"](readRequest({ headers, method }, extra));
  }

  /**
   * The public key set (RFC 7517): the keys that verify now or will, by an allow-list of members;
   * never a private one, never a secret. Rejects with `JWKSClientError` where a loader of keys
   * fails.
   */
  async jwks(): Promise<JSONWebKeySet> {
    return { keys: (await this["~publish"]()).keys };
  }

  /**
   * From now on the key neither signs nor verifies, in this process: its tokens are refused
   * (`SIGNATURE_INVALID`), those verified before included. For every process, and for good, take it
   * out of the `keys` too. `kid` of a manager with one key: its thumbprint, as in `jwks`. Rejects
   * with `TypeError` where no key has this `kid`; one that a loader brings later has retired all
   * the same.
   */
  async retire(kid: string): Promise<void> {
    const { own } = this.#services.open().config;
    if (!own) throw new TypeError("The manager has no keys of its own");
    await own.keys.retire(kid);
  }

  /** `defineRule`, typed by this manager's claims. Throws `TypeError` that names the key. */
  rule<const R extends Rule<C>>(rule: R & ExactRule<R, C>): R {
    // A rule of some claims is a rule of any; the compiler cannot relate the two through R.
    return defineRule(rule as Rule) as unknown as R;
  }

  /** @internal For the transports. */
  "~open"(source: RequestSource): RequestAuth<C> {
    return new RequestAuth(this, new RequestGate(source, this.#services));
  }

  /**
   * @internal For `jwksHandler`: the public keys, and how many seconds they stay so, as far as is
   * known.
   */
  async "~publish"(): Promise<{ readonly keys: JWK[]; readonly seconds: number }> {
    const { own, now } = this.#services.open().config;
    if (!own) return { keys: [], seconds: Number.POSITIVE_INFINITY };
    const { keys, until } = await own.keys.publish();
    return { keys, seconds: until - now() };
  }

  async #issue(type: TokenType, subject: string | number, options: AuthTokenOptions<C>): Promise<JWT<C>> {
    const { config, emit } = this.#services.open();
    checkIssueOptions(type, options);
    const token = await issueToken<C>(config, type, subject, options);
    emit({ type: "issued", subject: token.sub, sid: null, tokens: type });
    return token;
  }

  /** Refusals as the errors that both transports know. */
  #refusing<T>(work: () => Promise<T>): Promise<T> {
    return withErrorContext(work, toRefusal);
  }
}

// Also of a JWT of another copy of this package. What is no token at all is a malformed one.
function textOf(token: unknown): string {
  if (typeof token === "string") return token;
  const jwt = token as Partial<JWT> | null;
  return jwt?.isSigned?.() ? (jwt.signed ?? "") : "";
}
