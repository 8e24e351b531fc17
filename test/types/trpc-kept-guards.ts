/** A guard that is kept in a constant: it keeps the types of the claims. */
import { initTRPC } from "@trpc/server";
import type { AuthContext, JWT } from "claimgate";
import {
  type AnyAuthContext,
  authProcedures,
  type RequireTokenMiddleware,
  requireToken,
  type TRPCRule,
} from "claimgate/trpc";
import * as z from "zod";
import { type Equal, holds } from "./equal.ts";

interface OwnClaims {
  readonly plan?: "free" | "pro";
}
const t = initTRPC.context<AuthContext<OwnClaims> & { readonly db: string }>().create();
const { publicProcedure, requireToken: typed } = authProcedures(t.procedure);

const isPro = typed({ claims: { plan: "pro" } });
const isAnyone = typed({ optional: true });
const hasToken = typed();
const isSelf = typed({ args: { sub: "id" } });

export const router = t.router({
  pro: publicProcedure.use(isPro).query(({ ctx }) => {
    holds<Equal<typeof ctx.auth.token, JWT<OwnClaims>>>();
    holds<Equal<typeof ctx.db, string>>();
    return ctx.auth.token.claims.plan;
  }),
  anyone: t.procedure.use(isAnyone).query(({ ctx }) => {
    holds<Equal<typeof ctx.auth.token, JWT<OwnClaims> | null>>();
    return 1;
  }),
  token: t.procedure.use(hasToken).query(({ ctx }) => {
    holds<Equal<typeof ctx.auth.token, JWT<OwnClaims>>>();
    return 1;
  }),
  self: t.procedure
    .input(z.object({ id: z.string() }))
    .use(isSelf)
    .query(({ ctx, input }) => {
      holds<Equal<typeof ctx.auth.token, JWT<OwnClaims>>>();
      holds<Equal<typeof input.id, string>>();
      return 1;
    }),
});

t.procedure.use(requireToken()).query(({ ctx }) => holds<Equal<typeof ctx.auth.token, JWT<OwnClaims>>>());
t.procedure.use(requireToken({ scope: "a" })).query(({ ctx }) => holds<Equal<typeof ctx.auth.token, JWT<OwnClaims>>>());

// expect-error: "no claim `rol`"
// @ts-expect-error
export const misspelt = typed({ claims: { rol: "admin" } });

// With the type of its rule, as isolatedDeclarations needs it.
type OwnerRule = { readonly args: { readonly sub: "id" } };
export const annotated: RequireTokenMiddleware<OwnerRule> = requireToken<OwnerRule>({
  args: { sub: "id" },
});
t.procedure
  .input(z.object({ id: z.string() }))
  .use(annotated)
  .query(({ ctx }) => ctx.auth.token.sub);

// A function with an input of a type parameter names the part of the input that the rule reads.
export function withOwner<I extends z.ZodObject<{ id: z.ZodString }>>(input: I): unknown {
  return t.procedure
    .input(input)
    .use(requireToken<OwnerRule, AnyAuthContext, { id: string }>({ args: { sub: "id" } }))
    .use(requireToken({ scope: "a" }));
}

declare const anyRule: TRPCRule;
t.procedure.use(requireToken(anyRule)).query(({ ctx }) => {
  holds<Equal<typeof ctx.auth.token, JWT<OwnClaims> | null>>();
  // expect-error: possibly 'null'
  // @ts-expect-error -- the rule may be optional
  return ctx.auth.token.sub;
});
declare const eitherRule: { readonly optional: true } | { readonly scope: "a" };
t.procedure.use(requireToken(eitherRule)).query(({ ctx }) => {
  holds<Equal<typeof ctx.auth.token, JWT<OwnClaims> | null>>();
  return 1;
});
