/** The tokens of one request: where they stand in it, verified at most once, judged at every use, and with the rights of their subject laid over them. */
import { applyRights } from "../auth/rights.ts";
import type { Presenter } from "../auth/session-check.ts";
import { checkTokenType, type Verifier } from "../auth/verifier.ts";
import { CookieError, isAuthError, refusal, toRefusal } from "../errors.ts";
import { type Credential, Credentials } from "../exchange/credentials.ts";
import type { RequestSource } from "../exchange/request-source.ts";
import { isTokenError } from "../jwt/errors.ts";
import { compileRule, type Plan } from "../rules/compile.ts";
import type { Services } from "../services.ts";
import type { CheckTokens, SessionTokens } from "../sessions/token-pair.ts";
import type { JWT } from "../tokens/token.ts";
import type { TokenContent } from "../tokens/token-content.ts";
import type { TokenType } from "../tokens/token-type.ts";
import { andThen, isPromise, type MaybePromise } from "../util/maybe-promise.ts";
import { settle, valueOf } from "../util/outcome.ts";
import { attempt, type Memo, once } from "./memo.ts";
import { RequestCookies } from "./request-cookies.ts";

/** A plan for the tokens of each type, from wherever they come. */
export const ANY: Readonly<Record<TokenType, Plan>> = {
  auth: compileRule(),
  refresh: compileRule({ type: "refresh" }),
};

/** Whether a plan asks for the auth token wherever it is, so that where it finds none the request has none. */
export function isOfAnyAuth({ slot }: Plan): boolean {
  return slot === ANY.auth.slot;
}

/** Remembers what was found out about the tokens, while the request lives. Building it verifies nothing and never throws. */
export class RequestTokens implements Presenter {
  readonly #source: RequestSource;
  readonly #services: () => Services;
  /** Whether it is of a connection itself, and not of one of its operations. */
  readonly #isConnection: boolean;
  /** The verifications that have begun on the connection that this is a part of. */
  readonly running: Map<string, Promise<TokenContent>> | undefined;
  /** Verified tokens of the request, or of the connection. */
  #known: Map<string, JWT> | undefined;
  /** Of a connection, for all of its operations: it is opened with one set of headers. */
  #credentials: Credentials | undefined;
  #cookies: RequestCookies | undefined;
  // Made when they are needed: most requests need none of them.
  #verified: Memo<JWT> | undefined;
  #rights: Memo<JWT> | undefined;
  #waiting: (Promise<JWT> | undefined)[] | undefined;
  #rotating: Map<string, Promise<SessionTokens>> | undefined;
  #rotated: Set<string> | undefined;

  /** `connection` has the tokens of the connection that this is an operation of: what was verified on it is known here too. */
  constructor(source: RequestSource, services: () => Services, connection?: RequestTokens) {
    this.#source = source;
    this.#services = services;
    this.#isConnection = source.isConnection && !connection;
    this.#credentials = source.isConnection ? (connection?.credentials ?? new Credentials(source)) : undefined;
    this.#known = source.isConnection ? ((connection ? connection.#known : undefined) ?? new Map()) : undefined;
    this.running = source.isConnection ? (connection?.running ?? new Map()) : undefined;
  }

  /** The tokens of one operation, where this is a connection: its rights are looked up anew, while no signature is checked again. */
  ofOperation(): RequestTokens {
    return this.#isConnection ? new RequestTokens(this.#source, this.#services, this) : this;
  }

  /** The credentials of the request. */
  get credentials(): Credentials {
    return (this.#credentials ??= new Credentials(this.#source));
  }

  /** The cookies that the request brings, and those that its response sets. */
  get cookies(): RequestCookies {
    return (this.#cookies ??= new RequestCookies(this.credentials));
  }

  /** A good token of the plan's type and location, rights laid over it; `null` where there is none and need not be. Throws or rejects with a refusal. */
  find(plan: Plan): MaybePromise<JWT | null> {
    // Whoever comes while it is waited for waits for the same.
    const before = this.#waiting?.[plan.slot];
    if (before) return before;
    const credential = this.credentials.find(plan, this.#services().config);
    if (!credential || (plan.location !== undefined && credential.location !== plan.location)) {
      if (plan.optional) return null;
      throw refusal("TOKEN_MISSING");
    }
    if (credential.location === "cookies") this.#source.response?.forbidStoring();
    const token = this.#trusted(this.#services(), credential, plan.type);
    return isPromise(token) ? this.#wait(plan, token) : token;
  }

  /** The auth token, if something verified it already and it is still good. */
  get knownAuthToken(): JWT | null {
    if (!this.#known?.size) return null;
    const { config, verifier } = this.#services();
    const credential = attempt(() => this.credentials.find(ANY.auth, config));
    const text = "value" in credential ? credential.value?.token : undefined;
    const known = text === undefined ? undefined : this.#known.get(text);
    if (text === undefined || known?.tokenType !== "auth" || !verifier.isGoodNow(known)) return null;
    return config.authorize ? (valueOf(this.#rights?.get(text)) ?? null) : known;
  }

  /** Milliseconds until the first of `tokens` ends, by `exp` (leeway included) or with its key; `undefined` where there is none. */
  expiresInMs(tokens: readonly JWT[]): number | undefined {
    if (tokens.length === 0) return undefined;
    const { verifier } = this.#services();
    const ends = tokens.map((token) => verifier.goodUntil(this.#known?.get(token.signed) ?? token));
    return (Math.min(...ends) - verifier.config.now()) * 1000;
  }

  /**
   * New tokens for a refresh token. A request that presents it twice rotates it once, since the second time is no reuse; and one that was refused is
   * not verified again. Rejects as `Sessions.refresh` does.
   */
  rotate(token: string, check?: CheckTokens): Promise<SessionTokens> {
    // A connection lives for hours, and would remember every token that was ever rotated on it.
    if (this.#isConnection) return this.ofOperation().rotate(token, check);
    const rotating = (this.#rotating ??= new Map());
    const rotated = (this.#rotated ??= new Set());
    const running = rotating.get(token);
    // Tokens too large for the cookies of another call are not too large for this one's answer.
    if (running) return check ? running : running.catch((error: unknown) => this.#rotateAfter(error, token));
    const mine = this.#services()
      .sessions.refresh(token, check)
      .then((tokens) => {
        rotated.add(token);
        return tokens;
      })
      .catch((error: unknown) => {
        // An outage is no decision: the next call asks again.
        if (!isTokenError(error)) rotating.delete(token);
        throw error;
      });
    rotating.set(token, mine);
    return mine;
  }

  #rotateAfter(error: unknown, token: string): Promise<SessionTokens> {
    if (error instanceof CookieError) return this.rotate(token);
    throw error;
  }

  /** Has refresh tokens presented again, since sessions of this request have ended. */
  forgetRotations(): void {
    this.#rotating?.clear();
  }

  /** Whether this request itself has replaced a refresh token, or is just doing so. */
  async wasRotated(token: string): Promise<boolean> {
    await this.#rotating?.get(token)?.catch(() => undefined);
    return this.#rotated?.has(token) === true;
  }

  #wait(plan: Plan, token: Promise<JWT>): Promise<JWT> {
    const waiting = (this.#waiting ??= []);
    const mine = token.finally(() => {
      waiting[plan.slot] = undefined;
    });
    waiting[plan.slot] = mine;
    return mine;
  }

  #trusted({ config, verifier, emit }: Services, credential: Credential, type: TokenType): MaybePromise<JWT> {
    const { token: text } = credential;
    const verified =
      credential.location === "cookies" ? this.#verifyCookie(verifier, credential) : this.#verify(verifier, credential);
    return andThen(verified, (token) => {
      try {
        checkTokenType(token, type);
      } catch (error) {
        throw toRefusal(error);
      }
      const { authorize } = config;
      if (!authorize) return token;
      const ask = (): Promise<JWT> => applyRights(config, authorize, emit, token);
      // A connection outlives what was true when it opened: its rights are remembered by each operation only.
      return this.#isConnection ? ask() : once((this.#rights ??= new Map()), text, ask);
    });
  }

  /** A cookie whose session is found to have ended is cleared, and so is the other one of that session. */
  #verifyCookie(verifier: Verifier, credential: Credential): MaybePromise<JWT> {
    const clearEnded = (error: unknown): unknown => {
      const refused = toRefusal(error);
      // Only the session check says so of a token that `authorize` was not asked about yet.
      const hasEnded =
        isAuthError(refused) && (refused.reason === "TOKEN_REVOKED" || refused.reason === "TOKEN_REUSED");
      if (hasEnded) this.cookies.clearEnded(verifier.config, [credential.token]);
      return error;
    };
    try {
      const verified = this.#verify(verifier, credential);
      if (!isPromise(verified)) return verified;
      return verified.catch((error: unknown) => {
        throw clearEnded(error);
      });
    } catch (error) {
      throw clearEnded(error);
    }
  }

  // A signature is checked once; that the token has not expired, that its key is trusted and that its session stands, at every use.
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
    if (verified !== known) (this.#known ??= new Map()).set(text, verified);
    return verified;
  }

  async #verifyLater(text: string, known: JWT | undefined, verified: Promise<JWT>): Promise<JWT> {
    const memo = known || this.#isConnection ? new Map<string, never>() : (this.#verified ??= new Map());
    const token = await once(memo, text, () => verified);
    if (token !== known) (this.#known ??= new Map()).set(text, token);
    return token;
  }

  /** A refusal is remembered too, but not by a connection, which outlives what was true when it opened, and not of what was good before. */
  #refuse(text: string, known: JWT | undefined, error: unknown): unknown {
    if (!known && !this.#isConnection) (this.#verified ??= new Map()).set(text, { error });
    return error;
  }
}
