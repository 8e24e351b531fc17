/** Paths in `args`: they lead to scalars of the input, which a parser reads before the guard. */
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authProcedures, requireToken } from "claimgate/trpc";
import * as z from "zod";

const t = initTRPC.context<AuthContext<{ tenant?: string }>>().create();
const { protectedProcedure, requireToken: typed } = authProcedures(t.procedure);
const input = z.object({
  free: z.any(),
  id: z.string(),
  list: z.array(z.string()),
  nested: z.object({ more: z.object({ at: z.bigint() }), owner: z.number().optional() }).nullish(),
});
const procedure = protectedProcedure.input(input);

interface Node {
  readonly id: string;
  readonly next?: Node;
}

export const accepted = [
  procedure.use(requireToken({ args: { sub: "id" } })),
  procedure.use(typed({ args: { sub: "nested.owner", tenant: "nested.more.at" } })),
  procedure.use(typed({ args: { tenant: ["id", "nested.owner"] } })),
  procedure.use(typed({ args: { tenant: "free.of.all" } })),
  procedure.use(typed({ anyOf: [{ scope: "a" }, { args: { sub: "id" } }] })),
  protectedProcedure.input(z.string()).use(typed({ args: { sub: "" } })),
  protectedProcedure.input(z.custom<Node>()).use(typed({ args: { sub: "next.next.next.next.next.next.id" } })),
  protectedProcedure.input(z.record(z.string(), z.string())).use(typed({ args: { sub: "any" } })),
];

// expect-error: "nested.owner"
// @ts-expect-error
procedure.use(typed({ args: { tenant: "ident" } }));

// expect-error: "nested.owner"
// @ts-expect-error
procedure.use(requireToken({ args: { sub: "ident" } }));

// expect-error: Type '"list"' is not assignable to type
// @ts-expect-error
procedure.use(typed({ args: { tenant: "list" } }));

// expect-error: Type '"c"' is not assignable to type
// @ts-expect-error
procedure.use(typed({ args: { tenant: ["id", "c"] } }));

// expect-error: Type '"c"' is not assignable to type
// @ts-expect-error
procedure.use(requireToken({ anyOf: [{ scope: "a" }, { args: { sub: "c" } }] }));

// expect-error: "the input has no scalar
// @ts-expect-error
protectedProcedure.input(z.object({ list: z.array(z.string()) })).use(typed({ args: { sub: "list" } }));

// expect-error: call .input() before requireToken
// @ts-expect-error
protectedProcedure.use(typed({ args: { tenant: "id" } }));

// expect-error: call .input() before requireToken
// @ts-expect-error
t.procedure.use(requireToken({ args: { sub: "id" } }));

// expect-error: call .input() before requireToken
// @ts-expect-error
t.procedure.use(requireToken({ anyOf: [{ args: { sub: ["id"] } }] })).input(input);

const kept = requireToken({ args: { sub: "ident" } });
// expect-error: NoSuchPath<"ident"
// @ts-expect-error
procedure.use(kept);

// expect-error: call .input() before requireToken
// @ts-expect-error
protectedProcedure.use(kept);
