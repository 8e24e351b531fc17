/** Rules in code: `auth.rule` and `ctx.auth.require` check their keys and claims. Never run. */
import { type AuthContext, AuthManager, defineRule, type InferClaims, type JWT, type Rule } from "claimgate";
import * as z from "zod";
import { type Equal, holds } from "./equal.ts";

const auth = new AuthManager({
  issuer: "types",
  algorithm: "HS256",
  secret: "x".repeat(32),
  claimsSchema: z.object({ plan: z.enum(["free", "pro"]) }).partial(),
});
type Claims = InferClaims<typeof auth>;
declare const ctx: AuthContext<Claims>;
declare const dynamic: Rule<Claims>;
declare const isOptional: boolean;

export const accepted = [
  auth.rule({}),
  auth.rule({ claims: { plan: "pro", sub: "ann", "address.country": "NO" }, override: { plan: "free" } }),
  auth.rule({ anyOf: [{ claims: { plan: "pro" } }, { scope: "admin", parent: { sub: "id" } }], type: "auth" }),
  auth.rule(dynamic),
  defineRule({ anyOf: [{ claims: { anything: true } }] }),
];

export async function readTokens<T>(any: AuthContext<T>): Promise<void> {
  const plain = await ctx.auth.require();
  holds<Equal<typeof plain, JWT<Claims>>>();
  const optional = await ctx.auth.require({ optional: true, location: "header" });
  holds<Equal<typeof optional, JWT<Claims> | null>>();
  const ruled = await ctx.auth.require({ claims: { plan: "pro" }, args: { sub: "id" } }, { args: { id: 1 } });
  holds<Equal<typeof ruled, JWT<Claims>>>();
  const given = await ctx.auth.require(dynamic);
  holds<Equal<typeof given, JWT<Claims>>>();
  const ofAny = await any.auth.require({ scope: "admin" });
  holds<Equal<typeof ofAny, JWT<T>>>();
  await ctx.auth.require(accepted[0]);
  await ctx.auth.require({ optional: isOptional });
}

// expect-error: Type '"x"' is not assignable to type '"no claim `pln`"'
// @ts-expect-error
auth.rule({ claims: { pln: "x" } });

// expect-error: Type '"x"' is not assignable to type '"no claim `pln`"'
// @ts-expect-error
auth.rule({ scope: "read", override: { pln: "x" } });

// expect-error: Type '"x"' is not assignable to type '"no claim `pln`"'
// @ts-expect-error
auth.rule({ anyOf: [{ scope: "read" }, { claims: { pln: "x" } }] });

// expect-error: Type '"gold"' is not assignable to type
// @ts-expect-error
auth.rule({ claims: { plan: "gold" } });

// expect-error: "`scopes` is not a key of a rule"
// @ts-expect-error
auth.rule({ scope: "read", scopes: "read" });

// expect-error: Type '"admin"' has no properties in common with type
// @ts-expect-error
auth.rule("admin");

// expect-error: Type '"x"' is not assignable to type '"no claim `pln`"'
// @ts-expect-error
void ctx.auth.require({ claims: { pln: "x" } });

// expect-error: Type '"gold"' is not assignable to type
// @ts-expect-error
void ctx.auth.require({ claims: { plan: "gold" } });

// expect-error: Type '"admin"' has no properties in common with type
// @ts-expect-error
void ctx.auth.require("admin");

// expect-error: has no properties in common with type
// @ts-expect-error
defineRule(["admin"]);
