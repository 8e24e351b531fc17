/** Reads the manager's options once, strictly, into a frozen config. */

import * as z from "zod/mini";
import { InvalidConfigError, MissingConfigError, MissingSignerError } from "../errors.ts";
import { createEmit, type Emit, type EventHandler } from "../events.ts";
import type { Cookies } from "../exchange/cookies.ts";
import type { Csrf } from "../exchange/csrf.ts";
import { type IssuerNames, resolveFormerIssuers } from "../issuers/former-issuers.ts";
import { resolveTrust, type TrustedIssuers } from "../issuers/resolve-trust.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import { SignatureQueue } from "../jwt/signatures/signature-queue.ts";
import { anyKey, type KeyLoader, parseKeyRefresh } from "../key-ring/key-options.ts";
import { createListedRing, createLoadedRing, createSingleKeyRing, type KeyRing } from "../key-ring/key-ring.ts";
import {
  algorithmSchema,
  countSchema,
  describeUnknown,
  functionSchema,
  maxAgeSchema,
  parseOptions,
  rejectUndefined,
  remedyForUnset,
  textSchema,
  tokenAgeSchema,
} from "../parse-options.ts";
import type { ResponseLoaders } from "../refusal-words.ts";
import type { Claims } from "../rules/rule.ts";
import type { StandardSchema } from "../tokens/claims-schema.ts";
import { DEFAULT_AUTH_MAX_AGE, DEFAULT_REFRESH_MAX_AGE } from "../tokens/token-type.ts";
import { lazy } from "../util/lazy.ts";
import { nearestName } from "../util/nearest-name.ts";
import { checkedClock, systemClock } from "../util/seconds.ts";
import type { Authorize } from "./authorize-options.ts";
import { cookieSchema, nameSchema, rejectUndefinedFormer, resolveCookies } from "./cookie-options.ts";
import { csrfSchema } from "./csrf-options.ts";
import { resolveSessions, type SessionConfig, STORE_REMEDY, sessionFields } from "./session-options.ts";

/** The options with their defaults, keys and issuers. */
export interface ResolvedConfig {
  /** The manager's own issuer and keys; absent if it only trusts other issuers. */
  readonly own: OwnIssuer | undefined;
  readonly trust: TrustedIssuers;
  /** The manager's signatures on libuv's threads. */
  readonly signatures: SignatureQueue;
  readonly maxTokenAge: number;
  readonly audience: readonly string[] | undefined;
  readonly leeway: number;
  readonly maxTokenLength: number;
  readonly header: { readonly name: string; readonly scheme: string };
  readonly cookies: Cookies;
  readonly sessions: SessionConfig | undefined;
  /** In seconds. */
  readonly storeTimeout: number;
  readonly responses: ResponseLoaders;
  readonly emit: Emit;
  readonly csrf: Csrf;
  readonly ambient: boolean;
  readonly cacheMax: number;
  readonly now: () => number;
  readonly claimsSchema: StandardSchema<Claims> | undefined;
  /** Called for each request. */
  readonly authorize: Authorize | undefined;
  /** Called when a session's tokens are issued. */
  readonly authorizeIssue: Authorize | undefined;
}

/** The manager's names, keys and lifetimes of tokens. */
export interface OwnIssuer extends IssuerNames {
  readonly keys: KeyRing;
  readonly authMaxAge: number;
  readonly refreshMaxAge: number;
}

const audienceSchema = lazy(() =>
  z.union([textSchema, z.array(textSchema).check(z.minLength(1))], "must be a string or a list of strings"),
);
const anyFunction = functionSchema();
const standardSchema = z.custom<StandardSchema<Claims>>(
  (value) =>
    typeof (value as Partial<StandardSchema<Claims>> | null | undefined)?.["~standard"]?.validate === "function",
  "must be a Standard Schema, such as a schema of zod or valibot",
);

const schemeSchema = lazy(() =>
  z
    .string()
    .check(
      z.refine(
        (text) => text === "" || nameSchema.safeParse(text).success,
        "must be a scheme such as Bearer, or blank",
      ),
    ),
);
const LEEWAY = "must be a number of seconds, at least 0";

const configSchema = lazy(() =>
  z.strictObject({
    issuer: z.optional(textSchema),
    algorithm: z.optional(algorithmSchema),
    secret: z.optional(anyKey),
    privateKey: z.optional(anyKey),
    publicKey: z.optional(anyKey),
    // The key ring reads the keys, and names the path in a list.
    keys: z.optional(
      z.union(
        [z.array(z.unknown()), functionSchema<KeyLoader>()],
        "must be a list of keys, or a function that loads them, such as keysFromFile(path)",
      ),
    ),
    keyRefresh: z.optional(z.unknown()),
    formerIssuers: z.optional(z.array(z.unknown()).check(z.minLength(1, "must name an issuer, or be left out"))),
    trust: z.optional(z.array(z.unknown()).check(z.minLength(1, "must name an issuer"))),
    allowWeakSecret: z._default(z.boolean(), false),
    audience: z.optional(audienceSchema()),
    authMaxAge: z.optional(tokenAgeSchema),
    refreshMaxAge: z.optional(tokenAgeSchema),
    maxTokenAge: z.optional(maxAgeSchema),
    leeway: z._default(z.number(LEEWAY).check(z.nonnegative(LEEWAY)), 0),
    claimsSchema: z.optional(standardSchema),
    authorize: z.optional(anyFunction),
    authorizeAt: z.optional(z.enum(["issue", "request"])),
    header: z._default(
      z.strictObject({
        name: z._default(nameSchema, "authorization"),
        scheme: z._default(schemeSchema(), "Bearer"),
      }),
      { name: "authorization", scheme: "Bearer" },
    ),
    cookies: z.optional(cookieSchema()),
    csrf: z.optional(csrfSchema()),
    ...sessionFields(),
    responses: z._default(
      z.strictObject({
        expired: z.optional(anyFunction),
        invalid: z.optional(anyFunction),
        unauthorized: z.optional(anyFunction),
      }),
      {},
    ),
    onEvent: z.optional(anyFunction),
    maxTokenLength: z._default(countSchema("characters"), 8192),
    ambient: z._default(z.boolean(), false),
    cache: z._default(
      z.union([z.strictObject({ max: countSchema("tokens") }), z.literal(false)], "must be { max }, or false"),
      { max: 10_000 },
    ),
    now: z.optional(anyFunction),
  }),
);

type ParsedOptions = z.infer<ReturnType<typeof configSchema>>;

/**
 * Reads the options. Throws `MissingConfigError` or `InvalidConfigError` with the name of the
 * option.
 */
export function resolveConfig(config: unknown): ResolvedConfig {
  const options = readOptions(config);
  const now = checkedClock(
    (options.now as (() => number) | undefined) ?? systemClock,
    () => new InvalidConfigError("now", "must return a number of seconds since 1970; divide milliseconds by 1000"),
  );
  checkAuthorize(options);
  checkClaimsSchema(options.claimsSchema);
  const emit = createEmit(options.onEvent as EventHandler | undefined, now);
  const onFailure = (issuer: string, error: Error): void => emit({ type: "keys-failed", issuer, error });
  const keys = openKeys(options, now, onFailure);
  const { issuer = "", leeway, allowWeakSecret } = options;
  const ownIssuer = keys && issuer;
  const trust = resolveTrust(options.trust ?? [], { ownIssuer, leeway, allowWeakSecret, now, onFailure });
  const own = keys && {
    issuer,
    former: resolveFormerIssuers(options.formerIssuers ?? [], { issuer, keys, trust, now }),
    keys,
    ...readAges(options),
  };
  const sessions = resolveSessions(options);
  const asked = options.authorizeAt === "request";
  return Object.freeze({
    own,
    trust,
    signatures: new SignatureQueue(),
    maxTokenAge: options.maxTokenAge ?? Number.POSITIVE_INFINITY,
    audience: typeof options.audience === "string" ? [options.audience] : options.audience,
    leeway,
    maxTokenLength: options.maxTokenLength,
    header: { name: options.header.name.toLowerCase(), scheme: options.header.scheme },
    cookies: resolveCookies(options.cookies, sessions !== undefined),
    sessions,
    storeTimeout: options.storeTimeout,
    responses: options.responses as ResponseLoaders,
    emit,
    csrf: { origins: options.csrf?.origins ?? [], allow: options.csrf?.allow },
    ambient: options.ambient,
    cacheMax: options.cache === false ? 0 : options.cache.max,
    now,
    claimsSchema: options.claimsSchema,
    authorize: asked ? (options.authorize as Authorize | undefined) : undefined,
    authorizeIssue: asked ? undefined : (options.authorize as Authorize | undefined),
  });
}

/**
 * The manager's own issuer and keys. Throws `MissingSignerError` for a manager that only trusts
 * other issuers.
 */
export function requireOwn({ own }: ResolvedConfig): OwnIssuer {
  if (!own) throw new MissingSignerError("The manager has no key to sign with: pass issuer, algorithm and a key");
  return own;
}

function readOptions(config: unknown): ParsedOptions {
  if (typeof config !== "object" || config === null)
    throw new MissingConfigError("issuer", undefined, "pass an object of options");
  const given = config as Readonly<Record<string, unknown>>;
  const isTrustOnly = given["trust"] !== undefined && OF_OWN_KEYS.every((option) => given[option] === undefined);
  if (!isTrustOnly) {
    if (given["issuer"] === undefined)
      throw new MissingConfigError(
        "issuer",
        undefined,
        remedyForMissing(given, "issuer", "set it to the iss of tokens"),
      );
    if (given["algorithm"] === undefined && given["keys"] === undefined)
      throw new MissingConfigError(
        "algorithm",
        undefined,
        remedyForMissing(given, "algorithm", "set the algorithm of the key, such as HS256, or pass keys"),
      );
  }
  rejectUndefined(config, "", ["header", "cookies", "csrf", "cache", "responses"]);
  rejectUndefinedFormer(given["cookies"]);
  return parseOptions(configSchema(), config);
}

// One of these options makes a manager with its own keys.
const OF_OWN_KEYS = ["issuer", "algorithm", "secret", "privateKey", "publicKey", "keys"];
// These options apply to own tokens only. An `audience` without effect must not look like a check.
const OF_OWN_TOKENS = ["formerIssuers", "audience", "authMaxAge", "refreshMaxAge", "maxTokenAge", "sessions"] as const;

// A misspelt option is the likely cause of a missing one.
function remedyForMissing(given: object, option: string, otherwise: string): string {
  if (Object.hasOwn(given, option)) return remedyForUnset(option);
  const misspelt = Object.keys(given).find((name) => !(name in configSchema().shape) && nearestName(name, [option]));
  return misspelt === undefined ? otherwise : `"${misspelt}" ${describeUnknown(misspelt, [option])}`;
}

function openKeys(
  options: ParsedOptions,
  now: () => number,
  onFailure: (issuer: string, error: Error) => void,
): KeyRing | undefined {
  const { issuer, algorithm, keys } = options;
  if (keys === undefined && options.keyRefresh !== undefined)
    throw new MissingConfigError("keys", "keyRefresh", "pass a function that loads keys");
  if (issuer === undefined) {
    const idle = OF_OWN_TOKENS.find((option) => options[option]);
    if (idle === "audience")
      throw new InvalidConfigError(idle, "cannot be combined with trust alone; set the audience of each entry instead");
    if (idle)
      throw new InvalidConfigError(idle, "cannot be combined with trust alone; remove it, or pass issuer and a key");
    return undefined;
  }
  const { allowWeakSecret } = options;
  const shared = { issuer, allowWeakSecret, now, ...readAges(options) };
  if (keys === undefined) return createSingleKeyRing({ ...options, ...shared, algorithm: algorithm as Algorithm });
  const beside = (["algorithm", "secret", "privateKey", "publicKey"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (beside) throw new InvalidConfigError(beside, "cannot be combined with keys; set it on each key");
  if (typeof keys === "function")
    return createLoadedRing(keys, parseKeyRefresh(options.keyRefresh), shared, (error) => onFailure(issuer, error));
  if (options.keyRefresh !== undefined)
    throw new InvalidConfigError(
      "keyRefresh",
      "cannot be combined with a list of keys; remove it, or pass a function that loads the keys",
    );
  return createListedRing(keys, shared);
}

// maxTokenAge lowers the defaults. A longer lifetime that the user sets is an error.
function readAges(options: ParsedOptions): { readonly authMaxAge: number; readonly refreshMaxAge: number } {
  const { maxTokenAge = Number.POSITIVE_INFINITY } = options;
  for (const option of ["authMaxAge", "refreshMaxAge"] as const) {
    if ((options[option] ?? 0) > maxTokenAge) throw new InvalidConfigError(option, "must not be more than maxTokenAge");
  }
  const { authMaxAge = DEFAULT_AUTH_MAX_AGE, refreshMaxAge = DEFAULT_REFRESH_MAX_AGE } = options;
  return { authMaxAge: Math.min(authMaxAge, maxTokenAge), refreshMaxAge: Math.min(refreshMaxAge, maxTokenAge) };
}

// Without sessions, or with authorizeAt alone, no right would ever be looked up.
function checkAuthorize(options: ParsedOptions): void {
  if (options.authorize === undefined && options.authorizeAt !== undefined)
    throw new MissingConfigError("authorize", "authorizeAt", "pass the function that looks up rights");
  const needsSessions = options.authorize !== undefined && options.authorizeAt !== "request";
  if (needsSessions && options.sessions === undefined)
    throw new MissingConfigError("sessions", "authorize", `${STORE_REMEDY}, or set authorizeAt: "request"`);
}

function checkClaimsSchema(schema: ResolvedConfig["claimsSchema"]): void {
  const probe = schema?.["~standard"].validate({});
  if (!(probe instanceof Promise)) return;
  probe.catch(() => undefined);
  throw new InvalidConfigError("claimsSchema", "must validate synchronously; remove asynchronous checks from it");
}
