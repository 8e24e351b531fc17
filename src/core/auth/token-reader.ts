/** Checks signature and registered claims of own tokens and of tokens of trusted issuers. */
import type { OwnIssuer, ResolvedConfig } from "../config/resolve-config.ts";
import { issuersAt } from "../issuers/former-issuers.ts";
import type { ResolvedIssuer } from "../issuers/resolve-trust.ts";
import { ALGORITHMS, canonicalAlgorithm } from "../jwt/algorithms.ts";
import { checkClaims, checkConfirmation, checkOwnExpiry, MAX_ISSUED_AHEAD } from "../jwt/claims.ts";
import {
  createHeaderReader,
  type JwtHeader,
  type JwtPayload,
  type ReadHeader,
  readCompact,
  readPayload,
} from "../jwt/compact.ts";
import { InvalidIssuerError, InvalidSubjectError, JWKSClientError, MissingRequiredClaimError } from "../jwt/errors.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import type { SignatureQueue } from "../jwt/signatures/signature-queue.ts";
import { type VerifyOptions, verifyWithKeys } from "../jwt/verify-with-keys.ts";
import { toConfigError } from "../key-ring/key-pair.ts";
import { contentOf, type Standing, type TokenContent } from "../tokens/token-content.ts";
import { readTokenType } from "../tokens/token-type.ts";
import { deepFreeze } from "../util/freeze.ts";
import type { MaybePromise } from "../util/promises/maybe-promise.ts";

const UNTRUSTED = "The token is of an issuer that is not trusted";
const REQUIRED = ["exp", "iss", "sub", "iat", "type"];

/**
 * The content of a token with valid signature and registered claims, synchronously if its key and
 * its signature are. Throws or rejects like `Verifier.verify`.
 */
export type ReadToken = (token: string) => MaybePromise<TokenContent>;

/** Creates the reader for tokens of all known issuers. It does not apply `claimsSchema`. */
export function createReader(config: ResolvedConfig): ReadToken {
  const readHeader = createHeaderReader();
  const readOwn = createOwnReader(config, { readHeader });
  const readTrusted = new Map(
    [...config.trust.values()].map((issuer) => [issuer, createTrustedReader(issuer, readHeader, config.signatures)]),
  );
  return (token) => {
    const trusted = trustedIssuerOf(token, config);
    return ((trusted && readTrusted.get(trusted)) ?? readOwn)(token);
  };
}

/** The trusted issuer of a token; `undefined` for an own token. Fetches no keys. */
function trustedIssuerOf(token: string, config: ResolvedConfig): ResolvedIssuer | undefined {
  if (config.trust.size === 0) return undefined;
  const payload = readPayload(readCompact(token).payload);
  const isNamed = Object.hasOwn(payload, "iss");
  // An `iss` that is null comes from an issuer that has a name, and has lost it.
  const unnamed = isNamed ? undefined : config.trust.get(null);
  if (unnamed) return unnamed;
  const iss = isNamed ? payload["iss"] : undefined;
  if (iss == null) throw new MissingRequiredClaimError("iss");
  const trusted = typeof iss === "string" ? config.trust.get(iss) : undefined;
  // Before any key is loaded, the own keys included.
  if (!trusted && !isOwnIssuer(iss, config)) throw new InvalidIssuerError(UNTRUSTED);
  return trusted;
}

function isOwnIssuer(iss: unknown, { own, now }: ResolvedConfig): boolean {
  if (own === undefined || typeof iss !== "string") return false;
  return iss === own.issuer || issuersAt(own, now()).includes(iss);
}

/**
 * Creates the reader for own tokens. With `ignoreTimes`, it accepts also expired tokens and tokens
 * that are not valid yet.
 */
export function createOwnReader(
  config: ResolvedConfig,
  {
    readHeader = createHeaderReader(),
    ignoreTimes = false,
  }: { readonly readHeader?: ReadHeader; readonly ignoreTimes?: boolean } = {},
): ReadToken {
  const { own } = config;
  if (!own)
    return () => {
      throw new InvalidIssuerError(UNTRUSTED);
    };
  const { keys } = own;
  const check = createRegisteredCheck(config, own, ignoreTimes);
  const standingOf = shareStandings(keys);
  const nameFormer = createFormerNaming(own);
  const options: VerifyOptions<TokenContent> = {
    algorithms: keys.algorithms ?? ALGORITHMS.map(canonicalAlgorithm),
    readHeader,
    queue: config.signatures,
    explain: (error) => toConfigError(keys.option, error),
    accept(header, payload, key) {
      check(payload);
      readTokenType(payload);
      if (payload["iss"] !== own.issuer) return nameFormer(header, payload, key);
      return contentOf(header, payload, standingOf(key));
    },
  };
  return (token) => verifyWithKeys(token, keys, options);
}

/** Gives the content of a token with a former `iss` the present one, and its end. */
function createFormerNaming({
  issuer,
  former,
}: OwnIssuer): (header: JwtHeader, payload: JwtPayload, key: PreparedKey) => TokenContent {
  const standingsOf = new Map([...former].map(([name, { keys }]) => [name, shareStandings(keys)]));
  return (header, payload, key) => {
    const standingOf = standingsOf.get(String(payload["iss"]));
    if (!standingOf) throw new InvalidIssuerError(UNTRUSTED);
    return contentOf(header, { ...payload, iss: issuer }, standingOf(key));
  };
}

/** Creates the reader for tokens of a trusted issuer. */
function createTrustedReader(issuer: ResolvedIssuer, readHeader: ReadHeader, queue: SignatureQueue): ReadToken {
  const { keys, algorithms } = issuer;
  const standingOf = shareStandings(keys);
  const options: VerifyOptions<TokenContent> = {
    algorithms,
    readHeader,
    queue,
    // An unusable key of the issuer must not reject the token.
    explain: (cause) => new JWKSClientError("The key set of the issuer contains an unusable key", { cause }),
    accept(header, payload, key) {
      // The functions of the entry may have returned more than JSON.
      const claims = deepFreeze(issuer.accept(header, payload));
      return { header, claims, original: claims, standing: standingOf(key), isFrozen: true };
    },
  };
  return (token) => verifyWithKeys(token, keys, options);
}

/** Makes one `Standing` for a key, so that each cached token takes less memory. */
function shareStandings(keys: KeySource): (key: PreparedKey) => Standing {
  let last: Standing | undefined;
  return (key) => (last?.key === key ? last : (last = { keys, key }));
}

function createRegisteredCheck(
  { audience, leeway, now }: ResolvedConfig,
  own: OwnIssuer,
  ignoreTimes: boolean,
): (claims: JwtPayload) => void {
  const expected = audience === undefined ? {} : { audience };
  const rules = {
    require: REQUIRED,
    issuer: own.issuer,
    ...expected,
    leeway,
    integerSubject: true,
    issuedAhead: MAX_ISSUED_AHEAD,
    verifyExp: !ignoreTimes,
    verifyNbf: !ignoreTimes,
    verifyIat: !ignoreTimes,
  };
  return (claims) => {
    const at = now();
    checkClaims(claims, own.former.size === 0 ? rules : { ...rules, issuer: issuersAt(own, at) }, at);
    if (!ignoreTimes) checkOwnExpiry(claims, at, leeway + MAX_ISSUED_AHEAD);
    checkConfirmation(claims);
    if (claims["sub"] === "") throw new InvalidSubjectError('The token\'s "sub" is empty');
  };
}
