/** Trusted issuers: the options, read once, and what a token of each must be to pass for one of ours. */

import type { JSONWebKeySet } from "jose";
import * as z from "zod";
import { InvalidConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import { discoverKeySet } from "../jwt/jwks/discovery.ts";
import { checkKeyUrl, type KeyFetch, readHeaders } from "../jwt/jwks/key-fetch.ts";
import { readKeySet } from "../jwt/jwks/key-set.ts";
import { createRemoteKeys, REMOTE_KEYS_DEFAULTS, type RemoteKeysOptions } from "../jwt/jwks/remote-keys.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import { algorithmSchema, functionSchema, parseOptions, refuseUndefined } from "../parse-options.ts";
import { compileRule, type Plan } from "../rules/compile.ts";
import type { Json } from "../rules/rule.ts";
import { RESERVED_CLAIMS } from "../tokens/user-claims.ts";
import { withErrorContext } from "../util/error-context.ts";
import { MAX_SECONDS, MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";
import { acceptToken, type IssuerPolicy, isAccessTokenType } from "./accept-token.ts";

/** An issuer whose tokens pass the same guards as the manager's own. */
export interface TrustedIssuer {
  /** Its `iss`, to the letter. */
  readonly issuer: string;
  /**
   * The URL of its key set: https, or http on a loopback address. Exactly one of `jwksUri`,
   * `discovery` and `jwks` must be set.
   * @default none
   */
  readonly jwksUri?: string;
  /**
   * Reads `jwks_uri` from the issuer's `/.well-known/openid-configuration`.
   * @default none
   * @see OpenID Connect Discovery 1.0, section 4
   */
  readonly discovery?: true;
  /**
   * Its key set itself, of public keys, or of secrets for HS*.
   * @default none
   * @see RFC 7517, section 5
   */
  readonly jwks?: JSONWebKeySet;
  /**
   * The token must be for one of these; `null` accepts any `aud`, and then `typ` must be `"at+jwt"`
   * or `require` be given.
   */
  readonly audience: string | readonly string[] | null;
  /**
   * The claim that must hold `audience`; Cognito's access tokens have `"client_id"`. Cannot be
   * combined with `audience: null`.
   * @default "aud"
   */
  readonly audienceClaim?: string;
  /** The algorithms that its tokens may be signed with. HS* only with `jwks`. */
  readonly algorithms: readonly Algorithm[];
  /**
   * The `typ` of the header, with or without `application/`; `null` for any.
   * @default "at+jwt"
   * @see RFC 9068, section 2.1
   */
  readonly typ?: string | null;
  /**
   * Claims that each of its tokens must have, such as `{ token_use: "access" }`; matched as a
   * rule's `claims` are. Without it, and with another `typ` than `"at+jwt"`, a token must have some
   * claim that ID tokens do not have, such as a scope, and must not call itself a refresh token.
   * @default none
   */
  readonly require?: Readonly<Record<string, Json>>;
  /**
   * The claim (or dotted path) that holds the scope, several whose words are joined, or a function
   * of the claims.
   * @default "scope"
   */
  readonly scopeClaim?: string | readonly string[] | ((claims: JwtPayload) => unknown);
  /**
   * `"verbatim"`, or a function that tells its subjects from yours. Must be stated if there is more
   * than one issuer. The function reads claims that are text or safe integers, by their names; any
   * other claim that it reads, an absent one too, rejects the token (`CLAIM_INVALID`). `"tenant" in
   * claims` asks for one that may be absent.
   * @default "verbatim"
   */
  readonly subject?: "verbatim" | ((claims: JwtPayload) => string);
  /**
   * Further claims, by name or dotted path, that rules and resolvers may read under that name. Must
   * be stated if there is more than one issuer.
   * @default all but `type`, `sid` and `rid`
   */
  readonly claims?: readonly string[];
  /**
   * Seconds that a fetched key set is trusted. Cannot be combined with `jwks`, and neither can the
   * next five options.
   * @default 300
   */
  readonly lifespan?: number;
  /**
   * Seconds that a fetch may take, discovery included.
   * @default 5
   */
  readonly timeout?: number;
  /**
   * The fewest seconds between two fetches that a failure or an unknown `kid` causes.
   * @default 30
   */
  readonly cooldown?: number;
  /**
   * Seconds beyond `lifespan` that the last good set serves while the issuer cannot be reached.
   * @default 3600
   */
  readonly staleIfError?: number;
  /**
   * Sent with every request for keys.
   * @default none
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Fetches the key set in place of the runtime's `fetch`.
   * @default the runtime's `fetch`
   */
  readonly fetch?: KeyFetch;
}

/** A trusted issuer, read. */
export interface ResolvedIssuer {
  readonly keys: KeySource;
  readonly algorithms: readonly Algorithm[];
  /** The claims as rules may read them, of a token whose signature holds. Throws a token error. */
  accept(header: JwtHeader, payload: JwtPayload): Record<string, unknown>;
}

const NO_KEY_SET = "is no JSON Web Key Set";
const names = z.array(z.string().min(1)).min(1);
const anyFunction = functionSchema<(claims: JwtPayload) => never>();
const jwksSchema = z.custom<JSONWebKeySet>(
  (value) => Array.isArray((value as JSONWebKeySet | null | undefined)?.keys),
  NO_KEY_SET,
);
const seconds = z.number().nonnegative().max(MAX_SECONDS);

const trustSchema = z.strictObject({
  issuer: z.string().min(1),
  jwksUri: z.string().optional(),
  discovery: z.literal(true).optional(),
  jwks: jwksSchema.optional(),
  audience: z.union([z.string().min(1), names, z.null()], "must be a name, a list of names, or null"),
  audienceClaim: z.string().min(1).optional(),
  algorithms: z.array(algorithmSchema).min(1),
  typ: z.union([z.string().min(1), z.null()], "must be a type or null").default("at+jwt"),
  require: z
    .record(z.string().min(1), z.json())
    .refine((claims) => Object.keys(claims).length > 0, "names no claim")
    .optional(),
  scopeClaim: z.union([z.string().min(1), names, anyFunction], "must be a name, names or a function").default("scope"),
  subject: z.union([z.literal("verbatim"), anyFunction], 'must be "verbatim" or a function').optional(),
  claims: z.array(z.string().min(1)).optional(),
  lifespan: seconds.positive().default(REMOTE_KEYS_DEFAULTS.lifespan),
  timeout: seconds.positive().max(MAX_TIMEOUT_SECONDS).default(REMOTE_KEYS_DEFAULTS.timeout),
  cooldown: seconds.default(REMOTE_KEYS_DEFAULTS.cooldown),
  staleIfError: seconds.default(REMOTE_KEYS_DEFAULTS.staleIfError),
  headers: z.record(z.string(), z.string()).default({}),
  fetch: functionSchema<KeyFetch>().optional(),
});

type Parsed = z.infer<typeof trustSchema>;

/** What the manager adds to each entry. */
export interface TrustContext {
  /** The manager's own issuer, where it has keys of its own. */
  readonly ownIssuer: string | undefined;
  readonly leeway: number;
  readonly now: () => number;
  /** Told of every fetch of an issuer's keys that failed. */
  readonly onFailure: (issuer: string, error: Error) => void;
}

/** Reads the option `trust`: issuers by name. Throws `InvalidConfigError` that names the place. */
export function resolveTrust(trust: readonly unknown[], context: TrustContext): ReadonlyMap<string, ResolvedIssuer> {
  const issuers = new Map<string, ResolvedIssuer>();
  const isAlone = trust.length === 1 && context.ownIssuer === undefined;
  for (const [index, value] of trust.entries()) {
    const path = `trust.${index}`;
    refuseUndefined(value, path);
    const entry = parseOptions(trustSchema, value, path);
    if (entry.issuer === context.ownIssuer) throw new InvalidConfigError(`${path}.issuer`, "is the manager's own");
    if (issuers.has(entry.issuer)) throw new InvalidConfigError(`${path}.issuer`, "is trusted by an earlier entry");
    checkEntry(entry, path, isAlone);
    const policy: IssuerPolicy = {
      ...entry,
      require: compileRequired(entry, path),
      audienceClaim: entry.audienceClaim ?? "aud",
      subject: entry.subject ?? "verbatim",
      leeway: context.leeway,
    };
    issuers.set(entry.issuer, {
      keys: openKeys(entry, path, value as object, context),
      algorithms: entry.algorithms,
      accept: (header, payload) => acceptToken(policy, header, payload, context.now()),
    });
  }
  return issuers;
}

function checkEntry(entry: Parsed, path: string, isAlone: boolean): void {
  const fail = (option: string, message: string): never => {
    throw new InvalidConfigError(`${path}.${option}`, message);
  };
  if (entry.audience === null && entry.audienceClaim !== undefined)
    fail("audienceClaim", "is held against no audience");
  if (entry.audience === null && !isAccessTokenType(entry.typ) && !entry.require)
    fail("audience", 'null needs typ "at+jwt" or require: nothing else tells an access token from an ID token');
  const reserved = entry.claims?.findIndex((claim) => RESERVED_CLAIMS.includes(claim)) ?? -1;
  if (reserved >= 0) fail(`claims.${reserved}`, "is not to be listed: it is always there, or never");
  if (isAlone) return;
  for (const option of ["subject", "claims"] as const) {
    if (entry[option] === undefined) fail(option, "must be stated where there is more than one issuer");
  }
}

function compileRequired({ require }: Parsed, path: string): Plan | undefined {
  if (!require) return undefined;
  return naming(
    `${path}.require`,
    () => compileRule({ claims: require }),
    (message) => message.replaceAll("rule.claims", "require"),
  );
}

const OF_FETCHED_KEYS = ["lifespan", "timeout", "cooldown", "staleIfError", "headers", "fetch"];

function openKeys(entry: Parsed, path: string, stated: object, { now, onFailure }: TrustContext): KeySource {
  const given = (["jwksUri", "discovery", "jwks"] as const).filter((option) => entry[option] !== undefined);
  const [from] = given;
  if (given.length !== 1 || !from)
    throw new InvalidConfigError(
      path,
      `needs exactly one of jwksUri, discovery and jwks${given.length > 1 ? `, and has ${given.join(" and ")}` : ""}`,
    );
  if (from === "jwks") return openLocalKeys(entry, path, stated);
  if (entry.algorithms.some((algorithm) => algorithm.startsWith("HS")))
    throw new InvalidConfigError(`${path}.algorithms`, "holds HS*, whose secret no published key set can hold");
  const url = naming(`${path}.${from === "jwksUri" ? "jwksUri" : "issuer"}`, () =>
    checkKeyUrl(entry.jwksUri ?? entry.issuer),
  );
  // Its metadata is below its path (OpenID Connect Discovery 1.0, section 4).
  if (from === "discovery" && (url.search !== "" || url.hash !== ""))
    throw new InvalidConfigError(`${path}.issuer`, "must have no query and no fragment to be discovered");
  const headers = naming(`${path}.headers`, () => readHeaders(entry.headers));
  const { maxBytes } = REMOTE_KEYS_DEFAULTS;
  const options: RemoteKeysOptions = {
    ...entry,
    headers,
    fetch: entry.fetch,
    maxBytes,
    now,
    onFailure: (error) => onFailure(entry.issuer, error),
  };
  return createRemoteKeys(
    from === "jwksUri" ? () => url.href : (signal) => discoverKeySet(entry.issuer, options, signal),
    options,
  );
}

function openLocalKeys({ jwks, algorithms }: Parsed, path: string, stated: object): KeySource {
  const idle = OF_FETCHED_KEYS.find((option) => Object.hasOwn(stated, option));
  if (idle) throw new InvalidConfigError(`${path}.${idle}`, "is for keys that are fetched, and jwks is there already");
  const place = `${path}.jwks`;
  if (!jwks?.keys.every((key) => typeof key === "object" && key !== null))
    throw new InvalidConfigError(place, NO_KEY_SET);
  const isPrivate = jwks.keys.findIndex((key) => key.kty !== "oct" && "d" in key);
  if (isPrivate >= 0) throw new InvalidConfigError(`${place}.keys.${isPrivate}`, "is a private key");
  const set = naming(place, () => readKeySet(structuredClone(jwks), { secrets: true }));
  const served = algorithms.find((algorithm) => set.matching(undefined, algorithm).length > 0);
  if (served === undefined) throw new InvalidConfigError(place, "has no key for any of the algorithms");
  return { current: () => set, renewed: () => set };
}

function naming<T>(option: string, read: () => T, wordsOf: (message: string) => string = (message) => message): T {
  return withErrorContext(read, (cause) => {
    const message = cause instanceof Error ? wordsOf(cause.message) : "is invalid";
    return new InvalidConfigError(option, message, { cause });
  });
}
