/** The tokens of one request: found and verified once, rechecked at each use, with their rights. */
import { applyRights } from "../auth/ask-authorize.ts";
import type { Presenter } from "../auth/session-check.ts";
import type { Verifier } from "../auth/verifier.ts";
import type { Authorize } from "../config/authorize-options.ts";
import { isAuthError, refusal, toRefusal } from "../errors.ts";
import { type Credential, Credentials } from "../exchange/credentials.ts";
import type { RequestSource } from "../exchange/request-source.ts";
import { compileRule, type Plan } from "../rules/compile.ts";
import type { LazyServices, Services } from "../services.ts";
import type { JWT } from "../tokens/token.ts";
import type { TokenContent } from "../tokens/token-content.ts";
import { checkTokenType, type TokenType } from "../tokens/token-type.ts";
import { andThen, isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { inNextMicrotask } from "../util/promises/microtask.ts";
import { settle, valueOf } from "../util/promises/outcome.ts";
import { KnownTokens } from "./known-tokens.ts";
import { attempt, type Memo, once } from "./memo.ts";
import { RequestCookies } from "./request-cookies.ts";
import { Rotations } from "./rotations.ts";

/** A plan for the tokens of each type, in any location. */
const ANY: Readonly<Record<TokenType, Plan>> = {
  auth: /* @__PURE__ */ compileRule(),
  refresh: /* @__PURE__ */ compileRule({ type: "refresh" }),
};

/** Whether a plan looks for the auth token in every location of the request. */
export function isOfAnyAuth({ slot }: Plan): boolean {
  return slot === ANY.auth.slot;
}

/**
 * Finds and verifies the tokens of one request, and remembers the results. Its construction never
 * throws and verifies nothing.
 */
export class RequestTokens implements Presenter {
  readonly #source: RequestSource;
  readonly #services: LazyServices;
  /** Whether these are the tokens of a connection itself, and not of one of its operations. */
  readonly #isConnection: boolean;
  /** The pending verifications of the connection, if there is one. */
  readonly running: Map<string, Promise<TokenContent>> | undefined;
  /** Verified tokens of the request, or of the connection. */
  #known: KnownTokens | undefined;
  /** Set for a connection: all its operations share the headers that opened it. */
  #credentials: Credentials | undefined;
  #cookies: RequestCookies | undefined;
  // Created at their first use: most requests need neither.
  #verified: Memo<JWT> | undefined;
  #rights: Memo<JWT> | undefined;
  /**
   * The microtask cache, by slot: a pending promise, which later calls share, or a valid token
   * until the next microtask. No other code can run in between.
   */
  #current: (MaybePromise<JWT> | undefined)[] | undefined;
  #isMoment = false;
  #rotations: Rotations | undefined;

  /** An operation of a `connection` shares its credentials and its verified tokens. */
  constructor(source: RequestSource, services: LazyServices, connection?: RequestTokens) {
    this.#source = source;
    this.#services = services;
    this.#isConnection = source.isConnection && !connection;
    this.#credentials = source.isConnection ? (connection?.credentials ?? new Credentials(source)) : undefined;
    this.#known = source.isConnection ? ((connection ? connection.#known : undefined) ?? new KnownTokens()) : undefined;
    this.running = source.isConnection ? (connection?.running ?? new Map()) : undefined;
  }

  /**
   * The tokens of one operation of a connection. The operation looks up the rights again, but does
   * not verify the signature again.
   */
  ofOperation(): RequestTokens {
    return this.#isConnection ? new RequestTokens(this.#source, this.#services, this) : this;
  }

  /** The credentials of the request. */
  get credentials(): Credentials {
    return (this.#credentials ??= new Credentials(this.#source));
  }

  /** The cookies of the request and of its response. */
  get cookies(): RequestCookies {
    return (this.#cookies ??= new RequestCookies(this.credentials));
  }

  /**
   * Returns a valid token of the type and location of the plan, with its rights. Returns `null` for
   * an optional plan and a request without a token. Throws or rejects with a refusal.
   */
  find(plan: Plan): MaybePromise<JWT | null> {
    const known = this.#current?.[plan.slot];
    if (known) return known;
    const credential = this.credentials.find(plan, this.#services.open().config);
    if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
      if (plan.optional) return null;
      throw refusal("TOKEN_MISSING");
    }
    if (credential.location === "cookies") this.#source.response?.forbidStoring();
    const token = this.#trusted(this.#services.open(), credential, plan.type);
    return isPromise(token) ? this.#wait(plan, token) : this.#keep(plan, token);
  }

  /** Clears the microtask cache, so that the next use checks the tokens again. */
  endMoment(): void {
    if (!this.#isMoment) return;
    this.#isMoment = false;
    const current = this.#current ?? [];
    for (let slot = 0; slot < current.length; slot++) {
      const one = current[slot];
      if (one && !isPromise(one)) current[slot] = undefined;
    }
  }

  /** The auth token if it is already verified and still valid, otherwise `null`. */
  get knownAuthToken(): JWT | null {
    const current = this.#current?.[ANY.auth.slot];
    if (current && !isPromise(current)) return current;
    if (!this.#known || this.#known.isEmpty) return null;
    const { config, verifier } = this.#services.open();
    const credential = attempt(() => this.credentials.find(ANY.auth, config));
    const text = "value" in credential ? credential.value?.token : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (text === undefined || known?.tokenType !== "auth" || !verifier.isGoodNow(known)) return null;
    return config.authorize ? (valueOf(this.#rights?.get(text)) ?? null) : known;
  }

  /**
   * Milliseconds until the first of `tokens` must be rechecked: its `exp` (leeway included), the
   * retirement of its key, or the next check of its session. `undefined` for an empty list.
   */
  expiresInMs(tokens: readonly JWT[]): number | undefined {
    if (tokens.length === 0) return undefined;
    const { verifier } = this.#services.open();
    const ends = tokens.map((token) => verifier.goodUntil(this.#known?.get(token.signed) ?? token));
    return (Math.min(...ends) - verifier.config.now()) * 1000;
  }

  /**
   * The rotations of the request. On a connection each call gets new ones, because a connection
   * lives for hours and would remember every rotated token.
   */
  rotations(): Rotations {
    return this.#isConnection ? new Rotations(this.#services) : (this.#rotations ??= new Rotations(this.#services));
  }

  /** Whether this request has rotated a refresh token, or is rotating it now. */
  async wasRotated(token: string): Promise<boolean> {
    return this.#rotations?.has(token) ?? false;
  }

  #wait(plan: Plan, token: Promise<JWT>): Promise<JWT> {
    const mine = token.then(
      (found) => this.#keep(plan, found),
      (error: unknown) => {
        if (this.#current?.[plan.slot] === mine) this.#current[plan.slot] = undefined;
        throw error;
      },
    );
    (this.#current ??= [])[plan.slot] = mine;
    return mine;
  }

  #keep(plan: Plan, token: JWT): JWT {
    (this.#current ??= [])[plan.slot] = token;
    if (!this.#isMoment) {
      this.#isMoment = true;
      inNextMicrotask(() => this.endMoment());
    }
    return token;
  }

  #trusted(services: Services, credential: Credential, type: TokenType): MaybePromise<JWT> {
    const { verifier } = services;
    const verified =
      credential.location === "cookies" ? this.#verifyCookie(verifier, credential) : this.#verify(verifier, credential);
    return isPromise(verified)
      ? this.#admitLater(services, verified, credential.token, type)
      : this.#admit(services, verified, credential.token, type);
  }

  // A separate function, because V8 allocates the context of a closure on entry to the function
  // around it.
  #admitLater(services: Services, verified: Promise<JWT>, text: string, type: TokenType): Promise<JWT> {
    return verified.then((token) => this.#admit(services, token, text, type));
  }

  #admit(services: Services, token: JWT, text: string, type: TokenType): MaybePromise<JWT> {
    try {
      checkTokenType(token.tokenType, type);
    } catch (error) {
      throw toRefusal(error);
    }
    return services.config.authorize ? this.#withRights(services, services.config.authorize, token, text) : token;
  }

  #withRights({ config, emit }: Services, authorize: Authorize, token: JWT, text: string): MaybePromise<JWT> {
    const ask = (): Promise<JWT> => applyRights(config, authorize, emit, token);
    // A connection may outlive the rights of its subject, so only its operations remember rights.
    return this.#isConnection ? ask() : once((this.#rights ??= new Map()), text, ask);
  }

  /**
   * Verifies a cookie. If its session has ended, the response clears both cookies of the session.
   */
  #verifyCookie(verifier: Verifier, credential: Credential): MaybePromise<JWT> {
    let verified: MaybePromise<JWT>;
    try {
      verified = this.#verify(verifier, credential);
    } catch (error) {
      throw this.#clearEnded(verifier, credential, error);
    }
    return isPromise(verified) ? this.#verifyCookieLater(verifier, credential, verified) : verified;
  }

  #verifyCookieLater(verifier: Verifier, credential: Credential, verified: Promise<JWT>): Promise<JWT> {
    return verified.catch((error: unknown) => {
      throw this.#clearEnded(verifier, credential, error);
    });
  }

  #clearEnded({ config }: Verifier, { token }: Credential, error: unknown): unknown {
    const refused = toRefusal(error);
    // These reasons come from the session check here, because `authorize` runs later.
    const hasEnded = isAuthError(refused) && (refused.reason === "TOKEN_REVOKED" || refused.reason === "TOKEN_REUSED");
    if (hasEnded) this.cookies.clearEnded(config, [token]);
    return error;
  }

  // Checks the signature once; the expiry, the key and the session at each use.
  #verify(verifier: Verifier, { token: text, location }: Credential): MaybePromise<JWT> {
    const known = this.#known?.get(text);
    const before = known ? undefined : this.#verified?.get(text);
    if (before) return andThen(before, settle);
    let verified: MaybePromise<JWT>;
    try {
      if (known) verified = verifier.confirm(known, this);
      else verified = location === "cookies" ? verifier.verifyCookie(text, this) : verifier.verify(text, this);
    } catch (error) {
      throw this.#refuse(text, known, toRefusal(error));
    }
    if (isPromise(verified)) return this.#verifyLater(text, known, verified);
    if (verified !== known) (this.#known ??= new KnownTokens()).set(text, verified);
    return verified;
  }

  async #verifyLater(text: string, known: JWT | undefined, verified: Promise<JWT>): Promise<JWT> {
    const memo = known || this.#isConnection ? new Map<string, never>() : (this.#verified ??= new Map());
    const token = await once(memo, text, () => verified);
    if (token !== known) (this.#known ??= new KnownTokens()).set(text, token);
    return token;
  }

  /** Remembers a refusal, except on a connection and for a token that was valid before. */
  #refuse(text: string, known: JWT | undefined, error: unknown): unknown {
    if (!known && !this.#isConnection) (this.#verified ??= new Map()).set(text, { error });
    return error;
  }
}
