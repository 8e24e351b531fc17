/** Reads the option `trust` into issuers with their keys and their checks of tokens. */

import type { JSONWebKeySet } from "jose";
import * as z from "zod/mini";
import { InvalidConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import { discoverKeySet } from "../jwt/jwks/discovery.ts";
import { checkKeyUrl, type KeyFetch, readHeaders } from "../jwt/jwks/key-fetch.ts";
import { readKeySet } from "../jwt/jwks/key-set.ts";
import { createRemoteKeys, REMOTE_KEYS_DEFAULTS, type RemoteKeysOptions } from "../jwt/jwks/remote-keys.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import {
  algorithmSchema,
  functionSchema,
  parseOptions,
  rejectUndefined,
  secondsSchema,
  textSchema,
} from "../parse-options.ts";
import { compileRule, type Plan } from "../rules/compile.ts";
import type { Json } from "../rules/rule.ts";
import { RESERVED_CLAIMS } from "../tokens/user-claims.ts";
import { withErrorContext } from "../util/error-context.ts";
import { lazy } from "../util/lazy.ts";
import { MAX_SECONDS, MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";
import { acceptToken, type IssuerPolicy, isAccessTokenType } from "./accept-token.ts";

/**
 * An issuer whose tokens pass the same guards as the manager's own tokens.
 * @see RFC 9068
 */
export interface TrustedIssuer {
  /**
   * The `iss` of its tokens, which must match exactly.
   * @see RFC 7519, section 4.1.1
   */
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
   * Its key set itself, of public keys, or of secrets for HS*. Private keys are rejected.
   * @default none
   * @see RFC 7517, section 5
   */
  readonly jwks?: JSONWebKeySet;
  /**
   * The token must be for one of these audiences. `null` accepts any `aud`; then `typ` must be
   * `"at+jwt"`, or `require` must be set.
   * @see RFC 7519, section 4.1.3
   */
  readonly audience: string | readonly string[] | null;
  /**
   * The claim that must contain `audience`, such as `"client_id"` in Cognito's access tokens.
   * Cannot be combined with `audience: null`.
   * @default "aud"
   */
  readonly audienceClaim?: string;
  /**
   * The algorithms of its tokens. HS* is accepted only with `jwks`.
   * @see RFC 8725, section 3.1
   */
  readonly algorithms: readonly Algorithm[];
  /**
   * The `typ` of the header, with or without `application/`; `null` for any.
   * @default "at+jwt"
   * @see RFC 9068, section 2.1
   */
  readonly typ?: string | null;
  /**
   * Claims that each token must have, such as `{ token_use: "access" }`, matched like the `claims`
   * of a rule. Without `require`, and with another `typ` than `"at+jwt"`, a token must have a claim
   * that ID tokens lack, such as a scope. Refresh tokens are rejected.
   * @default none
   */
  readonly require?: Readonly<Record<string, Json>>;
  /**
   * The claim (or dotted path) with the scope, several claims whose words are joined, or a function
   * of the claims. The function must be synchronous.
   * @default "scope"
   */
  readonly scopeClaim?: string | readonly string[] | ((claims: JwtPayload) => unknown);
  /**
   * `"verbatim"`, or a function that makes its subjects differ from yours. Must be set if there is
   * more than one issuer. The function reads claims by their names. If it reads a claim that is
   * absent, or neither text nor a safe integer, the token is rejected (`CLAIM_INVALID`). Test an
   * optional claim by `"tenant" in claims`.
   * @default "verbatim"
   */
  readonly subject?: "verbatim" | ((claims: JwtPayload) => string);
  /**
   * Further claims, by name or dotted path, that rules and resolvers may read under that name. Must
   * be set if there is more than one issuer. Reserved claims are rejected.
   * @default all but `type`, `sid` and `rid`
   */
  readonly claims?: readonly string[];
  /**
   * Seconds for which a fetched key set is used. This option and the next five cannot be combined
   * with `jwks`.
   * @default 300
   */
  readonly lifespan?: number;
  /**
   * Seconds, up to 2,000,000, that a fetch may take, including discovery.
   * @default 5
   */
  readonly timeout?: number;
  /**
   * The minimum of seconds between two fetches that a failure or an unknown `kid` causes.
   * @default 30
   */
  readonly cooldown?: number;
  /**
   * Seconds beyond `lifespan` for which the last key set is used while the issuer is unreachable.
   * @default 3600
   */
  readonly staleIfError?: number;
  /**
   * Headers of each request for keys.
   * @default none
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Fetches the key set in place of the runtime's `fetch`.
   * @default the runtime's `fetch`
   */
  readonly fetch?: KeyFetch;
}

/** A trusted issuer with its keys and its check of tokens. */
export interface ResolvedIssuer {
  readonly keys: KeySource;
  readonly algorithms: readonly Algorithm[];
  /** Checks the claims of a token with a valid signature, and returns those that rules may read. */
  accept(header: JwtHeader, payload: JwtPayload): Record<string, unknown>;
}

const NO_KEY_SET = "must be a JSON Web Key Set: { keys: [...] }";
const names = /* @__PURE__ */ z.array(textSchema).check(z.minLength(1));
// In one schema, because a union of schemas has no message of its own.
const jsonSchema = z.pipe(
  z.custom<Json>((value) => z.json().safeParse(value).success, { error: "must be JSON", abort: true }),
  z.json(),
);
const anyFunction = functionSchema<(claims: JwtPayload) => never>();
const jwksSchema = z.custom<JSONWebKeySet>(
  (value) => Array.isArray((value as JSONWebKeySet | null | undefined)?.keys),
  NO_KEY_SET,
);
const seconds = secondsSchema({ max: MAX_SECONDS });

const trustSchema = lazy(() =>
  z.strictObject({
    issuer: textSchema,
    jwksUri: z.optional(z.string()),
    discovery: z.optional(z.literal(true)),
    jwks: z.optional(jwksSchema),
    audience: z.union([textSchema, names, z.null()], "must be a string, a list of strings, or null"),
    audienceClaim: z.optional(textSchema),
    algorithms: z.array(algorithmSchema).check(z.minLength(1)),
    typ: z._default(z.union([textSchema, z.null()], "must be a string or null"), "at+jwt"),
    require: z.optional(
      z.record(textSchema, jsonSchema).check(z.refine((claims) => Object.keys(claims).length > 0, "must name a claim")),
    ),
    scopeClaim: z._default(
      z.union([textSchema, names, anyFunction], "must be a claim, a list of claims, or a function"),
      "scope",
    ),
    subject: z.optional(z.union([z.literal("verbatim"), anyFunction], 'must be "verbatim" or a function')),
    claims: z.optional(z.array(textSchema)),
    lifespan: z._default(secondsSchema({ max: MAX_SECONDS, isPositive: true }), REMOTE_KEYS_DEFAULTS.lifespan),
    timeout: z._default(secondsSchema({ max: MAX_TIMEOUT_SECONDS, isPositive: true }), REMOTE_KEYS_DEFAULTS.timeout),
    cooldown: z._default(seconds, REMOTE_KEYS_DEFAULTS.cooldown),
    staleIfError: z._default(seconds, REMOTE_KEYS_DEFAULTS.staleIfError),
    headers: z._default(z.record(z.string(), z.string()), {}),
    fetch: z.optional(functionSchema<KeyFetch>()),
  }),
);

type Parsed = z.infer<ReturnType<typeof trustSchema>>;

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
    rejectUndefined(value, path);
    const entry = parseOptions(trustSchema(), value, path);
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
      `must have exactly one of jwksUri, discovery and jwks${given.length > 1 ? `, and has ${given.join(" and ")}` : ""}`,
    );
  if (from === "jwks") return openLocalKeys(entry, path, stated);
  if (entry.algorithms.some((algorithm) => algorithm.startsWith("HS")))
    throw new InvalidConfigError(
      `${path}.algorithms`,
      "must not contain HS* without jwks, because a published key set contains no secrets",
    );
  const url = naming(`${path}.${from === "jwksUri" ? "jwksUri" : "issuer"}`, () =>
    checkKeyUrl(entry.jwksUri ?? entry.issuer),
  );
  // Its metadata is below its path (OpenID Connect Discovery 1.0, section 4).
  if (from === "discovery" && (url.search !== "" || url.hash !== ""))
    throw new InvalidConfigError(
      `${path}.issuer`,
      "must not have a query or a fragment with discovery; set jwksUri instead",
    );
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
  const set = naming(place, () => readKeySet(structuredClone(jwks), { secrets: true }));
  const served = algorithms.find((algorithm) => set.matching(undefined, algorithm).length > 0);
  if (served === undefined) throw new InvalidConfigError(place, "must contain a key for one of the algorithms");
  return { current: () => set, renewed: () => set };
}

function naming<T>(option: string, read: () => T, wordsOf: (message: string) => string = (message) => message): T {
  return withErrorContext(read, (cause) => {
    const message = cause instanceof Error ? wordsOf(cause.message) : "must be valid";
    return new InvalidConfigError(option, message, { cause });
  });
}
