/** Reads the option `formerIssuers`: earlier names of the manager, whose tokens are its own. */
import * as z from "zod/mini";
import { InvalidConfigError } from "../errors.ts";
import type { KeySet, KeySource } from "../jwt/keys/key-source.ts";
import { dateSchema, parseOptions, rejectUndefined, textSchema } from "../parse-options.ts";
import { lazy } from "../util/lazy.ts";
import { andThen } from "../util/promises/maybe-promise.ts";

/**
 * An earlier value of the manager's `issuer`. The manager accepts the tokens that it signed under
 * this name with the keys that it still has, until `until`.
 */
export interface FormerIssuer {
  /**
   * The `iss` of the tokens, which must match exactly.
   * @see RFC 7519, section 4.1.1
   */
  readonly issuer: string;
  /**
   * The time from which the tokens are rejected (`ISSUER_INVALID`), in seconds since 1970, by the
   * manager's clock and without `leeway`. Set it to the time of the change plus `refreshMaxAge`.
   */
  readonly until: number;
}

/** The present and the former names of a manager. */
export interface IssuerNames {
  readonly issuer: string;
  readonly former: ReadonlyMap<string, ResolvedFormer>;
}

/** A former name of a manager. */
export interface ResolvedFormer {
  readonly until: number;
  /** The manager's keys, all of which retire at `until`. */
  readonly keys: KeySource;
}

const formerSchema = lazy(() => z.strictObject({ issuer: textSchema, until: dateSchema }));

/** The settings of the manager that the entries need. */
export interface FormerContext {
  readonly issuer: string;
  readonly keys: KeySource;
  /** The other issuers, by name. */
  readonly trust: { has(issuer: string): boolean };
  readonly now: () => number;
}

/** Reads the option into former issuers by name. Throws `InvalidConfigError` with the path. */
export function resolveFormerIssuers(
  list: readonly unknown[],
  { issuer, keys, trust, now }: FormerContext,
): ReadonlyMap<string, ResolvedFormer> {
  const former = new Map<string, ResolvedFormer>();
  for (const [index, value] of list.entries()) {
    const path = `formerIssuers.${index}`;
    rejectUndefined(value, path);
    const { issuer: name, until } = parseOptions(formerSchema(), value, path);
    const fault =
      name === issuer
        ? "must differ from the manager's present issuer; remove the entry"
        : trust.has(name)
          ? "cannot also be in trust, because its tokens are either the manager's own or another issuer's; remove one entry"
          : former.has(name)
            ? "must be unique, and an earlier entry has the same issuer; remove one of them"
            : undefined;
    if (fault !== undefined) throw new InvalidConfigError(`${path}.issuer`, fault);
    former.set(name, { until, keys: retiringAt(until, keys, now) });
  }
  return former;
}

/** The values of `iss` that own tokens may have at the time `at`. */
export function issuersAt({ issuer, former }: IssuerNames, at: number): readonly string[] {
  return [issuer, ...[...former].filter(([, { until }]) => at < until).map(([name]) => name)];
}

/** Whether `keys` are the manager's keys under a former name. */
export function areFormerKeys({ former }: IssuerNames, keys: KeySource | undefined): boolean {
  for (const one of former.values()) if (one.keys === keys) return true;
  return false;
}

/** The same keys, each of which retires at `until` or earlier: so does every verified token. */
function retiringAt(until: number, source: KeySource, now: () => number): KeySource {
  const limit = (set: KeySet): KeySet => ({
    find: (kid, algorithm) => (now() < until ? set.find(kid, algorithm) : []),
    holds: (key) => now() < until && set.holds(key),
    retiresAt: (key) => Math.min(until, set.retiresAt(key) ?? until),
  });
  return { current: () => andThen(source.current(), limit), renewed: () => andThen(source.renewed(), limit) };
}
