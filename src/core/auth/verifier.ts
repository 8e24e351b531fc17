/** Verifies tokens, the manager's own and those of trusted issuers: signature, registered claims, the user's schema. */

import type { ResolvedConfig } from "../config/resolve-config.ts";
import { checkExpiry } from "../jwt/claims.ts";
import { InvalidSignatureError } from "../jwt/errors.ts";
import { applyClaimsSchema } from "../tokens/claims-schema.ts";
import { JWT } from "../tokens/token.ts";
import { freezeContent, type Standing, type TokenContent, TokenParts, withClaims } from "../tokens/token-content.ts";
import { checkTokenType, readTokenType, type TokenType } from "../tokens/token-type.ts";
import { isPromise, type MaybePromise, promisesAreShared } from "../util/maybe-promise.ts";
import { NO_SESSIONS, type Presenter, type SessionCheck } from "./session-check.ts";
import { createTokenCache } from "./token-cache.ts";
import { createOwnReader, createReader } from "./token-reader.ts";
import { checkCookieExpiry, checkText } from "./token-text.ts";

/** Says whether a token is good. */
export interface Verifier {
  readonly config: ResolvedConfig;
  /**
   * The verified token, at once where all of it is remembered. Throws or rejects with a token
   * error, or with `JWKSClientError` or `SessionStoreError`. `request` is the one that presents it.
   */
  verify(token: string, request?: Presenter): MaybePromise<JWT>;
  /**
   * `verify` for a cookie, which browsers keep beyond its token's `exp`: then it has expired,
   * whatever its signature. To refuse it needs none, and its key may have been rotated away.
   */
  verifyCookie(token: string, request?: Presenter): MaybePromise<JWT>;
  /**
   * A token that was verified before, as far as it is good still: `exp`, its key and its session.
   * At once where these are known. Throws or rejects as `verify` does.
   */
  confirm(token: JWT, request?: Presenter): MaybePromise<JWT>;
  /**
   * When the token ends by what is known now, in seconds: `exp`, leeway included, or its key's
   * retirement.
   */
  goodUntil(token: JWT): number;
  /**
   * Whether a token that was verified before is good by what is known now, without asking anybody.
   */
  isGoodNow(token: JWT): boolean;
  /**
   * A token of the manager's own: signature and registered claims, `exp` only where it is not
   * ignored, and nothing of its session. Rejects as `verify` does.
   */
  read(token: string, how: ReadOptions): Promise<JWT>;
  /**
   * Throws `ExpiredSignatureError` for a cookie whose `exp` is past, as `verifyCookie` does, and
   * says nothing of any other.
   */
  checkCookie(token: string): void;
}

/** How a token is read. */
interface ReadOptions {
  readonly type: TokenType | "any";
  readonly ignoreTimes?: boolean;
}

// Idle streams are asked about no more often, however short the memory of sessions is.
const MIN_INTERVAL_SECONDS = 1;

/** A verifier with a token cache of its own. */
export function createVerifier(config: ResolvedConfig, sessions: SessionCheck = NO_SESSIONS): Verifier {
  const cache = createTokenCache(config.cacheMax);
  const readToken = createReader(config);
  const readAtAnyTime = createOwnReader(config, { ignoreTimes: true });
  const readNow = createOwnReader(config);

  const verifyFresh = async (token: string): Promise<TokenContent> => {
    let content = await readToken(token);
    // Its key may have retired, or been exchanged, while it was verified with. A set that changes
    // each time it is asked for ends this, too.
    let holds = holdsStill(content);
    if (holds !== true && !(await holds)) {
      content = await readToken(token);
      holds = holdsStill(content);
      if (!(await holds)) throw new InvalidSignatureError("The key of the token is not trusted any more");
    }
    if (!config.claimsSchema) return content;
    return withClaims(content, applyClaimsSchema(config.claimsSchema, freezeContent(content).claims));
  };

  const verifyOnce = (token: string, request?: Presenter, key = cache?.keyOf(token)): Promise<TokenContent> => {
    if (cache && key !== undefined) return cache.fill(key, () => verifyFresh(token));
    return request?.running ? share(request.running, token, verifyFresh) : verifyFresh(token);
  };

  /**
   * The content, if what can change about a token has not; verified anew where its key has been
   * exchanged.
   */
  const confirmContent = (token: string, content: TokenContent, request?: Presenter): MaybePromise<TokenContent> => {
    checkExpiry(content.claims, config.now(), config.leeway);
    const holds = holdsStill(content);
    if (holds === true) return content;
    // A key that was exchanged for another of the same name is not the one that was verified with.
    return holds === false ? verifyOnce(token, request) : confirmLater(holds, token, content, request);
  };

  // A function of its own, as all that make closures are: V8 makes room for what a closure holds on
  // the way into the function around it.
  const confirmLater = async (
    holds: Promise<boolean>,
    token: string,
    content: TokenContent,
    request?: Presenter,
  ): Promise<TokenContent> => ((await holds) ? content : verifyOnce(token, request));

  // Last of all: a token that is bad in itself is not worth a question to the store.
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
      // What was never verified, as a token that was only read, is verified now.
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
  verify: (token: string) => Promise<TokenContent>,
): Promise<TokenContent> {
  const before = promisesAreShared() ? running.get(token) : undefined;
  if (before) return before;
  const mine = verify(token);
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

/** Whether the key that was verified with is trusted still. */
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
    // Keys that are out of reach vouch for nobody.
  }
  return false;
}

function retirementOf({ keys, key }: Standing): number {
  try {
    const set = keys.current();
    if (!isPromise(set)) return set.retiresAt(key) ?? Number.POSITIVE_INFINITY;
    set.catch(() => undefined);
  } catch {
    // Keys that are out of reach are found out at the next use.
  }
  return Number.POSITIVE_INFINITY;
}
