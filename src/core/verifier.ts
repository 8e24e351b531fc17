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
import { JWT, readTokenType, type Standing, TokenParts, type TokenType } from "./token.ts";
import { createTokenCache } from "./token-cache.ts";
import type { ForeignIssuer } from "./trust.ts";

/** Says whether a token is good. */
export interface Verifier {
  readonly config: ResolvedConfig;
  /** The verified token, at once where it is remembered. Throws or rejects with a token error, or with `JWKSClientError`. */
  verify(token: string): MaybePromise<JWT>;
  /**
   * A token that was verified before, as far as it is good still: `exp`, and that its key is trusted. At once where the keys are there.
   * Throws or rejects as `verify` does.
   */
  confirm(token: JWT): MaybePromise<JWT>;
  /** When the token ends by what is known now, in seconds: `exp`, leeway included, or its key's retirement. */
  goodUntil(token: JWT): number;
}

const REQUIRED = ["exp", "iss", "sub", "iat", "type"];

/** A verifier with a token cache of its own. */
export function createVerifier(config: ResolvedConfig): Verifier {
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

  const confirm = (token: JWT): MaybePromise<JWT> => {
    checkExpiry(token.claims, config.now(), config.leeway);
    const standing = token["~parts"]?.standing;
    if (!standing) return verifyOnce(token.signed);
    // A key that was exchanged for another of the same name is not the one that was verified with.
    return andThen(standing.keys.current(), (set) => (set.holds(standing.key) ? token : verifyOnce(token.signed)));
  };

  return {
    config,
    confirm,
    verify(token) {
      if (typeof token !== "string") throw new DecodeError("The token is not a string");
      if (token.length > config.maxTokenLength) throw new DecodeError("The token is too long");
      const known = cache?.get(token);
      return known ? confirm(known) : verifyOnce(token);
    },
    goodUntil(token) {
      const standing = token["~parts"]?.standing;
      return Math.min(token.exp + config.leeway, standing ? retirementOf(standing) : Number.POSITIVE_INFINITY);
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

async function verifyOwn(token: string, config: ResolvedConfig): Promise<Verified> {
  const { own } = config;
  if (!own) throw new InvalidIssuerError("The token is of an issuer that is not trusted");
  const { header, payload, key } = await verifyWithKeys(token, own.keys, own.keys.algorithms ?? ALGORITHMS).catch(
    (error: unknown) => {
      throw toConfigError(own.keys.option, error);
    },
  );
  checkRegistered(payload, own.issuer, config);
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
): void {
  const expected = audience === undefined ? {} : { audience };
  checkClaims(claims, { require: REQUIRED, issuer, ...expected, leeway, integerSubject: true }, now());
  if (claims["sub"] === "") throw new InvalidSubjectError('The token\'s "sub" is empty');
}
