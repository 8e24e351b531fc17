/** The error shapes of procedures of `authProcedures` for a client, `.errors()` included. */
import { createTRPCClient, httpLink, type TRPCClientErrorLike } from "@trpc/client";
import { type inferRouterError, initTRPC } from "@trpc/server";
import type { AuthContext, Reason } from "claimgate";
import { authErrorFormatter, authProcedures } from "claimgate/trpc";
import * as z from "zod";
import { type Equal, holds } from "./equal.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const base = t.procedure.errors(({ shape, error }) =>
  error.code === "CONFLICT" ? { ...shape, data: { ...shape.data, conflict: "id" } } : undefined,
);
const plain = authProcedures(t.procedure);
const own = authProcedures(base);
const router = t.router({
  plain: t.procedure.query(() => 1),
  guarded: plain.protectedProcedure.query(() => 1),
  base: base.query(() => 1),
  own: own.protectedProcedure.query(() => 1),
  ownPublic: own.publicProcedure.query(() => 1),
  ownOptional: own.optionalProcedure.mutation(() => 1),
  ownRefresh: own.refreshProcedure.mutation(() => 1),
  ownInput: own.protectedProcedure
    .input(z.object({ id: z.string() }))
    .use(own.requireToken({ args: { sub: "id" } }))
    .query(() => 1),
  later: plain.protectedProcedure
    .errors(({ shape }) => ({ ...shape, data: { ...shape.data, late: true } }))
    .query(() => 1),
});

type ShapeOf<K extends keyof typeof router> = (typeof router)[K] extends { _def: { $types: { errorShape: infer S } } }
  ? S
  : never;
holds<Equal<ShapeOf<"guarded">, ShapeOf<"plain">>>();
holds<Equal<ShapeOf<"own">, ShapeOf<"base">>>();
holds<Equal<ShapeOf<"ownPublic">, ShapeOf<"base">>>();
holds<Equal<ShapeOf<"ownOptional">, ShapeOf<"base">>>();
holds<Equal<ShapeOf<"ownRefresh">, ShapeOf<"base">>>();
holds<Equal<ShapeOf<"ownInput">, ShapeOf<"base">>>();

type DataOf<K extends keyof typeof router> = ShapeOf<K> extends { data: infer D } ? D : never;
type ReasonIn<D> = D extends { auth?: { reason: infer R } } ? R : never;
holds<Equal<ReasonIn<DataOf<"guarded">>, Reason>>();
holds<Equal<ReasonIn<DataOf<"own">>, Reason>>();
holds<Equal<Extract<DataOf<"own">, { conflict: string }>["conflict"], string>>();
holds<Equal<Extract<DataOf<"later">, { late: boolean }>["late"], boolean>>();

type RouterReason = NonNullable<inferRouterError<typeof router>["data"]["auth"]>["reason"];
holds<Equal<RouterReason, Reason>>();
type ClientReason = NonNullable<NonNullable<TRPCClientErrorLike<typeof router>["data"]>["auth"]>["reason"];
holds<Equal<ClientReason, Reason>>();

const client = createTRPCClient<typeof router>({ links: [httpLink({ url: "http://127.0.0.1" })] });
type Query<K extends "guarded" | "own"> = ReturnType<(typeof client)[K]["query"]>;
type TagOf<Q> = Q extends Promise<unknown> & infer Tag ? Extract<Tag[keyof Tag], { data: object }> : never;
holds<Equal<ReasonIn<TagOf<Query<"guarded">>["data"]>, Reason>>();
holds<Equal<Extract<TagOf<Query<"own">>["data"], { conflict: string }>["conflict"], string>>();
