/** Holds a token's own claims against the user's `claimsSchema`. */
import { InvalidTokenError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";
import { RESERVED_CLAIMS } from "./user-claims.ts";

/** The part of a Standard Schema (https://standardschema.dev) that claimgate uses; zod, valibot and arktype all have it. */
export interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Carries the types only. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The result of a Standard Schema's `validate`: the value, or the issues with it. */
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
 * The claims, with what the schema makes of those that are the user's own; without a schema the
 * very claims. Throws `InvalidTokenError` with `CLAIM_INVALID`.
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
    throw new TypeError("claimsSchema validated asynchronously");
  }
  if (result.issues) {
    const path = result.issues[0]?.path?.map((key) => String(typeof key === "object" ? key.key : key)).join(".");
    throw new InvalidTokenError(`The claim "${path || "(root)"}" does not fit the claims schema`, {
      reason: "CLAIM_INVALID",
    });
  }
  // What the schema gives may not speak for the manager's claims.
  const output = Object.entries(result.value).filter(([claim]) => !NOT_OWN.includes(claim));
  return { ...claims, ...Object.fromEntries(output) };
}
