/** Reads options by a strict schema; what is wrong becomes a config error that names the place. */
import type * as z from "zod";
import { InvalidConfigError } from "./errors.ts";

/** `value`, read by `schema`. `path` is where it stands, such as `keys.0`. Throws `InvalidConfigError`. */
export function parseOptions<S extends z.ZodType>(schema: S, value: unknown, path: string = ""): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = [path, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
  if (issue?.code === "unrecognized_keys")
    throw new InvalidConfigError([place, issue.keys[0]].filter(Boolean).join("."), "is not an option");
  throw new InvalidConfigError(place || "config", issue?.message ?? "is invalid");
}

/** Throws for an option that is there and undefined: one from a variable that is not set must not silently switch a check off. */
export function refuseUndefined(options: unknown, path: string, groups: readonly string[] = []): void {
  if (typeof options !== "object" || options === null) return;
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const place = path === "" ? name : `${path}.${name}`;
    if (value === undefined) throw new InvalidConfigError(place, "is undefined; leave the option out instead");
    if (groups.includes(name)) refuseUndefined(value, place);
  }
}
