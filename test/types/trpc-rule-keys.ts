/** Rules on tRPC: every key, every way to give a rule, and the keys that rules do not have. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, defineRule } from "claimgate";
import { authProcedures, requireToken, type TRPCRule } from "claimgate/trpc";

const t = initTRPC.context<AuthContext>().create();
const { protectedProcedure, requireToken: typed } = authProcedures(t.procedure);

const auth = new AuthManager({ issuer: "types", algorithm: "HS256", secret: "x".repeat(32) });
const defined = defineRule({ type: "refresh", claims: { plan: "pro" } });
declare const dynamic: TRPCRule;

export const accepted = [
  protectedProcedure.use(requireToken()),
  protectedProcedure.use(typed()),
  protectedProcedure.use(requireToken({ optional: true, location: "cookies", type: "auth" })),
  protectedProcedure.use(typed({ anyOf: [{ scope: "a" }, { claims: { plan: "pro" } }], override: { admin: true } })),
  protectedProcedure.use(requireToken(defined)),
  protectedProcedure.use(typed(defined)),
  protectedProcedure.use(requireToken(dynamic)),
  protectedProcedure.use(typed(dynamic)),
];

// expect-error: 'scopes' does not exist in type
// @ts-expect-error
protectedProcedure.use(requireToken({ scopes: "admin" }));

// expect-error: "`scopes` is not a key of a rule"
// @ts-expect-error
protectedProcedure.use(typed({ scope: "admin", scopes: "admin" }));

// expect-error: "`parent` is not a key of a rule"
// @ts-expect-error
protectedProcedure.use(requireToken({ scope: "admin", parent: { sub: "id" } }));

// expect-error: Type '"auto"' is not assignable to type
// @ts-expect-error
protectedProcedure.use(requireToken({ type: "auto" }));

// expect-error: "`optional` is not a key of a rule"
// @ts-expect-error
protectedProcedure.use(typed({ anyOf: [{ scope: "admin", optional: true }] }));

// expect-error: Type 'null' is not assignable to type
// @ts-expect-error
protectedProcedure.use(typed({ scope: null }));

// A value of another type than a rule.
// expect-error: Type '"admin"' has no properties in common with type 'RuleFor<
// @ts-expect-error
protectedProcedure.use(requireToken("admin"));

// expect-error: Type 'string[]' has no properties in common with type 'RuleFor<
// @ts-expect-error
protectedProcedure.use(requireToken(["admin"]));

// expect-error: Type '5' has no properties in common with type 'RuleFor<
// @ts-expect-error
requireToken(5);

// expect-error: Type '() => boolean' has no properties in common with type 'RuleFor<
// @ts-expect-error
requireToken(() => true);

// expect-error: has no properties in common with type 'RuleFor<
// @ts-expect-error
requireToken(auth);

// expect-error: Type '"admin"' has no properties in common with type 'RuleFor<
// @ts-expect-error
protectedProcedure.use(typed("admin"));

// expect-error: Type 'string[]' has no properties in common with type 'RuleFor<
// @ts-expect-error
protectedProcedure.use(typed(["admin"]));

// expect-error: Type '5' has no properties in common with type 'RuleFor<
// @ts-expect-error
typed(5);

// expect-error: Type '() => boolean' has no properties in common with type 'RuleFor<
// @ts-expect-error
typed(() => true);

// expect-error: has no properties in common with type 'RuleFor<
// @ts-expect-error
typed(auth);
