/** The cookies of one request: reads them for refresh and logout, sets them and clears them. */

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

/** The cookies that a call sets or clears, and the types of their tokens. */
interface Writing {
  readonly types: readonly TokenType[];
  readonly by: "login" | "refresh" | "logout";
  readonly set: readonly CookieToSet[];
}

/** Reads the cookies of a request, and writes the cookies of its response. */
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
   * Returns the distinct tokens of a type in the cookies. If no cookie has a current name, it reads
   * the cookies of former settings. Throws the refusal `CSRF_REJECTED`.
   */
  read(config: ResolvedConfig, type: TokenType): readonly string[] {
    const found = (this.#read[type] ??= this.#different(config, type));
    if (found.length > 0) this.#credentials.assertCookiesCount(config);
    return found;
  }

  /** The tokens of `read` whose payload is readable. Any other text names no session. */
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
   * Chooses the refresh tokens to present, once for all calls of the request. Rejects as
   * `Sessions.choose` does.
   */
  async choose(tokens: readonly string[], sessions: Sessions): Promise<Choice> {
    const mine = (this.#choice ??= sessions.choose(tokens));
    // An outage decides nothing: the next call tries again.
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

  /** Throws for an expired cookie, see `Verifier.checkCookie`. Checks each token once. */
  check(token: string, verifier: Verifier): void {
    if (!this.#checked.has(token)) {
      const outcome = attempt(() => verifier.checkCookie(token));
      this.#checked.set(token, "error" in outcome ? outcome.error : undefined);
    }
    const error = this.#checked.get(token);
    if (error !== undefined) throw error;
  }

  /**
   * Clears the auth cookies of a request without a refresh token, if all of them have expired. No
   * refresh can renew them, and every optional guard would reject them.
   */
  clearExpiredAuth(config: ResolvedConfig): void {
    if (this.#isClearedOfExpired) return;
    this.#isClearedOfExpired = true;
    const tokens = this.read(config, "auth");
    const isOver = (token: string): boolean => isFinal("TOKEN_EXPIRED", token, config);
    if (tokens.length > 0 && tokens.every(isOver)) this.clearEnded(config, tokens);
  }

  /**
   * Ends the sessions of the tokens, each once for all calls of the request. Rejects as `endEach`
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
   * Sets the cookies of the tokens of a session, and clears other cookies of the same names. Throws
   * `CookieError`, and for a refresh as `assertCurrent` does.
   */
  set(config: ResolvedConfig, tokens: SessionTokens, by: "login" | "refresh"): void {
    if (by === "refresh") this.assertCurrent();
    this.#write(config, { types: TYPES, by, set: cookiesOf(config, tokens) });
    if (by === "login") this.#isReplaced = true;
    else this.#isRefreshed = true;
  }

  /**
   * Throws `TOKEN_REVOKED` after a login or a logout of the same request. That call has replaced
   * the session of the cookies, and a refresh must not restore it.
   */
  assertCurrent(): void {
    if (this.#isReplaced) throw refusal("TOKEN_REVOKED");
  }

  /**
   * Marks the session of the cookies as ended, but does not clear the cookies, unless a refresh of
   * this request has set new ones.
   */
  leave(config: ResolvedConfig): void {
    if (this.#isRefreshed) this.clear(config);
    this.#isReplaced = true;
  }

  /** Clears the cookies of the session, for every domain and path that they may have. */
  clear(config: ResolvedConfig): void {
    this.#isReplaced = true;
    this.#credentials.source.response?.forbidStoring();
    this.#write(config, { types: TYPES, by: "logout", set: TYPES.map((type) => clearedCookie(config.cookies, type)) });
  }

  /**
   * Clears the cookies of `tokens`, whose sessions have ended. It keeps the cookies of other
   * sessions and those that this response sets. Does nothing if no cookie can reach the caller.
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
   * Sets cookies. It also clears cookies of former settings, and cookies of the same name with
   * another domain or path. Even a single cookie in the request may be such a cookie. A refresh is
   * frequent, so it clears only the likely domains and paths.
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
    // An attacker may have planted a cookie of a former name with another domain or path.
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
    // A proxy may have rewritten the host, so the browser may know another host name.
    return (this.#sentTo ??= { hosts: [ownHostOf(source), source.host], path: source.path });
  }

  #tokens(name: string | undefined): readonly string[] {
    return this.#credentials.cookieTokens(name);
  }
}

/**
 * The turn of `clearedVariants`, which decides where it begins to clear. A response may lack the
 * room to clear all domains and paths. If an earlier response may have left a cookie, the turn
 * changes each second.
 */
function turnOf(by: "login" | "refresh" | "logout", count: number, now: number): number {
  const second = Math.floor(now);
  const isFirst = count === 1 && (by === "login" || second % 2 === 0);
  return isFirst ? 0 : second;
}

/** The cookies of the tokens of a session. Throws `CookieError` for a token that is too large. */
export function cookiesOf({ cookies }: ResolvedConfig, { pair, remember }: SessionTokens): CookieToSet[] {
  const { authToken, refreshToken, expiresIn, refreshExpiresIn } = pair;
  // The auth cookie outlives its token, so that an expired login is TOKEN_EXPIRED and not
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

/** The session that the payload of a token names; the signature is not checked. */
function sessionIn(token: string): unknown {
  try {
    return readPayload(readCompact(token).payload)["sid"];
  } catch {
    return undefined;
  }
}
