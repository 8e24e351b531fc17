/** Checks the user's claims with `claimsSchema`. */
import { InvalidTokenError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";
import { RESERVED_CLAIMS } from "./user-claims.ts";

/**
 * The part of a Standard Schema that claimgate uses. Schemas of zod, valibot and arktype have it.
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Exists only in types, not at run time. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The result of `validate` of a Standard Schema: the value, or its issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

const NOT_OWN: readonly string[] = [...RESERVED_CLAIMS, "nbf", "jti"];

/**
 * The claims, with the schema's output in place of the user's claims; without a schema, the same
 * object. Throws `InvalidTokenError` (`CLAIM_INVALID`), and `TypeError` for an asynchronous schema.
 */
export function applyClaimsSchema(
  schema: StandardSchema<Claims> | undefined,
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!schema) return claims;
  const own = Object.fromEntries(Object.entries(claims).filter(([claim]) => !NOT_OWN.includes(claim)));
  const result = schema["~standard"].validate(own);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new TypeError("claimsSchema must validate synchronously: remove its asynchronous checks");
  }
  if (result.issues) {
    const path = result.issues[0]?.path?.map((key) => String(typeof key === "object" ? key.key : key)).join(".");
    throw new InvalidTokenError(`The claim "${path || "(root)"}" does not match claimsSchema`, {
      reason: "CLAIM_INVALID",
    });
  }
  // The schema must not replace a claim that the manager sets.
  const output = Object.entries(result.value).filter(([claim]) => !NOT_OWN.includes(claim));
  return { ...claims, ...Object.fromEntries(output) };
}
