/** The cookies of one request: those that refresh and logout read, and those that its response sets and clears. */

import { isFinal } from "../auth/token-text.ts";
import type { Verifier } from "../auth/verifier.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { refusal } from "../errors.ts";
import { clearedVariants, roomBeside, type SentTo } from "../exchange/cleared-cookies.ts";
import { type CookieToSet, clearedCookie, clearedFormer, cookieFor } from "../exchange/cookies.ts";
import type { Credentials } from "../exchange/credentials.ts";
import { ownHostOf } from "../exchange/csrf.ts";
import { readCompact, readPayload } from "../jwt/compact.ts";
import { isKeysError } from "../jwt/errors.ts";
import type { Choice } from "../sessions/choice.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { SessionTokens } from "../sessions/token-pair.ts";
import { isStoreError } from "../stores/store-error.ts";
import type { TokenType } from "../tokens/token-type.ts";
import { attempt } from "./memo.ts";

const TYPES = ["auth", "refresh"] as const;

/** The cookies that a call sets, and the types of token that it is about. */
interface Writing {
  readonly types: readonly TokenType[];
  readonly by: "login" | "refresh" | "logout";
  readonly set: readonly CookieToSet[];
}

/** Reads the cookies of a request, and writes those of its response. */
export class RequestCookies {
  readonly #credentials: Credentials;
  readonly #read: { [T in TokenType]?: readonly string[] } = {};
  readonly #readable: { [T in TokenType]?: readonly string[] } = {};
  readonly #clearedFor: Set<string> = new Set();
  readonly #ending: Map<string, Promise<void>> = new Map();
  readonly #checked: Map<string, unknown> = new Map();
  #choice: Promise<Choice> | undefined;
  #isClearedOfExpired = false;
  #sentTo: SentTo | undefined;
  #isReplaced = false;
  #isRefreshed = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /**
   * The different tokens of a type that the request's cookies bring; where none of today's cookies
   * is there, those of former settings that are still read. Throws a refusal: `CSRF_REJECTED`.
   */
  read(config: ResolvedConfig, type: TokenType): readonly string[] {
    const found = (this.#read[type] ??= this.#different(config, type));
    if (found.length > 0) this.#credentials.assertCookiesCount(config);
    return found;
  }

  /**
   * Those of `read` that are tokens as far as they can be read without their key: of any other no
   * session can be ended.
   */
  readable(config: ResolvedConfig, type: TokenType): readonly string[] {
    return (this.#readable[type] ??= this.read(config, type).filter(isReadable));
  }

  #different(config: ResolvedConfig, type: TokenType): readonly string[] {
    const { names, former } = config.cookies;
    const isOfToday = TYPES.some((one) => this.#tokens(names[one]).length > 0);
    const found = isOfToday
      ? this.#tokens(names[type])
      : former.filter(({ until }) => config.now() < until).flatMap((entry) => this.#tokens(entry.names[type]));
    return [...new Set(found)];
  }

  /**
   * Those of the request's refresh tokens that are to be presented, asked once for all of its
   * calls. Rejects as `Sessions.choose` does.
   */
  async choose(tokens: readonly string[], sessions: Sessions): Promise<Choice> {
    const mine = (this.#choice ??= sessions.choose(tokens));
    // An outage is no decision: the next call asks again.
    const forget = (error: unknown): void => {
      if (this.#choice === mine && (isStoreError(error) || isKeysError(error))) this.#choice = undefined;
    };
    const choice = await mine.catch((error: unknown) => {
      forget(error);
      throw error;
    });
    if ("error" in choice) forget(choice.error);
    return choice;
  }

  /** Throws for a cookie that has expired, which is read once: see `Verifier.checkCookie`. */
  check(token: string, verifier: Verifier): void {
    if (!this.#checked.has(token)) {
      const outcome = attempt(() => verifier.checkCookie(token));
      this.#checked.set(token, "error" in outcome ? outcome.error : undefined);
    }
    const error = this.#checked.get(token);
    if (error !== undefined) throw error;
  }

  /**
   * Clears auth cookies that have expired where no refresh token stands beside them: no refresh can
   * renew them, and every optional guard would reject them.
   */
  clearExpiredAuth(config: ResolvedConfig): void {
    if (this.#isClearedOfExpired) return;
    this.#isClearedOfExpired = true;
    const tokens = this.read(config, "auth");
    const isOver = (token: string): boolean => isFinal("TOKEN_EXPIRED", token, config);
    if (tokens.length > 0 && tokens.every(isOver)) this.clearEnded(config, tokens);
  }

  /**
   * Ends the sessions of the request's tokens, each once for all of its calls. Rejects as `endEach`
   * does.
   */
  async end(tokens: readonly string[], sessions: Sessions): Promise<void> {
    const ending = this.#ending;
    const left = tokens.filter((token) => !ending.has(token));
    if (left.length > 0) {
      const mine = sessions.endEach(left).catch((error: unknown) => {
        for (const token of left) ending.delete(token);
        throw error;
      });
      for (const token of left) ending.set(token, mine);
    }
    await Promise.all(tokens.flatMap((token) => ending.get(token) ?? []));
  }

  /**
   * Sets the cookies of a session's tokens, and clears those that would stand beside them. Throws
   * `CookieError`, and for a refresh as `assertCurrent` does.
   */
  set(config: ResolvedConfig, tokens: SessionTokens, by: "login" | "refresh"): void {
    if (by === "refresh") this.assertCurrent();
    this.#write(config, { types: TYPES, by, set: cookiesOf(config, tokens) });
    if (by === "login") this.#isReplaced = true;
    else this.#isRefreshed = true;
  }

  /**
   * Throws `TOKEN_REVOKED` where a login or a logout of the same request has replaced the session
   * of its cookies: no refresh brings it back.
   */
  assertCurrent(): void {
    if (this.#isReplaced) throw refusal("TOKEN_REVOKED");
  }

  /**
   * The session of the request's cookies was ended, which leaves the cookies alone: but not those
   * that a refresh of this request sets for it.
   */
  leave(config: ResolvedConfig): void {
    if (this.#isRefreshed) this.clear(config);
    this.#isReplaced = true;
  }

  /** Clears the session's cookies, wherever they may be. */
  clear(config: ResolvedConfig): void {
    this.#isReplaced = true;
    this.#credentials.source.response?.forbidStoring();
    this.#write(config, { types: TYPES, by: "logout", set: TYPES.map((type) => clearedCookie(config.cookies, type)) });
  }

  /**
   * Clears the cookies of sessions that have ended, to which `tokens` belong: not those of another
   * session, and not those that this response sets itself. Does nothing where no cookie reaches the
   * caller.
   */
  clearEnded(config: ResolvedConfig, tokens: readonly string[]): void {
    const { response } = this.#credentials.source;
    const { cookies } = config;
    if (tokens.every((token) => this.#clearedFor.has(token))) return;
    if (!response || response.whyNoCookies() !== undefined) return;
    for (const token of tokens) this.#clearedFor.add(token);
    const [texts, sessions] = [new Set(tokens), new Set(tokens.map(sessionIn))];
    sessions.delete(undefined);
    const hasEnded = (token: string): boolean => texts.has(token) || sessions.has(sessionIn(token));
    const types = TYPES.filter((type) => {
      const name = cookies.names[type];
      return name !== undefined && this.#tokens(name).every(hasEnded) && !response.setsCookie(name);
    });
    response.forbidStoring();
    this.#write(config, { types, by: "logout", set: types.map((type) => clearedCookie(cookies, type)) });
  }

  /**
   * Sets cookies, and clears those beside them: of former settings, and others of a name that the
   * request shows. Where it shows one, that may be another than the one that is written now. A
   * refresh, which comes often, then clears only the places that are most likely.
   */
  #write({ cookies, now }: ResolvedConfig, { types, by, set }: Writing): void {
    const { response } = this.#credentials.source;
    if (!response) return;
    const { names, former } = cookies;
    const where = { sentTo: this.#whereSent(), room: roomBeside(set) };
    const variants = types.flatMap((type) => {
      const name = names[type];
      const count = this.#tokens(name).length;
      if (name === undefined || count === 0) return [];
      const which = count === 1 && by === "refresh" ? "likely" : "all";
      return clearedVariants(name, [cookies.attributes], { ...where, which, turn: turnOf(by, count, now()) });
    });
    // A cookie of a former name may have been planted, with another domain or path than the former
    // setting had.
    const formerNames = new Set(former.flatMap((entry) => [entry.names.auth, entry.names.refresh]));
    const planted = [...formerNames].flatMap((name) => {
      const isShown = name !== names.auth && name !== names.refresh && this.#tokens(name).length > 0;
      if (name === undefined || !isShown) return [];
      const settings = former.filter((entry) => entry.names.auth === name || entry.names.refresh === name);
      const attributes = settings.map((entry) => entry.attributes);
      return clearedVariants(name, attributes, { ...where, which: "likely", turn: 0 });
    });
    response.setCookies([...variants, ...planted, ...clearedFormer(cookies), ...set]);
  }

  #whereSent(): SentTo {
    const { source } = this.#credentials;
    // A proxy may have rewritten the host; the browser knows it by another name.
    return (this.#sentTo ??= { hosts: [ownHostOf(source), source.host], path: source.path });
  }

  #tokens(name: string | undefined): readonly string[] {
    return this.#credentials.cookieTokens(name);
  }
}

/**
 * A number that puts the likeliest of the other places first, or others. They are others in each
 * second where a cookie may be there because an earlier response had no room to clear it: several
 * of a name, or one that a logout has left.
 */
function turnOf(by: "login" | "refresh" | "logout", count: number, now: number): number {
  const second = Math.floor(now);
  const isFirst = count === 1 && (by === "login" || second % 2 === 0);
  return isFirst ? 0 : second;
}

/** The cookies of a session's tokens. Throws `CookieError` where browsers would not take one. */
export function cookiesOf({ cookies }: ResolvedConfig, { pair, remember }: SessionTokens): CookieToSet[] {
  const { authToken, refreshToken, expiresIn, refreshExpiresIn } = pair;
  // The auth cookie outlives its token: a browser that still sends it gets TOKEN_EXPIRED, and not
  // TOKEN_MISSING.
  const lifetimes = { auth: Math.max(expiresIn, refreshExpiresIn), refresh: refreshExpiresIn };
  return [
    cookieFor(cookies, "auth", { value: authToken, maxAge: remember ? lifetimes.auth : undefined }),
    cookieFor(cookies, "refresh", { value: refreshToken, maxAge: remember ? lifetimes.refresh : undefined }),
  ];
}

function isReadable(text: string): boolean {
  return "value" in attempt(() => readPayload(readCompact(text).payload));
}

/** The session that a token's text names, without looking at its signature. */
function sessionIn(token: string): unknown {
  try {
    return readPayload(readCompact(token).payload)["sid"];
  } catch {
    return undefined;
  }
}
