/** The types of the tRPC transport. Compiled, never run. */

import { trpcServer } from "@hono/trpc-server";
import { createTRPCClient, httpLink, TRPCClientError, type TRPCClientErrorLike } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { awsLambdaRequestHandler } from "@trpc/server/adapters/aws-lambda";
import type { FetchCreateContextFnOptions } from "@trpc/server/adapters/fetch";
import type { CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from "aws-lambda";
import { type AuthContext, AuthManager, type InferClaims, type JWT, type Reason } from "claimgate";
import { authErrorFormatter, authProcedures, authResponseMeta, createTRPCContext, requireToken } from "claimgate/trpc";
import * as z from "zod";
import { type Equal, holds } from "./equal.ts";

const auth = new AuthManager({
  issuer: "types",
  algorithm: "HS256",
  secret: "x".repeat(32),
  claimsSchema: z.object({ plan: z.enum(["free", "pro"]) }).partial(),
});

interface Meta {
  readonly audit: boolean;
}

const t = initTRPC
  .context<AuthContext<InferClaims<typeof auth>> & { db: { name: string } }>()
  .meta<Meta>()
  .create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

const withExtra = initTRPC.context<{ db: { name: string } }>().meta<Meta>().create();
const extraProcedure = withExtra.procedure.use(({ next }) => next({ ctx: { extra: 1 } }));

export const router = t.router({
  open: publicProcedure.query(async ({ ctx }) => {
    // @ts-expect-error a public procedure has no verified token
    void ctx.auth.token.sub;
    holds<Equal<typeof ctx.db.name, string>>();
    const token = await ctx.auth.authenticate();
    return token?.claims.plan ?? "none";
  }),
  maybe: optionalProcedure.query(({ ctx }) => {
    // @ts-expect-error the token may be null
    void ctx.auth.token.sub;
    return ctx.auth.token?.sub ?? "anonymous";
  }),
  me: protectedProcedure.meta({ audit: true }).query(({ ctx }) => {
    holds<Equal<typeof ctx.auth.token, JWT<{ plan?: "free" | "pro" | undefined }>>>();
    holds<Equal<typeof ctx.db.name, string>>();
    return ctx.auth.token.sub;
  }),
  rotate: refreshProcedure.mutation(({ ctx }) => ctx.auth.token.sub),
  byId: protectedProcedure
    .input(z.object({ id: z.string(), nested: z.object({ owner: z.number().optional(), list: z.array(z.string()) }) }))
    .use(requireToken({ args: { sub: "id", owner: "nested.owner" }, override: { admin: true } }))
    .query(({ input, ctx }) => `${input.id}${ctx.auth.token.sub}${ctx.auth.token.claims.plan ?? ""}${ctx.db.name}`),
  whole: protectedProcedure
    .input(z.string())
    .use(requireToken({ args: { sub: "" } }))
    .query(({ input }) => input.length),
  wrongPath: protectedProcedure
    .input(z.object({ id: z.string() }))
    // @ts-expect-error the input has no "ident"
    .use(requireToken({ args: { sub: "ident" } }))
    .query(() => 1),
  wrongNested: protectedProcedure
    .input(z.object({ nested: z.object({ list: z.array(z.string()) }) }))
    // @ts-expect-error a list is not a scalar
    .use(requireToken({ args: { sub: "nested.list" } }))
    .query(() => 1),
  wrongList: protectedProcedure
    .input(z.object({ a: z.string(), b: z.string() }))
    // @ts-expect-error the input has no "c"
    .use(requireToken({ args: { teams: ["a", "c"] } }))
    .query(() => 1),
  wrongBranch: protectedProcedure
    .input(z.object({ a: z.string() }))
    // @ts-expect-error the input has no "z"
    .use(requireToken({ anyOf: [{ scope: "x" }, { args: { sub: "z" } }] }))
    .query(() => 1),
  // @ts-expect-error "scopes" is not a key of a rule
  wrongKey: protectedProcedure.use(requireToken({ scopes: { admin: true } })).query(() => 1),
  // @ts-expect-error tRPC has no parent object
  wrongParent: protectedProcedure.use(requireToken({ parent: { sub: "id" } })).query(() => 1),
  // @ts-expect-error "auto" is not a type of token
  wrongType: protectedProcedure.use(requireToken({ type: "auto" })).query(() => 1),
  guardedAlone: t.procedure.use(requireToken({ scope: "read" })).query(({ ctx }) => {
    holds<Equal<typeof ctx.auth.token, JWT<{ plan?: "free" | "pro" | undefined }>>>();
    return ctx.auth.token.exp;
  }),
  guardedOptional: t.procedure.use(requireToken({ optional: true })).query(({ ctx }) => {
    holds<Equal<typeof ctx.auth.token, JWT<{ plan?: "free" | "pro" | undefined }> | null>>();
    return 1;
  }),
  joined: protectedProcedure
    .concat(extraProcedure)
    .query(({ ctx }) => `${ctx.extra.toFixed()}${ctx.auth.token.sub}${ctx.db.name}`),
});

auth.rule({ claims: { plan: "pro" } });
// @ts-expect-error "gold" is not a plan
auth.rule({ claims: { plan: "gold" } });
// @ts-expect-error the schema has no such claim
auth.rule({ claims: { tier: "pro" } });
// @ts-expect-error claims follow the schema
void auth.authToken("a", { claims: { plan: "gold" } });

export const contextForFetch: (
  opts: FetchCreateContextFnOptions,
) => Promise<AuthContext<InferClaims<typeof auth>> & { db: { name: string } }> = createTRPCContext(auth, () => ({
  db: { name: "x" },
}));
export const contextForNode: (
  opts: CreateHTTPContextOptions,
) => Promise<{ db: string | undefined } & AuthContext<InferClaims<typeof auth>>> = createTRPCContext(
  auth,
  ({ req }: CreateHTTPContextOptions) => ({ db: req.url }),
);

trpcServer({ router, createContext: createTRPCContext(auth, () => ({ db: { name: "x" } })) });
awsLambdaRequestHandler<typeof router, APIGatewayProxyEvent | APIGatewayProxyEventV2>({
  router,
  createContext: createTRPCContext(auth, () => ({ db: { name: "x" } })),
  responseMeta: authResponseMeta,
});

const client = createTRPCClient<typeof router>({ links: [httpLink({ url: "http://127.0.0.1" })] });
/** Reads the reason of a refusal in a client, for a procedure of each kind. */
export async function readReasons(): Promise<(Reason | undefined)[]> {
  const length: number = await client.whole.query("x");
  const read = (error: unknown): Reason | undefined =>
    error instanceof TRPCClientError ? (error as TRPCClientErrorLike<typeof router>).data?.auth?.reason : undefined;
  const asked = await Promise.allSettled([client.open.query(), client.me.query(), Promise.resolve(length)]);
  return asked.map((one) => (one.status === "rejected" ? read(one.reason) : undefined));
}
type Data = NonNullable<TRPCClientErrorLike<typeof router>["data"]>;
holds<Equal<NonNullable<Data["auth"]>["reason"], Reason>>();

const bare = initTRPC.context<{ db: string }>().create();
// @ts-expect-error the context has no auth
void (() => authProcedures(bare.procedure));

const stored = requireToken({ args: { sub: "id" } });
t.procedure.input(z.object({ id: z.string() })).use(stored);
// @ts-expect-error the input must have the paths of a rule in a constant
t.procedure.input(z.object({ ident: z.string() })).use(stored);
