/** Reads one entry of the option `trust` by its schema. */
import type { JSONWebKeySet } from "jose";
import * as z from "zod/mini";
import { InvalidConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { JwtPayload } from "../jwt/compact.ts";
import type { KeyFetch } from "../jwt/jwks/key-fetch.ts";
import { REMOTE_KEYS_DEFAULTS } from "../jwt/jwks/remote-keys.ts";
import {
  algorithmSchema,
  dateSchema,
  functionSchema,
  parseOptions,
  rejectUndefined,
  secondsSchema,
  textSchema,
} from "../parse-options.ts";
import type { Json } from "../rules/rule.ts";
import { withErrorContext } from "../util/error-context.ts";
import { lazy } from "../util/lazy.ts";
import { MAX_SECONDS, MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";
import type { SubjectOption } from "./issuer-subject.ts";

/** An entry of `trust` with its defaults. */
export interface TrustEntry {
  readonly issuer: string | null;
  readonly jwksUri?: string | undefined;
  readonly discovery?: true | undefined;
  readonly jwks?: JSONWebKeySet | undefined;
  readonly allowHttp?: true | undefined;
  readonly audience: string | readonly string[] | null;
  readonly audienceClaim?: string | undefined;
  readonly algorithms: readonly Algorithm[];
  readonly typ: string | null;
  readonly require?: Readonly<Record<string, Json>> | null | undefined;
  readonly scopeClaim: string | readonly string[] | ((claims: JwtPayload) => unknown);
  readonly subject?: SubjectOption | undefined;
  readonly claims?: readonly string[] | undefined;
  readonly issuedBefore?: number | undefined;
  readonly lifespan: number;
  readonly timeout: number;
  readonly cooldown: number;
  readonly staleIfError: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch?: KeyFetch | undefined;
}

/** The error for a value that is not a key set. */
export const NO_KEY_SET: string = "must be a JSON Web Key Set: { keys: [...] }";
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
const onlyTrue = /* @__PURE__ */ z.literal(true, "must be true; to switch it off, leave it out");
const seconds = secondsSchema({ max: MAX_SECONDS });

const trustSchema = lazy(() =>
  z.strictObject({
    issuer: z.union([textSchema, z.null()], "must be a string that is not empty, or null for tokens without iss"),
    jwksUri: z.optional(z.string()),
    discovery: z.optional(onlyTrue),
    jwks: z.optional(jwksSchema),
    allowHttp: z.optional(onlyTrue),
    audience: z.union([textSchema, names, z.null()], "must be a string, a list of strings, or null"),
    audienceClaim: z.optional(textSchema),
    algorithms: z.array(algorithmSchema).check(z.minLength(1)),
    typ: z.optional(z.union([textSchema, z.null()], "must be a string or null")),
    require: z.optional(
      z.nullable(
        z
          .record(textSchema, jsonSchema)
          .check(z.refine((claims) => Object.keys(claims).length > 0, "must name a claim")),
      ),
    ),
    scopeClaim: z._default(
      z.union([textSchema, names, anyFunction], "must be a claim, a list of claims, or a function"),
      "scope",
    ),
    subject: z.optional(z.union([z.literal("verbatim"), anyFunction], 'must be "verbatim" or a function')),
    claims: z.optional(z.array(textSchema)),
    issuedBefore: z.optional(dateSchema),
    lifespan: z._default(secondsSchema({ max: MAX_SECONDS, isPositive: true }), REMOTE_KEYS_DEFAULTS.lifespan),
    timeout: z._default(secondsSchema({ max: MAX_TIMEOUT_SECONDS, isPositive: true }), REMOTE_KEYS_DEFAULTS.timeout),
    cooldown: z._default(seconds, REMOTE_KEYS_DEFAULTS.cooldown),
    staleIfError: z._default(seconds, REMOTE_KEYS_DEFAULTS.staleIfError),
    headers: z._default(z.record(z.string(), z.string()), {}),
    fetch: z.optional(functionSchema<KeyFetch>()),
  }),
);

/** Reads an entry. Throws `InvalidConfigError` with its path. */
export function readTrustEntry(value: unknown, path: string): TrustEntry {
  rejectUndefined(value, path);
  const { typ, ...entry } = parseOptions(trustSchema(), value, path);
  // PyJWT, which made the known tokens without `iss`, writes JWT.
  const usual = entry.issuer === null ? "JWT" : "at+jwt";
  return { ...entry, typ: typ === undefined ? usual : typ };
}

/**
 * Runs `read`. An error of it is an `InvalidConfigError` of `option`, in the words of `wordsOf`.
 */
export function naming<T>(
  option: string,
  read: () => T,
  wordsOf: (message: string) => string = (message) => message,
): T {
  return withErrorContext(read, (cause) => {
    const message = cause instanceof Error ? wordsOf(cause.message) : "must be valid";
    return new InvalidConfigError(option, message, { cause });
  });
}
