/** The claims of a rule: `requireToken` of `authProcedures` checks their names and values. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, AuthManager, type InferClaims } from "claimgate";
import { authProcedures, requireToken } from "claimgate/trpc";
import * as z from "zod";

const auth = new AuthManager({
  issuer: "types",
  algorithm: "HS256",
  secret: "x".repeat(32),
  claimsSchema: z
    .object({
      plan: z.enum(["free", "pro"]),
      seats: z.number(),
      teams: z.array(z.string()),
      address: z.object({ country: z.string() }),
      scope: z.enum(["read", "write"]),
    })
    .partial(),
});
const t = initTRPC.context<AuthContext<InferClaims<typeof auth>>>().create();
const { protectedProcedure: procedure, requireToken: typed } = authProcedures(t.procedure);

export const accepted = [
  procedure.use(typed({ claims: { plan: "pro", seats: 3, teams: ["a"], sub: "ann", "address.country": "NO" } })),
  procedure.use(typed({ claims: { address: { country: "NO" } }, override: { plan: "pro" } })),
  procedure.use(typed({ scope: "read" })),
  procedure.use(typed({ scope: ["read", "write"] })),
  procedure.use(typed({ scope: "read write" })),
  procedure.use(typed({ anyOf: [{ claims: { plan: "pro" } }, { scope: "write" }] })),
  // The imported function knows the claims for completion only.
  procedure.use(requireToken({ claims: { rol: "admin", plan: "gold" }, override: { admin: true } })),
];

// expect-error: "no claim `rol`"
// @ts-expect-error
procedure.use(typed({ claims: { rol: "admin" } }));

// expect-error: "no claim `rol`"
// @ts-expect-error
procedure.use(typed({ claims: { plan: "pro", rol: { is: "admin" } } }));

// expect-error: "no claim `admin`"
// @ts-expect-error
procedure.use(typed({ scope: "read", override: { admin: true } }));

// expect-error: "no claim `rol`"
// @ts-expect-error
procedure.use(typed({ anyOf: [{ scope: "read" }, { claims: { rol: "admin" } }] }));

// expect-error: "no claim `tenant`"
// @ts-expect-error
procedure.input(z.object({ id: z.string() })).use(typed({ args: { tenant: "id" } }));

// expect-error: NotAValueOf<"plan">
// @ts-expect-error
procedure.use(typed({ claims: { plan: "gold" } }));

// expect-error: NotAValueOf<"seats">
// @ts-expect-error
procedure.use(typed({ override: { seats: "3" } }));

// expect-error: NotAValueOf<"plan">
// @ts-expect-error
procedure.use(typed({ anyOf: [{ scope: "read" }, { claims: { plan: "gold" } }] }));

// expect-error: NotAValueOf<"scope">
// @ts-expect-error
procedure.use(typed({ scope: "reed" }));
