/** Reads the manager's options once, strictly, into a frozen plan of keys, times and places; every wrong option fails here. */

import * as z from "zod";
import { InvalidConfigError, MissingConfigError, MissingSignerError } from "../errors.ts";
import { createEmit, type Emit, type EventHandler } from "../events.ts";
import type { Cookies } from "../exchange/cookies.ts";
import type { Csrf } from "../exchange/csrf.ts";
import { type ResolvedIssuer, resolveTrust } from "../issuers/trusted-issuers.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import { anyKey, type KeyLoader, parseKeyRefresh } from "../key-ring/key-options.ts";
import { createListedRing, createLoadedRing, createSingleKeyRing, type KeyRing } from "../key-ring/key-ring.ts";
import {
  algorithmSchema,
  functionSchema,
  maxAgeSchema,
  parseOptions,
  refuseUndefined,
  tokenAgeSchema,
} from "../parse-options.ts";
import type { ResponseLoaders } from "../refusal-words.ts";
import type { Claims } from "../rules/rule.ts";
import type { StandardSchema } from "../tokens/claims-schema.ts";
import { DEFAULT_MAX_AGE } from "../tokens/token-type.ts";
import { checkedClock, systemClock } from "../util/seconds.ts";
import type { Authorize } from "./authorize-options.ts";
import { cookieSchema, nameSchema, refuseUndefinedFormer, resolveCookies } from "./cookie-options.ts";
import { csrfSchema } from "./csrf-options.ts";
import { resolveSessions, type SessionConfig, sessionFields } from "./session-options.ts";

/** The options, read. */
export interface ResolvedConfig {
  /** The manager's own issuer and keys; absent where it only trusts others. */
  readonly own:
    | { readonly issuer: string; readonly keys: KeyRing; readonly authMaxAge: number; readonly refreshMaxAge: number }
    | undefined;
  /** Other issuers, by name. */
  readonly trust: ReadonlyMap<string, ResolvedIssuer>;
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
  /** Asked for every request. */
  readonly authorize: Authorize | undefined;
  /** Asked when a session's tokens are issued. */
  readonly authorizeIssue: Authorize | undefined;
}

const audienceSchema = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const anyFunction = functionSchema();
const standardSchema = z.custom<StandardSchema<Claims>>(
  (value) =>
    typeof (value as Partial<StandardSchema<Claims>> | null | undefined)?.["~standard"]?.validate === "function",
  "is not a Standard Schema",
);

const configSchema = z.strictObject({
  issuer: z.string().min(1).optional(),
  algorithm: algorithmSchema.optional(),
  secret: anyKey.optional(),
  privateKey: anyKey.optional(),
  publicKey: anyKey.optional(),
  // Read by the key ring, which names the place in a list.
  keys: z
    .union(
      [z.array(z.unknown()), functionSchema<KeyLoader>()],
      "is neither a list of keys nor a function, such as keysFromFile(path)",
    )
    .optional(),
  keyRefresh: z.unknown().optional(),
  trust: z.array(z.unknown()).min(1, "names no issuer").optional(),
  allowWeakSecret: z.boolean().default(false),
  audience: audienceSchema.optional(),
  authMaxAge: tokenAgeSchema.optional(),
  refreshMaxAge: tokenAgeSchema.optional(),
  maxTokenAge: maxAgeSchema.optional(),
  leeway: z.number().nonnegative().default(0),
  claimsSchema: standardSchema.optional(),
  authorize: anyFunction.optional(),
  authorizeAt: z.enum(["issue", "request"]).optional(),
  header: z
    .strictObject({
      name: nameSchema.default("authorization"),
      scheme: z.union([nameSchema, z.literal("")]).default("Bearer"),
    })
    .default({
      name: "authorization",
      scheme: "Bearer",
    }),
  cookies: cookieSchema.optional(),
  csrf: csrfSchema.optional(),
  ...sessionFields,
  responses: z
    .strictObject({
      expired: anyFunction.optional(),
      invalid: anyFunction.optional(),
      unauthorized: anyFunction.optional(),
    })
    .default({}),
  onEvent: anyFunction.optional(),
  maxTokenLength: z.number().int().positive().default(8192),
  ambient: z.boolean().default(false),
  cache: z.union([z.strictObject({ max: z.number().int().positive() }), z.literal(false)]).default({ max: 10_000 }),
  now: anyFunction.optional(),
});

type ParsedOptions = z.infer<typeof configSchema>;

/** Reads the options. Throws `MissingConfigError` or `InvalidConfigError` that names the option. */
export function resolveConfig(config: unknown): ResolvedConfig {
  const options = readOptions(config);
  const now = checkedClock(
    (options.now as (() => number) | undefined) ?? systemClock,
    () => new InvalidConfigError("now", "gave no number of seconds"),
  );
  checkAuthorize(options);
  checkClaimsSchema(options.claimsSchema);
  const emit = createEmit(options.onEvent as EventHandler | undefined, now);
  const onFailure = (issuer: string, error: Error): void => emit({ type: "keys-failed", issuer, error });
  const keys = openKeys(options, now, onFailure);
  const own = keys && { issuer: options.issuer as string, keys, ...readAges(options) };
  const sessions = resolveSessions(options);
  const asked = options.authorizeAt === "request";
  return Object.freeze({
    own,
    trust: resolveTrust(options.trust ?? [], { ownIssuer: own?.issuer, leeway: options.leeway, now, onFailure }),
    maxTokenAge: options.maxTokenAge ?? Number.POSITIVE_INFINITY,
    audience: typeof options.audience === "string" ? [options.audience] : options.audience,
    leeway: options.leeway,
    maxTokenLength: options.maxTokenLength,
    header: { name: options.header.name.toLowerCase(), scheme: options.header.scheme },
    // Nothing is undefined by now, so what zod calls optional is just absent.
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
 * others.
 */
export function requireOwn({ own }: ResolvedConfig): NonNullable<ResolvedConfig["own"]> {
  if (!own) throw new MissingSignerError("The manager has no key to sign with");
  return own;
}

function readOptions(config: unknown): ParsedOptions {
  if (typeof config !== "object" || config === null) throw new MissingConfigError("issuer");
  const given = config as Readonly<Record<string, unknown>>;
  const isTrustOnly = given["trust"] !== undefined && OF_OWN_KEYS.every((option) => given[option] === undefined);
  if (!isTrustOnly) {
    if (given["issuer"] === undefined) throw new MissingConfigError("issuer");
    if (given["algorithm"] === undefined && given["keys"] === undefined) throw new MissingConfigError("algorithm");
  }
  refuseUndefined(config, "", ["header", "cookies", "csrf", "cache", "responses"]);
  refuseUndefinedFormer(given["cookies"]);
  return parseOptions(configSchema, config);
}

// What makes keys of the manager's own, and what is for their tokens only: an `audience` that
// nobody checks must not look like a check.
const OF_OWN_KEYS = ["issuer", "algorithm", "secret", "privateKey", "publicKey", "keys"];
const OF_OWN_TOKENS = [
  "audience",
  "authMaxAge",
  "refreshMaxAge",
  "maxTokenAge",
  "allowWeakSecret",
  "sessions",
] as const;

function openKeys(
  options: ParsedOptions,
  now: () => number,
  onFailure: (issuer: string, error: Error) => void,
): KeyRing | undefined {
  const { issuer, algorithm, keys } = options;
  if (keys === undefined && options.keyRefresh !== undefined) throw new MissingConfigError("keys", "keyRefresh");
  if (issuer === undefined) {
    const idle = OF_OWN_TOKENS.find((option) => options[option]);
    if (idle) throw new InvalidConfigError(idle, "is for tokens of the manager's own, and it only trusts others");
    return undefined;
  }
  const { allowWeakSecret } = options;
  const shared = { issuer, allowWeakSecret, now, ...readAges(options) };
  if (keys === undefined) return createSingleKeyRing({ ...options, ...shared, algorithm: algorithm as Algorithm });
  const beside = (["algorithm", "secret", "privateKey", "publicKey"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (beside) throw new InvalidConfigError(beside, "does not stand beside keys, each of which says its own");
  if (typeof keys === "function")
    return createLoadedRing(keys, parseKeyRefresh(options.keyRefresh), shared, (error) => onFailure(issuer, error));
  if (options.keyRefresh !== undefined)
    throw new InvalidConfigError("keyRefresh", "is for keys that a function loads, and these are a list");
  return createListedRing(keys, shared);
}

// Defaults give way to the bound; what was asked for must keep to it.
function readAges(options: ParsedOptions): { readonly authMaxAge: number; readonly refreshMaxAge: number } {
  const { maxTokenAge = Number.POSITIVE_INFINITY } = options;
  for (const option of ["authMaxAge", "refreshMaxAge"] as const) {
    if ((options[option] ?? 0) > maxTokenAge) throw new InvalidConfigError(option, "is more than maxTokenAge");
  }
  const { authMaxAge = DEFAULT_MAX_AGE.auth, refreshMaxAge = DEFAULT_MAX_AGE.refresh } = options;
  return { authMaxAge: Math.min(authMaxAge, maxTokenAge), refreshMaxAge: Math.min(refreshMaxAge, maxTokenAge) };
}

// Rights that are never looked up would be rights that never change: say so instead of doing
// nothing.
function checkAuthorize(options: ParsedOptions): void {
  if (options.authorize === undefined && options.authorizeAt !== undefined)
    throw new MissingConfigError("authorize", "authorizeAt");
  const needsSessions = options.authorize !== undefined && options.authorizeAt !== "request";
  if (needsSessions && options.sessions === undefined) throw new MissingConfigError("sessions", "authorize");
}

function checkClaimsSchema(schema: ResolvedConfig["claimsSchema"]): void {
  const probe = schema?.["~standard"].validate({});
  if (!(probe instanceof Promise)) return;
  probe.catch(() => undefined);
  throw new InvalidConfigError("claimsSchema", "validates asynchronously, and tokens are checked synchronously");
}
