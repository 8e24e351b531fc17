/** Reads options by a strict schema. A wrong option is a config error that names its path. */
import * as z from "zod/mini";
import { InvalidConfigError } from "./errors.ts";
import { ALGORITHMS, type Algorithm } from "./jwt/algorithms.ts";
import { nearestName } from "./util/nearest-name.ts";
import { MAX_AGE_SECONDS, MAX_TOKEN_AGE_SECONDS } from "./util/seconds.ts";

/** The schema of an algorithm. */
export const algorithmSchema: z.ZodMiniType<Algorithm> = z.enum(ALGORITHMS as [Algorithm, ...Algorithm[]]);

/** The schema of a number of seconds. */
/* @__NO_SIDE_EFFECTS__ */
export function secondsSchema({
  max,
  isPositive = false,
  isWhole = false,
}: {
  readonly max: number;
  readonly isPositive?: boolean;
  readonly isWhole?: boolean;
}): z.ZodMiniNumber {
  const range =
    isPositive && !isWhole ? `above 0 and at most ${inWords(max)}` : `from ${isPositive ? 1 : 0} to ${inWords(max)}`;
  const words = `must be a ${isWhole ? "whole " : ""}number of seconds ${range}`;
  const number = isWhole ? z.number(words).check(z.int(words)) : z.number(words);
  return number.check(isPositive ? z.positive(words) : z.nonnegative(words), z.maximum(max, words));
}

/** The schema of a lifetime. */
export const maxAgeSchema: z.ZodMiniNumber = secondsSchema({ max: MAX_AGE_SECONDS, isPositive: true, isWhole: true });

/** The schema of the lifetime of a new token, at most 100 years. Milliseconds are beyond it. */
export const tokenAgeSchema: z.ZodMiniNumber = secondsSchema({
  max: MAX_TOKEN_AGE_SECONDS,
  isPositive: true,
  isWhole: true,
});

/** The schema of a date. The current time in milliseconds is beyond its range. */
export const dateSchema: z.ZodMiniType<number> = /* @__PURE__ */ z
  .number("must be a number of seconds since 1970")
  .check(
    z.nonnegative("must be a number of seconds since 1970"),
    z.maximum(
      MAX_AGE_SECONDS,
      "must be in seconds since 1970, and this number looks like milliseconds: divide it by 1000",
    ),
  );

/** The schema of a positive whole number; `unit` is such as "characters". */
/* @__NO_SIDE_EFFECTS__ */
export function countSchema(unit: string): z.ZodMiniNumber {
  const words = `must be a whole number of ${unit}, at least 1`;
  return z.number(words).check(z.int(words), z.positive(words));
}

/** The schema of a string that is not empty. */
export const textSchema: z.ZodMiniString = /* @__PURE__ */ z.string().check(z.minLength(1));

/** The schema of a function. */
/* @__NO_SIDE_EFFECTS__ */
export function functionSchema<F extends (...args: never[]) => unknown>(): z.ZodMiniType<F> {
  return z.custom<F>((value) => typeof value === "function", "must be a function");
}

/**
 * Reads `value` by `schema`. `path` is the path of the value, such as `keys.0`. Throws
 * `InvalidConfigError`.
 */
export function parseOptions<S extends z.ZodMiniType>(schema: S, value: unknown, path: string = ""): z.infer<S> {
  // Without generated code: a manager parses its options once, and a CSP may forbid `new Function`.
  const result = schema.safeParse(value, { error: describeIssue, jitless: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt option is the likely cause of a missing one.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const place = [path, ...(issue?.path ?? []), unknown ?? ""].filter((part) => part !== "").join(".");
  throw new InvalidConfigError(place || "config", issue?.message ?? "must be valid");
}

/**
 * Throws for an option with the value `undefined`: an option from an unset variable must not
 * silently switch a check off.
 */
export function rejectUndefined(options: unknown, path: string, groups: readonly string[] = []): void {
  if (typeof options !== "object" || options === null) return;
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const place = path === "" ? name : `${path}.${name}`;
    if (value === undefined)
      throw new InvalidConfigError(place, `must not be undefined: ${path === "" ? remedyForUnset(name) : REMEDY}`);
    if (groups.includes(name)) rejectUndefined(value, place);
  }
}

/** The remedy for an option that is set and undefined, as from an unset variable. */
export function remedyForUnset(option: string): string {
  const variable = Object.hasOwn(VARIABLES, option) ? VARIABLES[option] : undefined;
  return variable === undefined ? REMEDY : `is ${variable} set?`;
}

const REMEDY = "set it, or leave the option out";

const VARIABLES: Readonly<Record<string, string>> = {
  issuer: "JWT_ISSUER",
  algorithm: "JWT_AUTHTYPE",
  secret: "JWT_SECRET",
  privateKey: "the variable of the private key",
  publicKey: "the variable of the public key",
};

/** Says that an option is unknown, and names the nearest of the known options. */
export function describeUnknown(option: string, known: readonly string[]): string {
  const synonym = Object.hasOwn(SYNONYMS, option) ? SYNONYMS[option] : undefined;
  const nearest = synonym !== undefined && known.includes(synonym) ? synonym : nearestName(option, known);
  return `is not an option${nearest === undefined ? ": remove it" : `; did you mean "${nearest}"?`}`;
}

// The names of options in other libraries, where the nearest name is another option or none.
const SYNONYMS: Readonly<Record<string, string>> = {
  secretKey: "secret",
  jwtSecret: "secret",
  key: "secret",
  expiresIn: "authMaxAge",
  maxAge: "authMaxAge",
};

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

// Words for schemas without a message, so that no locale of zod decides. Never names the value,
// which may be a key.
function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "too_small":
      return "must not be empty";
    case "invalid_value":
      return describeValues(issue.values, issue.input);
    case "unrecognized_keys": {
      const { shape = {} } = (issue.inst?._zod.def ?? {}) as { shape?: object };
      return describeUnknown(issue.keys[0] ?? "", Object.keys(shape));
    }
    case "invalid_key":
      return "must not have an empty name";
    default:
      return "must be valid";
  }
}

function describeValues(values: readonly unknown[], input: unknown): string {
  const all = values.map((value) => JSON.stringify(value));
  const last = all.pop() ?? "";
  const nearest = typeof input === "string" ? nearestName(input, values.map(String)) : undefined;
  const end = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return `must be ${all.length === 0 ? last : `${all.join(", ")} or ${last}`}${end}`;
}

function inWords(number: number): string {
  // Not toLocaleString: its first call initializes ICU, a third of the cost of the import.
  return String(number).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
