/** `AuthManager`: issues tokens, verifies them, and opens the `RequestAuth` of each request. */

import type { JSONWebKeySet, JWK } from "jose";
import { checkIssueOptions, issueToken } from "../auth/issue-token.ts";
import { checkEnvOptions, namingVariables, readEnv } from "../config/env.ts";
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
import { checkTokenType, DEFAULT_AUTH_MAX_AGE, DEFAULT_REFRESH_MAX_AGE, type TokenType } from "../tokens/token-type.ts";
import { checkNoOptions, checkOptionNames, checkOptionsObject } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";
import { isPromise } from "../util/promises/maybe-promise.ts";

declare module "../request/request-auth.ts" {
  interface LaterTypes<C> {
    readonly manager: AuthManager<C>;
  }
}

/** Options of `authToken`. */
export interface AuthTokenOptions<C = Claims> {
  /**
   * The `scope` claim, any JSON.
   * @default none
   * @see RFC 8693, section 4.2
   */
  readonly scope?: unknown;
  /**
   * Further claims. The names `iss sub aud exp iat type scope sid rid cnf` are rejected.
   * @default none
   */
  readonly claims?: Readonly<C>;
  /**
   * Seconds that the token lives. Must be a whole number from 1 to `maxTokenAge`.
   * @default the manager's `authMaxAge`
   */
  readonly maxAge?: number;
  /**
   * The `aud` claim. A token for other audiences only is for other services: this manager rejects
   * it.
   * @default the manager's `audience`
   * @see RFC 7519, section 4.1.3
   */
  readonly audience?: string | readonly string[];
}

/** Options of `refreshToken`. */
export interface RefreshTokenOptions<C = Claims> {
  /**
   * Further claims. The names `iss sub aud exp iat type scope sid rid cnf` are rejected.
   * @default none
   */
  readonly claims?: Readonly<C>;
  /**
   * Seconds that the token lives. Must be a whole number from 1 to `maxTokenAge`.
   * @default the manager's `refreshMaxAge`
   */
  readonly maxAge?: number;
}

/** A request for `forRequest`. An empty one is anonymous. */
export interface RequestInput {
  /**
   * A token that replaces any header or cookie. It is verified like any other token.
   * @default none
   */
  readonly token?: string | JWT;
  /**
   * The headers of the request.
   * @default none
   */
  readonly headers?: HeadersLike;
  /**
   * The HTTP method. Without it, a cookie is accepted only with `Sec-Fetch-Site` or `Origin`.
   * @default none
   */
  readonly method?: string;
  /**
   * Sets a cookie for `ctx.auth.login`, `refresh` and `logout`. `header` is the value of a
   * `Set-Cookie` header. `cookie` is the same in parts, for frameworks such as Next.js. Without it,
   * no cookie can be set.
   * @default none
   */
  readonly setCookie?: (header: string, cookie: CookieToSet) => void;
}

/** The claims that a manager's `claimsSchema` describes. */
export type InferClaims<M> = M extends AuthManager<infer C> ? C : never;

/**
 * Issues and verifies the tokens of one issuer, and verifies the tokens of trusted issuers. Never
 * shows a key when logged or serialised.
 * @see RFC 7519
 * @example
 * ```ts
 * import { AuthManager } from "claimgate";
 *
 * const auth = new AuthManager({
 *   issuer: "https://api.example.com",
 *   algorithm: "HS256",
 *   secret: process.env["JWT_SECRET"] ?? "",
 * });
 * const token = await auth.authToken("ann", { scope: { admin: true } });
 * const { sub, scope } = await auth.verify(token.signed);
 * ```
 */
export class AuthManager<C = Claims> {
  /** The default of `authMaxAge`, in seconds: 3600. */
  static readonly defaultAuthMaxAge: number = DEFAULT_AUTH_MAX_AGE;
  /** The default of `refreshMaxAge`, in seconds: 604800. */
  static readonly defaultRefreshMaxAge: number = DEFAULT_REFRESH_MAX_AGE;

  readonly #services: LazyServices = new LazyServices();

  /**
   * Reads the options. Without a config, call `init` before use.
   * @throws `MissingConfigError` if a required option is not set. Its `configValue` is the option.
   * @throws `InvalidConfigError` if an option is unknown, or its value is invalid.
   * @example
   * ```ts
   * const trusting = new AuthManager({
   *   trust: [
   *     {
   *       issuer: "https://login.example.com",
   *       discovery: true,
   *       audience: "https://api.example.com",
   *       algorithms: ["RS256"],
   *     },
   *   ],
   * });
   * ```
   */
  constructor(config?: AuthManagerConfig<C>) {
    if (config !== undefined) this.init(config);
  }

  /**
   * Creates a manager from the variables `JWT_ISSUER`, `JWT_AUTHTYPE`, `JWT_SECRET`,
   * `JWT_PUBLICKEY`, `JWT_AUTHMAXAGE`, `JWT_REFRESHMAXAGE` and `JWT_AUDIENCE`. `path` names a file
   * with variables. Those of the process take precedence over the file, and `options` over both.
   * @throws `MissingConfigError` or `InvalidConfigError`, with the variable as `configValue`.
   * @throws `TypeError` for options that are not an object, or that are the variables themselves.
   * @example
   * ```ts
   * const auth = AuthManager.fromEnv({ path: ".env", leeway: 5 });
   * ```
   */
  static fromEnv<C = Claims>(options: FromEnvOptions<C> = {}): AuthManager<C> {
    checkEnvOptions(options);
    const { path, ...given } = options;
    const env = readEnv(path, given);
    return namingVariables(env, given, () => new AuthManager<C>({ ...env.options, ...given } as AuthManagerConfig<C>));
  }

  /**
   * Reads a signed token WITHOUT checking its signature. Never trust its claims.
   * @throws `InvalidTokenError` if the token is malformed or lacks a claim.
   * @throws `TypeError` for options, which only `verify` has.
   * @example
   * ```ts
   * const { signed } = await auth.authToken("ann");
   * const expiresAt = AuthManager.convertToken(signed).exp;
   * ```
   */
  static convertToken(signed: string): JWT {
    checkNoOptions("convertToken", arguments, "It checks no token: call verify(token, { type })");
    return JWT.fromSignedToken(signed);
  }

  /**
   * Configures a manager that was created without a config.
   * @throws `MissingConfigError` or `InvalidConfigError` for the same reasons as the constructor.
   * @throws `InvalidConfigError` if the manager is already configured.
   * @example
   * ```ts
   * export const auth = new AuthManager();
   * export function start(secret: string): void {
   *   auth.init({ issuer: "https://api.example", algorithm: "HS256", secret });
   * }
   * ```
   */
  init(config: AuthManagerConfig<C>): void {
    this.#services.configure(() => {
      const resolved = resolveConfig(config);
      if (resolved.ambient) enableCurrentToken();
      return resolved;
    });
  }

  /**
   * Loads and imports the keys, and checks that the halves of each pair belong together. Fetches no
   * keys of trusted issuers.
   * @throws `InvalidConfigError` with the name of the option, if a key is invalid.
   * @throws `JWKSClientError` if a loader of keys fails.
   * @throws `MissingSignerError` before `init`.
   * @example
   * ```ts
   * await auth.ready();
   * createServer().listen(3000);
   * ```
   */
  async ready(): Promise<void> {
    const { config } = this.#services.open();
    if (config.own) await proveKeys(config.own.keys, config.maxTokenLength);
  }

  /**
   * Issues a signed auth token. It belongs to no session.
   * @throws `TypeError` if the subject, a claim or an option is invalid, or the token is longer
   *   than `maxTokenLength`.
   * @throws `InvalidTokenError` if the claims do not match `claimsSchema`.
   * @throws `MissingSignerError` if the manager has no key that may sign now, or before `init`.
   * @throws `JWKSClientError` if a loader of keys fails.
   * @see RFC 7519, section 7.1
   * @example
   * ```ts
   * const { signed } = await auth.authToken("ann", { scope: { admin: true }, maxAge: 600 });
   * ```
   */
  authToken(subject: string | number, options: AuthTokenOptions<C> = {}): Promise<JWT<C>> {
    return this.#issue("auth", subject, options);
  }

  /**
   * Issues a signed refresh token with a `rid` and without a `scope`. It belongs to no session.
   * @throws The same errors as `authToken`.
   * @example
   * ```ts
   * const { signed } = await auth.refreshToken("ann");
   * ```
   */
  refreshToken(subject: string | number, options: RefreshTokenOptions<C> = {}): Promise<JWT<C>> {
    return this.#issue("refresh", subject, options);
  }

  /**
   * Verifies the signature, `iss`, `aud`, `exp`, `nbf`, `iat` and type of a token. The type is
   * `"auth"` by default.
   * @throws A token error, such as `ExpiredSignatureError`. Its `reason` tells the causes apart.
   * @throws `JWKSClientError` if the verification keys are unavailable.
   * @throws `SessionStoreError` if the session store is unavailable (`sessionCheck: "always"`, and
   * refresh tokens).
   * @throws `TypeError` for an unknown option or `type`, and `MissingSignerError` before `init`.
   * @see RFC 7519, section 7.2
   * @example
   * ```ts
   * const { signed } = await auth.authToken("ann");
   * const { sub, claims } = await auth.verify(signed);
   * ```
   */
  async verify(token: string, options?: { readonly type?: TokenType | "any" }): Promise<JWT<C>> {
    if (isSignedJwt(token)) throw new TypeError("verify takes the text of a token: pass token.signed");
    const type = options === undefined ? "auth" : readVerifyType(options);
    const verified = this.#services.open().verifier.verify(token);
    const jwt = isPromise(verified) ? await verified : verified;
    checkTokenType(jwt.tokenType, type);
    // The schema has checked that the claims are a C. Without a schema, C is any claims.
    return jwt as unknown as JWT<C>;
  }

  /**
   * Whether `verify` accepts a token of either type.
   * @throws `JWKSClientError` or `SessionStoreError` if keys or sessions are unavailable, and
   * `MissingSignerError` before `init`.
   * @throws `TypeError` for options, which only `verify` has.
   * @example
   * ```ts
   * const { signed } = await auth.refreshToken("ann");
   * const isValid = await auth.verifyToken(signed);
   * ```
   */
  async verifyToken(token: string | JWT): Promise<boolean> {
    checkNoOptions("verifyToken", arguments, "Call verify(token, { type }) to check the type");
    try {
      await this.verify(textOf(token), { type: "any" });
      return true;
    } catch (error) {
      if (isTokenError(error)) return false;
      throw error;
    }
  }

  /**
   * Begins a session. Returns both tokens, and the seconds that each of them lives. Check the
   * password before.
   * @throws `AuthError` with `TOKEN_REVOKED` if `authorize` returns `null`, and with
   * `STORE_UNAVAILABLE` if the session store or `authorize` is unavailable.
   * @throws `MissingConfigError` without the option `sessions`.
   * @throws `TypeError`, `InvalidTokenError` or `MissingSignerError` for the same reasons as
   * `authToken`.
   * @example
   * ```ts
   * const { authToken, refreshToken } = await auth.login("ann", { scope: { admin: true } });
   * ```
   */
  login(subject: string | number, options: LoginOptions<C> = {}): Promise<TokenPair> {
    return this.#refusing(async () => {
      checkLoginOptions(options);
      return (await this.#services.open().sessions.login(subject, options)).pair;
    });
  }

  /**
   * Exchanges the refresh token of a session for new tokens. Within `refreshGrace` seconds, a
   * second call with the previous refresh token gets the same next token. After that, a second call
   * ends the session (`TOKEN_REUSED`). After `STORE_UNAVAILABLE` the token stays valid.
   * @throws `AuthError` with the reason of the token, or with `STORE_UNAVAILABLE`.
   * @throws `TypeError` if the session store, or its client, is used wrongly.
   * @throws `MissingConfigError` without the option `sessions`.
   * @see RFC 9700, section 4.14
   * @example
   * ```ts
   * const first = await auth.login("ann");
   * const next = await auth.refresh(first.refreshToken);
   * ```
   */
  refresh(refreshToken: string | JWT): Promise<TokenPair> {
    return this.#refusing(async () => (await this.#services.open().sessions.refresh(textOf(refreshToken))).pair);
  }

  /**
   * Ends the session of a token (an expired one too), one session by its id, or all sessions of a
   * subject. Succeeds also if the session has already ended.
   * @throws `AuthError` for an invalid token, a token without a session, or `STORE_UNAVAILABLE`.
   * @throws `TypeError` for any other argument, and if the session store is used wrongly.
   * @throws `MissingConfigError` without the option `sessions`.
   * @see RFC 7009
   * @example
   * ```ts
   * await auth.revoke({ subject: "ann" });
   * ```
   */
  revoke(target: RevokeTarget): Promise<void> {
    return this.#refusing(async () => {
      const isToken = typeof target === "object" && target !== null && "token" in target;
      return this.#services.open().sessions.revoke(isToken ? { ...target, token: textOf(target.token) } : target);
    });
  }

  /**
   * Lists the sessions of a subject, the earliest first.
   * @throws `AuthError` with `STORE_UNAVAILABLE` if the session store is unavailable.
   * @throws `TypeError` for an invalid subject, and if the session store is used wrongly.
   * @throws `MissingConfigError` without the option `sessions`.
   * @example
   * ```ts
   * for (const { id, label } of await auth.sessions("ann")) console.log(id, label);
   * ```
   */
  sessions(subject: string | number): Promise<SessionInfo[]> {
    return this.#refusing(async () => this.#services.open().sessions.list(subject));
  }

  /**
   * Creates the `RequestAuth` of a server-side caller, a job, a server action or a test. It
   * verifies the token at the first use.
   * @throws `TypeError` for an argument that is not a request, such as the token or the headers
   *   themselves: it would be anonymous.
   * @example
   * ```ts
   * const { signed } = await auth.authToken("ann");
   * const caller = router.createCaller({ auth: auth.forRequest({ token: signed }) });
   * ```
   */
  forRequest(input: RequestInput = {}): RequestAuth<C> {
    checkRequestInput(input);
    const { token, headers, method, setCookie } = input;
    const extra = {
      token: token === undefined ? undefined : textOf(token),
      response: setCookie && cookieWriter(setCookie),
      responseRemedy: 'Pass setCookie to forRequest, or pass deliver: "body"',
    };
    return this["~open"](readRequest({ headers, method }, extra));
  }

  /**
   * The public key set: the keys that verify now or later. It never contains a private key or a
   * secret.
   * @throws `JWKSClientError` if a loader of keys fails, and `MissingSignerError` before `init`.
   * @see RFC 7517, section 5
   * @example
   * ```ts
   * const { keys } = await auth.jwks();
   * ```
   */
  async jwks(): Promise<JSONWebKeySet> {
    return { keys: (await this["~publish"]()).keys };
  }

  /**
   * Stops a key from signing and verifying in this process. Its tokens are rejected
   * (`SIGNATURE_INVALID`) at their next use. To retire it in every process, remove it from `keys`
   * too. The `kid` of a single key is its thumbprint, as in `jwks`.
   * @throws `TypeError` if no key has this `kid` now. A key with this `kid` that a loader brings
   *   later is still retired.
   * @throws `JWKSClientError` if a loader of keys fails, and `MissingSignerError` before `init`.
   * @example
   * ```ts
   * await auth.retire("2026-01");
   * ```
   */
  async retire(kid: string): Promise<void> {
    const { own } = this.#services.open().config;
    if (!own) throw new TypeError("The manager has no keys of its own to retire: ask the trusted issuer");
    await own.keys.retire(kid);
  }

  /**
   * Checks a rule like `defineRule`, typed by the claims of this manager.
   * @throws `TypeError` with the path of a wrong key.
   * @example
   * ```ts
   * const admin = auth.rule({ scope: { admin: true } });
   * ```
   */
  rule<const R extends Rule<C>>(rule: ExactRule<R, C>): R {
    // A rule for some claims is a rule for any claims, which the compiler cannot infer through R.
    return defineRule(rule as Rule) as unknown as R;
  }

  /** @internal For the transports. */
  "~open"(source: RequestSource): RequestAuth<C> {
    return new RequestAuth(this, new RequestGate(source, this.#services));
  }

  /**
   * @internal For `jwksHandler`: the public keys, and the seconds until the first of them retires.
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
    // Not token.sub, which would read the claims from their JSON.
    emit({ type: "issued", subject: String(subject), sid: null, tokens: type });
    return token;
  }

  /** Refusals as the errors that both transports know. */
  #refusing<T>(work: () => Promise<T>): Promise<T> {
    return withErrorContext(work, toRefusal);
  }
}

function readVerifyType(options: { readonly type?: TokenType | "any" }): TokenType | "any" {
  checkOptionsObject("verify", options, 'pass { type: "refresh" }');
  checkOptionNames("verify", options, ["type"]);
  const { type = "auth" } = options;
  if (!["auth", "refresh", "any"].includes(type)) throw new TypeError('type must be "auth", "refresh" or "any"');
  return type;
}

function checkRequestInput(input: unknown): void {
  checkOptionsObject("forRequest", input, REQUEST_REMEDY);
  const given = input as { readonly headers?: unknown; readonly get?: unknown };
  const isHeaders = given.headers === undefined && typeof given.get === "function";
  if (isSignedJwt(input) || isHeaders) throw new TypeError(`forRequest takes a request: ${REQUEST_REMEDY}`);
}

const REQUEST_REMEDY = "pass { token } or { headers, method }";

// Accepts a JWT of another copy of this package. Any other value counts as a malformed token.
function textOf(token: unknown): string {
  if (typeof token === "string") return token;
  return isSignedJwt(token) ? token.signed : "";
}

function isSignedJwt(token: unknown): token is JWT {
  return (token as Partial<JWT> | null | undefined)?.isSigned?.() === true;
}
