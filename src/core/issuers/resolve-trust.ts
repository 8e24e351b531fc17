/** Reads the option `trust` into issuers with their keys and their checks of tokens. */

import { InvalidConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import { compileRule, type Plan } from "../rules/compile.ts";
import { RESERVED_CLAIMS } from "../tokens/user-claims.ts";
import { acceptToken, type IssuerPolicy, isAccessTokenType } from "./accept-token.ts";
import { openIssuerKeys } from "./issuer-keys.ts";
import { naming, readTrustEntry, type TrustEntry } from "./trust-entry.ts";

/** A trusted issuer with its keys and its check of tokens. */
export interface ResolvedIssuer {
  readonly keys: KeySource;
  readonly algorithms: readonly Algorithm[];
  /** Checks the claims of a token with a valid signature, and returns those that rules may read. */
  accept(header: JwtHeader, payload: JwtPayload): Record<string, unknown>;
}

/** The settings of the manager that each entry needs. */
export interface TrustContext {
  /** The manager's own issuer, if it has keys. */
  readonly ownIssuer: string | undefined;
  readonly leeway: number;
  readonly now: () => number;
  /** Called for each failed fetch of keys. */
  readonly onFailure: (issuer: string, error: Error) => void;
}

/** Reads the option `trust` into issuers by name. Throws `InvalidConfigError` with the path. */
export function resolveTrust(trust: readonly unknown[], context: TrustContext): ReadonlyMap<string, ResolvedIssuer> {
  const issuers = new Map<string, ResolvedIssuer>();
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
      keys: openIssuerKeys(entry, path, value as object, context),
      algorithms: entry.algorithms,
      accept: (header, payload) => acceptToken(policy, header, payload, context.now()),
    });
  }
  return issuers;
}

function checkEntry(entry: TrustEntry, path: string, isAlone: boolean): void {
  const fail = (option: string, message: string): never => {
    throw new InvalidConfigError(`${path}.${option}`, message);
  };
  if (entry.audience === null && entry.audienceClaim !== undefined)
    fail("audienceClaim", "cannot be combined with audience: null; remove it, or set audience");
  if (entry.audience === null && !isAccessTokenType(entry.typ) && !entry.require)
    fail("audience", 'cannot be null without typ "at+jwt" or require, which tell access tokens from ID tokens');
  const reserved = entry.claims?.findIndex((claim) => RESERVED_CLAIMS.includes(claim)) ?? -1;
  if (reserved >= 0) fail(`claims.${reserved}`, "must not be a reserved claim; remove it");
  if (isAlone) return;
  if (entry.subject === undefined)
    fail("subject", 'must be set if there is more than one issuer: pass "verbatim", or a function of the claims');
  if (entry.claims === undefined)
    fail("claims", "must be set if there is more than one issuer: list the claims that rules may read");
}

function compileRequired({ require }: TrustEntry, path: string): Plan | undefined {
  if (!require) return undefined;
  return naming(
    `${path}.require`,
    () => compileRule({ claims: require }),
    (message) => message.replaceAll("rule.claims", "require"),
  );
}
