/** Reads options by a strict schema; what is wrong becomes a config error that names the place. */
import * as z from "zod";
import { InvalidConfigError } from "./errors.ts";
import { ALGORITHMS, type Algorithm } from "./jwt/algorithms.ts";
import { MAX_AGE_SECONDS, MAX_TOKEN_AGE_SECONDS } from "./util/seconds.ts";

/** The schema of an algorithm. */
export const algorithmSchema: z.ZodType<Algorithm> = z.enum(ALGORITHMS as [Algorithm, ...Algorithm[]]);

/** The schema of a lifetime. */
export const maxAgeSchema: z.ZodType<number> = z.number().int().positive().max(MAX_AGE_SECONDS);

/** The schema of the lifetime of a new token. */
export const tokenAgeSchema: z.ZodType<number> = z
  .number()
  .int()
  .positive()
  .max(MAX_TOKEN_AGE_SECONDS, `must be at most ${MAX_TOKEN_AGE_SECONDS} seconds (100 years)`);

/** The schema of a date. Now in milliseconds would be a date some 50,000 years off. */
export const dateSchema: z.ZodType<number> = z
  .number("must be a number of seconds since 1970")
  .nonnegative()
  .max(MAX_AGE_SECONDS, "is too far off: it is in seconds since 1970");

/** The schema of a function. */
export function functionSchema<F extends (...args: never[]) => unknown>(): z.ZodType<F> {
  return z.custom<F>((value) => typeof value === "function", "is not a function");
}

/**
 * `value`, read by `schema`. `path` is where it stands, such as `keys.0`. Throws
 * `InvalidConfigError`.
 */
export function parseOptions<S extends z.ZodType>(schema: S, value: unknown, path: string = ""): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = [path, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
  if (issue?.code === "unrecognized_keys")
    throw new InvalidConfigError([place, issue.keys[0]].filter(Boolean).join("."), "is not an option");
  throw new InvalidConfigError(place || "config", issue?.message ?? "is invalid");
}

/**
 * Throws for an option that is there and undefined: one from a variable that is not set must not
 * silently switch a check off.
 */
export function refuseUndefined(options: unknown, path: string, groups: readonly string[] = []): void {
  if (typeof options !== "object" || options === null) return;
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const place = path === "" ? name : `${path}.${name}`;
    if (value === undefined) throw new InvalidConfigError(place, "is undefined; leave the option out instead");
    if (groups.includes(name)) refuseUndefined(value, place);
  }
}
