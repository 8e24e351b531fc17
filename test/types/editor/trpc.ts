/** The places on tRPC where editors complete names or show types. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, type InferClaims } from "claimgate";
import { authProcedures, requireToken } from "claimgate/trpc";
import * as z from "zod";

const auth = new AuthManager({
  issuer: "editor",
  algorithm: "HS256",
  secret: "x".repeat(32),
  claimsSchema: z.object({ plan: z.enum(["free", "pro"]), seats: z.number() }).partial(),
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
