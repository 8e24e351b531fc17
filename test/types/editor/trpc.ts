/** The places on tRPC where editors complete names or show types. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, defineRule, type InferClaims } from "claimgate";
import { requireTokenDirective } from "claimgate/graphql";
import { authProcedures, requireToken } from "claimgate/trpc";
import * as z from "zod";

const auth = new AuthManager({
  issuer: "editor",
  algorithm: "HS256",
  secret: "x".repeat(32),
  claimsSchema: z
    .object({ plan: z.enum(["free", "pro"]), scope: z.object({ admin: z.boolean() }), seats: z.number() })
    .partial(),
});
const t = initTRPC.context<AuthContext<InferClaims<typeof auth>>>().create();
const own = authProcedures(t.procedure);

export const rules = [
  requireToken({
    /*|rule*/
  }),
  requireToken({
    scope: "read",
    /*|ruleWithScope*/
  }),
  requireToken({
    anyOf: [
      {
        /*|branch*/
      },
    ],
  }),
  own.requireToken({
    /*|ownRule*/
  }),
  own.requireToken({
    claims: {
      /*|claims*/
    },
  }),
  own.requireToken({
    scope: {
      /*|scopeValue*/
    },
  }),
  own.requireToken({
    anyOf: [
      {
        /*|ownBranch*/
      },
    ],
  }),
  own.requireToken({
    override: {
      /*|override*/
    },
  }),
  own.requireToken({
    args: {
      /*|args*/
    },
  }),
];

export const documented = [
  requireToken({ /*|scope*/ scope: "read", /*|type*/ type: "auth", anyOf: [{ /*|branchScope*/ scope: "read" }] }),
  own.requireToken({ /*|ownScope*/ scope: { admin: true }, /*|ownClaims*/ claims: { plan: "pro" } }),
  own.requireToken({ /*|ownAnyOf*/ anyOf: [{ /*|ownBranchClaims*/ claims: { plan: "pro" } }] }),
  own.protectedProcedure.use(requireToken({ /*|usedScope*/ scope: "read" })),
  own.protectedProcedure.use(own.requireToken({ /*|usedOwnScope*/ scope: { admin: true } })),
  defineRule({ /*|definedScope*/ scope: "read", /*|definedClaims*/ claims: { plan: "pro" } }),
  auth.rule({ /*|managerScope*/ scope: "read", anyOf: [{ /*|managerBranchClaims*/ claims: { plan: "pro" } }] }),
  requireTokenDirective().extensions({ /*|fieldScope*/ scope: "read", /*|fieldOnDeny*/ onDeny: "NULL" }),
];

export const requireInCode = (ctx: AuthContext<InferClaims<typeof auth>>): Promise<unknown> =>
  ctx.auth.require({ /*|requiredScope*/ scope: "read" });

export const router = t.router({
  open: own.publicProcedure.query(({ ctx }) => {
    // @ts-expect-error
    void ctx.auth./*|publicToken*/ token.sub;
  }),
  me: own.protectedProcedure.query(({ ctx }) => ctx.auth./*|token*/ token.claims./*|claim*/ plan),
  used: own.protectedProcedure
    .use(
      requireToken({
        /*|usedRule*/
      }),
    )
    .query(() => 1),
  usedArgs: own.protectedProcedure
    .use(
      requireToken({
        args: {
          /*|usedArgs*/
        },
      }),
    )
    .query(() => 1),
  usedOwn: own.protectedProcedure
    .use(
      own.requireToken({
        claims: {
          /*|usedClaims*/
        },
      }),
    )
    .query(() => 1),
});
