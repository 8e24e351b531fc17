/** Opens the keys of an entry of `trust`: fetched ones, or a local set. */
import type { JWK } from "jose";
import { InvalidConfigError } from "../errors.ts";
import { type CanonicalAlgorithm, canonicalAlgorithm } from "../jwt/algorithms.ts";
import { type DiscoveryOptions, discoverKeySet } from "../jwt/jwks/discovery.ts";
import { checkKeyUrl, readHeaders } from "../jwt/jwks/key-fetch.ts";
import { readKeySet } from "../jwt/jwks/key-set.ts";
import { isPrivateHost } from "../jwt/jwks/private-hosts.ts";
import { createRemoteKeys, REMOTE_KEYS_DEFAULTS, type RemoteKeysOptions } from "../jwt/jwks/remote-keys.ts";
import { keyType } from "../jwt/keys/key-checks.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import { readSecretBytes } from "../jwt/keys/secrets.ts";
import { SigningKey } from "../jwt/keys/signing-key.ts";
import { NO_KEY_SET, naming, type TrustEntry } from "./trust-entry.ts";

const OF_FETCHED_KEYS = ["allowHttp", "lifespan", "timeout", "cooldown", "staleIfError", "headers", "fetch"];

/** The settings of the manager that the keys of an entry need. */
export interface IssuerKeysContext {
  readonly now: () => number;
  /** Whether secrets may be shorter than the hash. */
  readonly allowWeakSecret: boolean;
  /** Called for each failed fetch of keys. */
  readonly onFailure: (issuer: string, error: Error) => void;
}

/** The keys of an entry. */
export interface IssuerKeys {
  readonly keys: KeySource;
  /** The URL, without its query, that `allowHttp` lets be http. */
  readonly httpUrl?: string;
}

/**
 * Opens the keys of `entry`. `stated` is the entry as it was written, without defaults. Throws
 * `InvalidConfigError` with the path.
 */
export function openIssuerKeys(
  entry: TrustEntry,
  path: string,
  stated: object,
  context: IssuerKeysContext,
): IssuerKeys {
  const given = (["jwksUri", "discovery", "jwks"] as const).filter((option) => entry[option] !== undefined);
  const [from] = given;
  if (given.length !== 1 || !from)
    throw new InvalidConfigError(
      path,
      `must have exactly one of jwksUri, discovery and jwks${given.length > 1 ? `, and has ${given.join(" and ")}` : ""}`,
    );
  if (from === "jwks") return { keys: openLocalKeys(entry, path, stated, context) };
  if (entry.algorithms.some((algorithm) => algorithm.startsWith("HS")))
    throw new InvalidConfigError(
      `${path}.algorithms`,
      "must not contain HS* without jwks, because a published key set contains no secrets",
    );
  // An entry without an issuer has local keys.
  const issuer = entry.issuer as string;
  const url = readKeyUrl(entry.jwksUri ?? issuer, entry, `${path}.${from === "jwksUri" ? "jwksUri" : "issuer"}`);
  // Its metadata is below its path (OpenID Connect Discovery 1.0, section 4).
  if (from === "discovery" && (url.search !== "" || url.hash !== ""))
    throw new InvalidConfigError(
      `${path}.issuer`,
      "must not have a query or a fragment with discovery; set jwksUri instead",
    );
  const headers = naming(`${path}.headers`, () => readHeaders(entry.headers));
  const { maxBytes } = REMOTE_KEYS_DEFAULTS;
  const options: RemoteKeysOptions & DiscoveryOptions = {
    ...entry,
    allowHttp: entry.allowHttp ?? false,
    headers,
    fetch: entry.fetch,
    maxBytes,
    now: context.now,
    onFailure: (error) => context.onFailure(issuer, error),
  };
  const keys = createRemoteKeys(
    from === "jwksUri" ? () => url.href : (signal) => discoverKeySet(issuer, options, signal),
    options,
  );
  return entry.allowHttp && url.protocol === "http:" ? { keys, httpUrl: url.origin + url.pathname } : { keys };
}

function readKeyUrl(url: string, entry: TrustEntry, option: string): URL {
  const allowHttp = entry.allowHttp === true;
  return naming(
    option,
    () => checkKeyUrl(url, { allowHttp }),
    (message) =>
      !allowHttp && isPrivateHttp(url) ? `${message}; inside a private network, set allowHttp: true` : message,
  );
}

function isPrivateHttp(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.protocol === "http:" && isPrivateHost(parsed.hostname);
}

function openLocalKeys(
  { jwks, algorithms: named }: TrustEntry,
  path: string,
  stated: object,
  { allowWeakSecret }: IssuerKeysContext,
): KeySource {
  const idle = OF_FETCHED_KEYS.find((option) => Object.hasOwn(stated, option));
  if (idle)
    throw new InvalidConfigError(
      `${path}.${idle}`,
      "cannot be combined with jwks, because no keys are fetched; remove it",
    );
  const place = `${path}.jwks`;
  if (!jwks?.keys.every((key) => typeof key === "object" && key !== null))
    throw new InvalidConfigError(place, NO_KEY_SET);
  const isPrivate = jwks.keys.findIndex((key) => key.kty !== "oct" && key.d != null);
  if (isPrivate >= 0)
    throw new InvalidConfigError(`${place}.keys.${isPrivate}`, "must be a public key; remove its private members");
  const set = naming(place, () => readKeySet(structuredClone(jwks), { secrets: true, allowWeakSecret }));
  const algorithms = named.map(canonicalAlgorithm);
  checkSecrets(jwks.keys, algorithms, place, allowWeakSecret);
  if (!algorithms.some((algorithm) => set.matching(undefined, algorithm).length > 0)) {
    explainOnlyKey(jwks.keys, algorithms, place);
    throw new InvalidConfigError(place, "must contain a key for one of the algorithms");
  }
  return { current: () => set, renewed: () => set };
}

// A set ignores keys that it cannot use. The tokens of an ignored secret would count as forged.
function checkSecrets(
  keys: readonly JWK[],
  algorithms: readonly CanonicalAlgorithm[],
  place: string,
  allowWeakSecret: boolean,
): void {
  for (const [index, jwk] of keys.entries()) {
    if (jwk.kty !== "oct") continue;
    naming(`${place}.keys.${index}`, () => readSecretBytes(jwk));
    if (allowWeakSecret) continue;
    const secret = new SigningKey(jwk, { allowWeakSecret: true });
    const served = algorithms.filter((algorithm) => secret.serves(algorithm));
    const strong = new SigningKey(jwk);
    const [algorithm] = served;
    if (algorithm && !served.some((one) => strong.serves(one)))
      naming(`${place}.keys.${index}`, () => strong["~prepare"](algorithm));
  }
}

/** Throws the fault of a set's only key. With several keys, the intended one is unknown. */
function explainOnlyKey(keys: readonly JWK[], algorithms: readonly CanonicalAlgorithm[], place: string): void {
  const [only, ...others] = keys;
  const algorithm = algorithms.find((one) => keyType(one) === only?.kty) ?? algorithms[0];
  if (only && algorithm && others.length === 0)
    naming(`${place}.keys.0`, () => new SigningKey(only, { allowWeakSecret: true })["~prepare"](algorithm));
}
