/** Verifies own tokens and tokens of trusted issuers: signature, claims, schema and session. */

import type { ResolvedConfig } from "../config/resolve-config.ts";
import { checkExpiry } from "../jwt/claims.ts";
import { InvalidSignatureError } from "../jwt/errors.ts";
import { applyClaimsSchema } from "../tokens/claims-schema.ts";
import { JWT } from "../tokens/token.ts";
import { freezeContent, type Standing, type TokenContent, TokenParts, withClaims } from "../tokens/token-content.ts";
import { checkTokenType, readTokenType, type TokenType } from "../tokens/token-type.ts";
import { isPromise, type MaybePromise, promisesAreShared } from "../util/promises/maybe-promise.ts";
import { NO_SESSIONS, type Presenter, type SessionCheck } from "./session-check.ts";
import { createTokenCache } from "./token-cache.ts";
import { createOwnReader, createReader } from "./token-reader.ts";
import { checkCookieExpiry, checkText } from "./token-text.ts";

/** Verifies tokens. */
export interface Verifier {
  readonly config: ResolvedConfig;
  /**
   * The verified token, synchronously if it is cached. Throws or rejects with a token error, or
   * with `JWKSClientError` or `SessionStoreError`. `request` presents the token.
   */
  verify(token: string, request?: Presenter): MaybePromise<JWT>;
  /**
   * `verify` for a cookie, which browsers keep beyond the `exp` of its token. An expired cookie is
   * rejected without a signature check, because its key may be gone.
   */
  verifyCookie(token: string, request?: Presenter): MaybePromise<JWT>;
  /**
   * Checks a verified token again: `exp`, its key and its session. Synchronous if these are known.
   * Throws or rejects like `verify`.
   */
  confirm(token: JWT, request?: Presenter): MaybePromise<JWT>;
  /**
   * The time until which the token is valid by current knowledge, in seconds: `exp` plus leeway, or
   * the retirement of its key.
   */
  goodUntil(token: JWT): number;
  /** Whether a verified token is still valid by current knowledge. Calls no store and no loader. */
  isGoodNow(token: JWT): boolean;
  /**
   * Checks signature and registered claims of an own token, but not its session. Rejects like
   * `verify`.
   */
  read(token: string, how: ReadOptions): Promise<JWT>;
  /**
   * Throws `ExpiredSignatureError` for a cookie whose `exp` is past, like `verifyCookie`. Accepts
   * any other cookie.
   */
  checkCookie(token: string): void;
}

/** The options of `read`. */
interface ReadOptions {
  readonly type: TokenType | "any";
  readonly ignoreTimes?: boolean;
}

// Idle streams check their token no more often, also with a short sessionCheckTtl.
const MIN_INTERVAL_SECONDS = 1;

/** Creates a verifier with its own token cache. */
export function createVerifier(config: ResolvedConfig, sessions: SessionCheck = NO_SESSIONS): Verifier {
  const readToken = createReader(config);
  const readAtAnyTime = createOwnReader(config, { ignoreTimes: true });
  const readNow = createOwnReader(config);

  const withSchema = (content: TokenContent): TokenContent =>
    config.claimsSchema
      ? withClaims(content, applyClaimsSchema(config.claimsSchema, freezeContent(content).claims))
      : content;

  const verifyFresh = (token: string): MaybePromise<TokenContent> => {
    const content = readToken(token);
    return isPromise(content) ? confirmRead(token, content) : withSchema(content);
  };

  // Apart, because V8 allocates the context of a closure when the outer function begins.
  const confirmRead = async (token: string, reading: Promise<TokenContent>): Promise<TokenContent> => {
    const content = await reading;
    if (await holdsStill(content)) return withSchema(content);
    // The key has retired or changed during the wait. One retry is enough: a key set that changes
    // at each use must not cause a loop.
    const again = await readToken(token);
    if (await holdsStill(again)) return withSchema(again);
    throw new InvalidSignatureError("The key of the token is not trusted any more");
  };

  const cache = createTokenCache(config.cacheMax, verifyFresh);

  const verifyOnce = (token: string, request?: Presenter, key = cache?.keyOf(token)): MaybePromise<TokenContent> => {
    if (cache && key !== undefined) return cache.fill(key, token);
    return request?.running ? share(request.running, token, verifyFresh) : verifyFresh(token);
  };

  /** Checks the facts that can change. Verifies the token again if its key has changed. */
  const confirmContent = (token: string, content: TokenContent, request?: Presenter): MaybePromise<TokenContent> => {
    checkExpiry(content.claims, config.now(), config.leeway);
    const holds = holdsStill(content);
    if (holds === true) return content;
    // Another key with the same kid has not verified this token.
    return holds === false ? verifyOnce(token, request) : confirmLater(holds, token, content, request);
  };

  const confirmLater = async (
    holds: Promise<boolean>,
    token: string,
    content: TokenContent,
    request?: Presenter,
  ): Promise<TokenContent> => ((await holds) ? content : verifyOnce(token, request));

  // Last, so that an invalid token causes no call of the store.
  const withSession = (token: JWT, request: Presenter | undefined): MaybePromise<JWT> => {
    const checked = sessions.check(token, request);
    return isPromise(checked) ? whenStanding(checked, token) : token;
  };

  const makeLater = async (
    content: Promise<TokenContent>,
    signed: string,
    request: Presenter | undefined,
    before?: JWT,
  ): Promise<JWT> => {
    const found = await content;
    return withSession(before?.["~content"] === found ? before : makeJwt(signed, found), request);
  };

  const verify = (token: string, request: Presenter | undefined, isCookie: boolean): MaybePromise<JWT> => {
    checkText(token, config);
    const key = cache?.keyOf(token);
    const known = key === undefined ? undefined : cache?.get(key);
    if (!known && isCookie) checkCookieExpiry(token, config);
    const content = known ? confirmContent(token, known, request) : verifyOnce(token, request, key);
    return isPromise(content) ? makeLater(content, token, request) : withSession(makeJwt(token, content), request);
  };

  return {
    config,
    confirm(token, request) {
      const before = token["~content"];
      const { signed } = token;
      // Verify a token that was only read before.
      const content = before?.standing ? confirmContent(signed, before, request) : verifyOnce(signed, request);
      if (isPromise(content)) return makeLater(content, signed, request, token);
      return withSession(content === before ? token : makeJwt(signed, content), request);
    },
    verify: (token, request) => verify(token, request, false),
    verifyCookie: (token, request) => verify(token, request, true),
    goodUntil(token) {
      const standing = token["~content"]?.standing;
      const ends = Math.min(token.exp + config.leeway, standing ? retirementOf(standing) : Number.POSITIVE_INFINITY);
      return Math.min(ends, config.now() + Math.max(sessions.interval, MIN_INTERVAL_SECONDS));
    },
    isGoodNow(token) {
      if (token.exp + config.leeway <= config.now() || sessions.isKnownToHaveEnded(token)) return false;
      const standing = token["~content"]?.standing;
      return standing === undefined || holdsNow(standing);
    },
    async read(token, { type, ignoreTimes = false }) {
      checkText(token, config);
      const jwt = makeJwt(token, await (ignoreTimes ? readAtAnyTime : readNow)(token));
      checkTokenType(jwt.tokenType, type);
      return jwt;
    },
    checkCookie: (token) => checkCookieExpiry(token, config),
  };
}

function share(
  running: Map<string, Promise<TokenContent>>,
  token: string,
  verify: (token: string) => MaybePromise<TokenContent>,
): MaybePromise<TokenContent> {
  const before = promisesAreShared() ? running.get(token) : undefined;
  if (before) return before;
  const mine = verify(token);
  if (!isPromise(mine)) return mine;
  const forget = (): void => void running.delete(token);
  running.set(token, mine);
  mine.then(forget, forget);
  return mine;
}

async function whenStanding(checked: Promise<void>, token: JWT): Promise<JWT> {
  await checked;
  return token;
}

function makeJwt(token: string, content: TokenContent): JWT {
  return new JWT(readTokenType(content.claims), new TokenParts(token, content));
}

/** Whether the key that verified the token is still trusted. */
function holdsStill({ standing }: TokenContent): MaybePromise<boolean> {
  if (!standing) return false;
  const { keys, key } = standing;
  const set = keys.current();
  return isPromise(set) ? set.then((found) => found.holds(key)) : set.holds(key);
}

function holdsNow({ keys, key }: Standing): boolean {
  try {
    const set = keys.current();
    if (!isPromise(set)) return set.holds(key);
    set.catch(() => undefined);
  } catch {
    // Without keys, the token is not known to be valid.
  }
  return false;
}

function retirementOf({ keys, key }: Standing): number {
  try {
    const set = keys.current();
    if (!isPromise(set)) return set.retiresAt(key) ?? Number.POSITIVE_INFINITY;
    set.catch(() => undefined);
  } catch {
    // The next use of the token reports unavailable keys.
  }
  return Number.POSITIVE_INFINITY;
}
