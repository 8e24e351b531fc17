/** Verifies tokens, the manager's own and those of trusted issuers: signature, registered claims, the user's schema. */
import { applyClaimsSchema } from "./claims-schema.ts";
import type { ResolvedConfig } from "./config.ts";
import { toConfigError } from "./config-keys.ts";
import { ALGORITHMS } from "./jwt/algorithms.ts";
import { checkClaims, checkConfirmation, checkExpiry, MAX_ISSUED_AHEAD } from "./jwt/claims.ts";
import { createHeaderReader, type JwtPayload, type ReadHeader, readCompact, readPayload } from "./jwt/compact.ts";
import { type VerifyOptions, verifyWithKeys } from "./jwt/decode.ts";
import {
  InvalidIssuerError,
  InvalidSignatureError,
  InvalidSubjectError,
  InvalidTokenTypeError,
  JWKSClientError,
  MissingRequiredClaimError,
} from "./jwt/errors.ts";
import { deepFreeze } from "./jwt/freeze.ts";
import { andThen, isPromise, type MaybePromise, promisesAreShared } from "./jwt/maybe-promise.ts";
import { NO_SESSIONS, type Presenter, type SessionCheck } from "./session-check.ts";
import {
  contentOf,
  freezeContent,
  JWT,
  readTokenType,
  type Standing,
  type TokenContent,
  TokenParts,
  type TokenType,
  withClaims,
} from "./token.ts";
import { createTokenCache } from "./token-cache.ts";
import { checkCookieExpiry, checkText } from "./token-text.ts";
import type { ForeignIssuer } from "./trust.ts";

/** Says whether a token is good. */
export interface Verifier {
  readonly config: ResolvedConfig;
  /**
   * The verified token, at once where all of it is remembered. Throws or rejects with a token error, or with `JWKSClientError` or
   * `SessionStoreError`. `request` is the one that presents it.
   */
  verify(token: string, request?: Presenter): MaybePromise<JWT>;
  /**
   * `verify` for a cookie, which browsers keep beyond its token's `exp`: then it has expired, whatever its signature. To refuse it needs none,
   * and its key may have been rotated away.
   */
  verifyCookie(token: string, request?: Presenter): MaybePromise<JWT>;
  /**
   * A token that was verified before, as far as it is good still: `exp`, its key and its session. At once where these are known.
   * Throws or rejects as `verify` does.
   */
  confirm(token: JWT, request?: Presenter): MaybePromise<JWT>;
  /** When the token ends by what is known now, in seconds: `exp`, leeway included, or its key's retirement. */
  goodUntil(token: JWT): number;
  /** Whether a token that was verified before is good by what is known now, without asking anybody. */
  isGoodNow(token: JWT): boolean;
  /**
   * A token of the manager's own: signature and registered claims, `exp` only where it is not ignored, and nothing of its session.
   * Rejects as `verify` does.
   */
  read(token: string, how: ReadOptions): Promise<JWT>;
  /** Throws `ExpiredSignatureError` for a cookie whose `exp` is past, as `verifyCookie` does, and says nothing of any other. */
  checkCookie(token: string): void;
}

/** How a token is read. */
export interface ReadOptions {
  readonly type: TokenType | "any";
  readonly ignoreTimes?: boolean;
}

// Idle streams are asked about no more often, however short the memory of sessions is.
const MIN_INTERVAL_SECONDS = 1;
const REQUIRED = ["exp", "iss", "sub", "iat", "type"];

/** A verifier with a token cache of its own. */
export function createVerifier(config: ResolvedConfig, sessions: SessionCheck = NO_SESSIONS): Verifier {
  const cache = createTokenCache(config.cacheMax);
  const readToken = createReader(config);
  const readExpired = createOwnReader(config, { readHeader: createHeaderReader(), ignoreTimes: true });
  const readUnexpired = createOwnReader(config, { readHeader: createHeaderReader() });

  const verifyFresh = async (token: string): Promise<TokenContent> => {
    let content = await readToken(token);
    // Its key may have retired, or been exchanged, while it was verified with. A set that changes each time it is asked for ends this, too.
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

  /** The content, if what can change about a token has not; verified anew where its key has been exchanged. */
  const confirmContent = (token: string, content: TokenContent, request?: Presenter): MaybePromise<TokenContent> => {
    checkExpiry(content.claims, config.now(), config.leeway);
    const holds = holdsStill(content);
    if (holds === true) return content;
    // A key that was exchanged for another of the same name is not the one that was verified with.
    return andThen(holds, (stillHolds) => (stillHolds ? content : verifyOnce(token, request)));
  };

  // Last of all: a token that is bad in itself is not worth a question to the store.
  const withSession = (token: JWT, request: Presenter | undefined): MaybePromise<JWT> => {
    const checked = sessions.check(token, request);
    return isPromise(checked) ? checked.then(() => token) : token;
  };

  const verify = (token: string, request: Presenter | undefined, isCookie: boolean): MaybePromise<JWT> => {
    checkText(token, config);
    const key = cache?.keyOf(token);
    const known = key === undefined ? undefined : cache?.get(key);
    if (!known && isCookie) checkCookieExpiry(token, config);
    const content = known ? confirmContent(token, known, request) : verifyOnce(token, request, key);
    if (isPromise(content)) return content.then((found) => withSession(makeJwt(token, found), request));
    return withSession(makeJwt(token, content), request);
  };

  return {
    config,
    confirm(token, request) {
      const before = token["~content"];
      const { signed } = token;
      // What was never verified, as a token that was only read, is verified now.
      const content = before?.standing ? confirmContent(signed, before, request) : verifyOnce(signed, request);
      return andThen(content, (found) => withSession(found === before ? token : makeJwt(signed, found), request));
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
      const jwt = makeJwt(token, await (ignoreTimes ? readExpired : readUnexpired)(token));
      checkTokenType(jwt, type);
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

type ReadToken = (token: string) => Promise<TokenContent>;

/** Verifies signature and registered claims; what the user's schema says comes after. */
function createReader(config: ResolvedConfig): ReadToken {
  const readHeader = createHeaderReader();
  const readOwn = createOwnReader(config, { readHeader });
  const readForeign = new Map(
    [...config.trust.values()].map((issuer) => [issuer, createForeignReader(issuer, readHeader)]),
  );
  return (token) => {
    const foreign = foreignIssuerOf(token, config);
    return ((foreign && readForeign.get(foreign)) ?? readOwn)(token);
  };
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

/** Throws `InvalidTokenTypeError` unless `token` is of the type asked for. */
export function checkTokenType(token: JWT, type: TokenType | "any"): void {
  if (type !== "any" && token.tokenType !== type)
    throw new InvalidTokenTypeError(`The token is of type ${token.tokenType}, not ${type}`);
}

/** The trusted issuer that the token names; `undefined` for one that is to be verified as the manager's own. Asks nobody. */
function foreignIssuerOf(token: string, config: ResolvedConfig): ForeignIssuer | undefined {
  if (config.trust.size === 0) return undefined;
  const payload = readPayload(readCompact(token).payload);
  const iss = Object.hasOwn(payload, "iss") ? payload["iss"] : undefined;
  if (iss == null) throw new MissingRequiredClaimError("iss");
  const foreign = typeof iss === "string" ? config.trust.get(iss) : undefined;
  // Told before any key is asked for, the manager's own included.
  if (!foreign && iss !== config.own?.issuer)
    throw new InvalidIssuerError("The token is of an issuer that is not trusted");
  return foreign;
}

/** For tokens of the manager's own. */
function createOwnReader(
  config: ResolvedConfig,
  { readHeader, ignoreTimes = false }: { readonly readHeader: ReadHeader; readonly ignoreTimes?: boolean },
): ReadToken {
  const { own } = config;
  if (!own)
    return async () => {
      throw new InvalidIssuerError("The token is of an issuer that is not trusted");
    };
  const { keys, issuer } = own;
  const check = createRegisteredCheck(config, issuer, ignoreTimes);
  const options: VerifyOptions<TokenContent> = {
    algorithms: keys.algorithms ?? ALGORITHMS,
    readHeader,
    explain: (error) => toConfigError(keys.option, error),
    accept(header, payload, key) {
      check(payload);
      readTokenType(payload);
      return contentOf(header, payload, { keys, key });
    },
  };
  return (token) => verifyWithKeys(token, keys, options);
}

/** For tokens of an issuer that is trusted. */
function createForeignReader(issuer: ForeignIssuer, readHeader: ReadHeader): ReadToken {
  const { keys, algorithms } = issuer;
  const options: VerifyOptions<TokenContent> = {
    algorithms,
    readHeader,
    // A broken key in the issuer's set is not the token's fault.
    explain: (cause) => new JWKSClientError("The issuer's key set holds a key that cannot be used", { cause }),
    accept(header, payload, key) {
      // Not only of JSON: the entry's own functions gave a part of them.
      const claims = deepFreeze(issuer.accept(header, payload));
      return { header, claims, original: claims, standing: { keys, key }, isFrozen: true };
    },
  };
  return (token) => verifyWithKeys(token, keys, options);
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

function createRegisteredCheck(
  { audience, leeway, now }: ResolvedConfig,
  issuer: string,
  ignoreTimes: boolean,
): (claims: JwtPayload) => void {
  const expected = audience === undefined ? {} : { audience };
  const rules = {
    require: REQUIRED,
    issuer,
    ...expected,
    leeway,
    integerSubject: true,
    issuedAhead: MAX_ISSUED_AHEAD,
    verifyExp: !ignoreTimes,
    verifyNbf: !ignoreTimes,
    verifyIat: !ignoreTimes,
  };
  return (claims) => {
    checkClaims(claims, rules, now());
    checkConfirmation(claims);
    if (claims["sub"] === "") throw new InvalidSubjectError('The token\'s "sub" is empty');
  };
}
