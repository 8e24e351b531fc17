/** Verifies tokens, the manager's own and those of trusted issuers: signature, registered claims, the user's schema. */
import { applyClaimsSchema } from "./claims-schema.ts";
import type { ResolvedConfig } from "./config.ts";
import { toConfigError } from "./config-keys.ts";
import { ALGORITHMS } from "./jwt/algorithms.ts";
import { checkClaims, checkExpiry } from "./jwt/claims.ts";
import { readCompact, readPayload } from "./jwt/compact.ts";
import { verifyWithKeys } from "./jwt/decode.ts";
import {
  DecodeError,
  InvalidIssuerError,
  InvalidKeyError,
  InvalidSignatureError,
  InvalidSubjectError,
  InvalidTokenTypeError,
  JWKSClientError,
  MissingRequiredClaimError,
} from "./jwt/errors.ts";
import { andThen, isPromise, type MaybePromise, promisesAreShared } from "./jwt/maybe-promise.ts";
import { NO_SESSIONS, type Presenter, type SessionCheck } from "./session-check.ts";
import { JWT, readTokenType, type Standing, TokenParts, type TokenType } from "./token.ts";
import { createTokenCache } from "./token-cache.ts";
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
}

/** How a token is read. */
export interface ReadOptions {
  readonly type: TokenType | "any";
  readonly ignoreExpiry?: boolean;
}

// Idle streams are asked about no more often, however short the memory of sessions is.
const MIN_INTERVAL_SECONDS = 1;
const REQUIRED = ["exp", "iss", "sub", "iat", "type"];

/** A verifier with a token cache of its own. */
export function createVerifier(config: ResolvedConfig, sessions: SessionCheck = NO_SESSIONS): Verifier {
  const cache = createTokenCache(config.cacheMax);
  const pending = new Map<string, Promise<JWT>>();

  const verifyFresh = async (token: string, isSecondTry = false): Promise<JWT> => {
    const foreign = foreignIssuerOf(token, config);
    const { type, parts, standing } = foreign ? await verifyForeign(token, foreign) : await verifyOwn(token, config);
    // It may have retired, or been exchanged, while it was verified with. A set that changes each time it is asked for ends this, too.
    if (!(await standing.keys.current()).holds(standing.key)) {
      if (isSecondTry) throw new InvalidSignatureError("The key of the token is not trusted any more");
      return verifyFresh(token, true);
    }
    const jwt = new JWT(type, parts.withClaims(applyClaimsSchema(config.claimsSchema, parts.claims)));
    cache?.set(token, jwt);
    return jwt;
  };

  const verifyOnce = (token: string): Promise<JWT> => {
    const before = promisesAreShared() ? pending.get(token) : undefined;
    const running = before ?? verifyFresh(token).finally(() => pending.delete(token));
    pending.set(token, running);
    return running;
  };

  const confirmKey = (token: JWT): MaybePromise<JWT> => {
    checkExpiry(token.claims, config.now(), config.leeway);
    const standing = token["~parts"]?.standing;
    if (!standing) return verifyOnce(token.signed);
    // A key that was exchanged for another of the same name is not the one that was verified with.
    return andThen(standing.keys.current(), (set) => (set.holds(standing.key) ? token : verifyOnce(token.signed)));
  };

  // Last of all: a token that is bad in itself is not worth a question to the store.
  const withSession = (verified: MaybePromise<JWT>, request: Presenter | undefined): MaybePromise<JWT> =>
    andThen(verified, (token) => andThen(sessions.check(token, request), () => token));

  return {
    config,
    confirm: (token, request) => withSession(confirmKey(token), request),
    verify(token, request) {
      checkText(token, config);
      const known = cache?.get(token);
      return withSession(known ? confirmKey(known) : verifyOnce(token), request);
    },
    goodUntil(token) {
      const standing = token["~parts"]?.standing;
      const ends = Math.min(token.exp + config.leeway, standing ? retirementOf(standing) : Number.POSITIVE_INFINITY);
      return Math.min(ends, config.now() + Math.max(sessions.interval, MIN_INTERVAL_SECONDS));
    },
    isGoodNow(token) {
      if (token.exp + config.leeway <= config.now() || sessions.isKnownToHaveEnded(token)) return false;
      const standing = token["~parts"]?.standing;
      return standing === undefined || holdsNow(standing);
    },
    async read(token, { type, ignoreExpiry = false }) {
      checkText(token, config);
      const { type: found, parts } = await verifyOwn(token, config, ignoreExpiry);
      const jwt = new JWT(found, parts);
      checkTokenType(jwt, type);
      return jwt;
    },
  };
}

/** Throws `InvalidTokenTypeError` unless `token` is of the type asked for. */
export function checkTokenType(token: JWT, type: TokenType | "any"): void {
  if (type !== "any" && token.tokenType !== type)
    throw new InvalidTokenTypeError(`The token is of type ${token.tokenType}, not ${type}`);
}

interface Verified {
  readonly type: TokenType;
  readonly parts: TokenParts;
  readonly standing: Standing;
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

function checkText(token: unknown, { maxTokenLength }: ResolvedConfig): asserts token is string {
  if (typeof token !== "string") throw new DecodeError("The token is not a string");
  if (token.length > maxTokenLength) throw new DecodeError("The token is too long");
}

async function verifyOwn(token: string, config: ResolvedConfig, ignoreExpiry = false): Promise<Verified> {
  const { own } = config;
  if (!own) throw new InvalidIssuerError("The token is of an issuer that is not trusted");
  const { header, payload, key } = await verifyWithKeys(token, own.keys, own.keys.algorithms ?? ALGORITHMS).catch(
    (error: unknown) => {
      throw toConfigError(own.keys.option, error);
    },
  );
  checkRegistered(payload, own.issuer, config, ignoreExpiry);
  const standing = { keys: own.keys, key };
  return { type: readTokenType(payload), parts: new TokenParts(token, header, payload, { standing }), standing };
}

async function verifyForeign(token: string, issuer: ForeignIssuer): Promise<Verified> {
  const { keys, algorithms } = issuer;
  const { header, payload, key } = await verifyWithKeys(token, keys, algorithms).catch((error: unknown) => {
    // A broken key in the issuer's set is not the token's fault.
    if (!(error instanceof InvalidKeyError)) throw error;
    throw new JWKSClientError("The issuer's key set holds a key that cannot be used", { cause: error });
  });
  const standing = { keys, key };
  return {
    type: "auth",
    parts: new TokenParts(token, header, issuer.accept(header, payload), { standing }),
    standing,
  };
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

function checkRegistered(
  claims: Readonly<Record<string, unknown>>,
  issuer: string,
  { audience, leeway, now }: ResolvedConfig,
  ignoreExpiry: boolean,
): void {
  const expected = audience === undefined ? {} : { audience };
  const rules = { require: REQUIRED, issuer, ...expected, leeway, integerSubject: true, verifyExp: !ignoreExpiry };
  checkClaims(claims, rules, now());
  if (claims["sub"] === "") throw new InvalidSubjectError('The token\'s "sub" is empty');
}
