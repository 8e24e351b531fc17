/** Verifies tokens of either type against the manager's config: signature, registered claims, the user's schema. */
import { applyClaimsSchema } from "./claims-schema.ts";
import type { ResolvedConfig } from "./config.ts";
import { toConfigError } from "./config-keys.ts";
import { checkClaims, checkExpiry } from "./jwt/claims.ts";
import { type CompleteToken, verifyCompact } from "./jwt/decode.ts";
import { DecodeError, InvalidSubjectError, InvalidTokenTypeError } from "./jwt/errors.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { JWT, readTokenType, TokenParts, type TokenType } from "./token.ts";
import { createTokenCache } from "./token-cache.ts";

/** Says whether a token is good. */
export interface Verifier {
  readonly config: ResolvedConfig;
  /** The verified token, at once where it is remembered. Throws or rejects with a token error. */
  verify(token: string): MaybePromise<JWT>;
  /** The signature alone. Rejects with a token error. */
  verifySignature(token: string): Promise<CompleteToken>;
  /** What changes while a token lives, for a token that was verified before. Throws a token error. */
  assertCurrent(token: JWT): void;
}

const REQUIRED = ["exp", "iss", "sub", "iat", "type"];

/** A verifier with a token cache of its own. */
export function createVerifier(config: ResolvedConfig): Verifier {
  const cache = createTokenCache(config.cacheMax);
  const pending = new Map<string, Promise<JWT>>();

  const assertCurrent = (token: JWT): void => checkExpiry(token.claims, config.now(), config.leeway);

  const verifySignature = (token: string): Promise<CompleteToken> =>
    verifyCompact(token, config.verifyKey).catch((error: unknown) => {
      throw toConfigError(config.keyOptions.verify, error);
    });

  const verifyFresh = async (token: string): Promise<JWT> => {
    const { header, payload } = await verifySignature(token);
    checkRegistered(payload, config);
    const jwt = new JWT(
      readTokenType(payload),
      new TokenParts(token, header, applyClaimsSchema(config.claimsSchema, payload)),
    );
    cache?.set(token, jwt);
    return jwt;
  };

  return {
    config,
    verifySignature,
    assertCurrent,
    verify(token) {
      if (typeof token !== "string") throw new DecodeError("The token is not a string");
      if (token.length > config.maxTokenLength) throw new DecodeError("The token is too long");
      const known = cache?.get(token);
      if (known) {
        assertCurrent(known);
        return known;
      }
      const running = pending.get(token) ?? verifyFresh(token).finally(() => pending.delete(token));
      pending.set(token, running);
      return running;
    },
  };
}

/** Throws `InvalidTokenTypeError` unless `token` is of the type asked for. */
export function checkTokenType(token: JWT, type: TokenType | "any"): void {
  if (type !== "any" && token.tokenType !== type)
    throw new InvalidTokenTypeError(`The token is of type ${token.tokenType}, not ${type}`);
}

function checkRegistered(claims: Readonly<Record<string, unknown>>, config: ResolvedConfig): void {
  const audience = config.audience === undefined ? {} : { audience: config.audience };
  checkClaims(
    claims,
    { require: REQUIRED, issuer: config.issuer, ...audience, leeway: config.leeway, integerSubject: true },
    config.now(),
  );
  if (claims["sub"] === "") throw new InvalidSubjectError('The token\'s "sub" is empty');
}
