/** Reads the option `trust` into issuers with their keys and their checks of tokens. */

import { InvalidConfigError } from "../errors.ts";
import { type CanonicalAlgorithm, canonicalAlgorithm } from "../jwt/algorithms.ts";
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import { compileRule, type Plan } from "../rules/compile.ts";
import { RESERVED_CLAIMS } from "../tokens/user-claims.ts";
import { acceptToken, type IssuerPolicy, isAccessTokenType } from "./accept-token.ts";
import { type IssuerKeys, type IssuerKeysContext, openIssuerKeys } from "./issuer-keys.ts";
import { naming, readTrustEntry, type TrustEntry } from "./trust-entry.ts";

/** A trusted issuer with its keys and its check of tokens. */
export interface ResolvedIssuer extends IssuerKeys {
  readonly algorithms: readonly CanonicalAlgorithm[];
  /** Checks the claims of a token with a valid signature, and returns those that rules may read. */
  accept(header: JwtHeader, payload: JwtPayload): Record<string, unknown>;
}

/** The settings of the manager that each entry needs. */
export interface TrustContext extends IssuerKeysContext {
  /** The manager's own issuer, if it has keys. */
  readonly ownIssuer: string | undefined;
  readonly leeway: number;
}

/** Trusted issuers by their `iss`; `null` is the one whose tokens have no `iss`. */
export type TrustedIssuers = ReadonlyMap<string | null, ResolvedIssuer>;

/** Reads the option `trust` into issuers. Throws `InvalidConfigError` with the path. */
export function resolveTrust(trust: readonly unknown[], context: TrustContext): TrustedIssuers {
  const issuers = new Map<string | null, ResolvedIssuer>();
  const isAlone = trust.length === 1 && context.ownIssuer === undefined;
  for (const [index, value] of trust.entries()) {
    const path = `trust.${index}`;
    const entry = readTrustEntry(value, path);
    if (entry.issuer === context.ownIssuer)
      throw new InvalidConfigError(`${path}.issuer`, "must differ from the manager's own issuer; remove the entry");
    if (issuers.has(entry.issuer))
      throw new InvalidConfigError(`${path}.issuer`, "must be unique, and an earlier entry has the same issuer");
    checkEntry(entry, path, isAlone);
    const policy: IssuerPolicy = {
      ...entry,
      require: compileRequired(entry, path),
      audienceClaim: entry.audienceClaim ?? "aud",
      subject: entry.subject ?? "verbatim",
      leeway: context.leeway,
    };
    issuers.set(entry.issuer, {
      ...openIssuerKeys(entry, path, value as object, context),
      algorithms: entry.algorithms.map(canonicalAlgorithm),
      accept: (header, payload) => acceptToken(policy, header, payload, context.now()),
    });
  }
  const { ownIssuer, allowWeakSecret } = context;
  if (ownIssuer === undefined && allowWeakSecret) checkHasSecret(issuers);
  return issuers;
}

function checkHasSecret(issuers: TrustedIssuers): void {
  const algorithms = [...issuers.values()].flatMap((issuer) => issuer.algorithms);
  if (!algorithms.some((algorithm) => algorithm.startsWith("HS")))
    throw new InvalidConfigError(
      "allowWeakSecret",
      "cannot be combined with trust alone, unless an entry has a secret in jwks; remove it, or pass issuer and a key",
    );
}

type Fail = (option: string, message: string) => never;

function checkEntry(entry: TrustEntry, path: string, isAlone: boolean): void {
  const fail: Fail = (option, message) => {
    throw new InvalidConfigError(`${path}.${option}`, message);
  };
  if (entry.audience === null && entry.audienceClaim !== undefined)
    fail("audienceClaim", "cannot be combined with audience: null; remove it, or set audience");
  if (entry.issuer === null) checkUnnamed(entry, fail);
  else checkNamed(entry, fail);
  if (entry.audience === null && !isAccessTokenType(entry.typ) && entry.require === undefined)
    fail("audience", 'cannot be null without typ "at+jwt" or require, which tell access tokens from ID tokens');
  const reserved = entry.claims?.findIndex((claim) => RESERVED_CLAIMS.includes(claim)) ?? -1;
  if (reserved >= 0) fail(`claims.${reserved}`, "must not be a reserved claim; remove it");
  if (isAlone) return;
  if (entry.subject === undefined)
    fail("subject", 'must be set if there is more than one issuer: pass "verbatim", or a function of the claims');
  if (entry.claims === undefined)
    fail("claims", "must be set if there is more than one issuer: list the claims that rules may read");
}

// Its key may have signed more than access tokens, so each decision must be written.
function checkUnnamed(entry: TrustEntry, fail: Fail): void {
  for (const option of ["jwksUri", "discovery"] as const)
    if (entry[option] !== undefined) fail(option, "cannot be combined with issuer: null; set jwks instead");
  for (const [option, remedy] of Object.entries(OF_UNNAMED))
    if (entry[option as keyof typeof OF_UNNAMED] === undefined)
      fail(option, `must be set with issuer: null: ${remedy}`);
}

const OF_UNNAMED = {
  subject: 'pass "verbatim", or a function of the claims',
  claims: "list the claims that rules may read",
  require: "name a claim of access tokens, or pass null if the key has signed nothing else",
  issuedBefore: "pass the time of the last token to accept, in seconds since 1970",
} as const;

function checkNamed(entry: TrustEntry, fail: Fail): void {
  if (entry.require === null) fail("require", "must not be null unless issuer is null; leave it out");
  if (entry.issuedBefore !== undefined) fail("issuedBefore", "has an effect only with issuer: null; remove it");
}

function compileRequired({ require }: TrustEntry, path: string): Plan | undefined {
  if (!require) return undefined;
  return naming(
    `${path}.require`,
    () => compileRule({ claims: require }),
    (message) => message.replaceAll("rule.claims", "require"),
  );
}
