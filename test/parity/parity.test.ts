/** The law of rules: the naive evaluator, the compiled rule, tRPC and GraphQL always agree. */

import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC, TRPCError } from "@trpc/server";
import { type AuthContext, AuthManager, isAuthError, type Json, type RequestAuth, type Rule } from "claimgate";
import { requireTokenDirective } from "claimgate/graphql";
import { decode, encode } from "claimgate/jwt";
import { authErrorFormatter, requireToken, type TRPCRule } from "claimgate/trpc";
import fc from "fast-check";
import { execute, type GraphQLFieldConfig, GraphQLObjectType, GraphQLSchema, parse, validate } from "graphql";
import { expect, it } from "vitest";
import * as z from "zod";
import { inputs, ownClaims, presentations, rules } from "./arbitraries.ts";
import { evaluateNaively } from "./naive.ts";

const RUNS = 2_000;
const NOW = 1_800_000_000;
const secret = "parity-parity-parity-parity-parity!";
const base = { issuer: "parity", algorithm: "HS256", secret, cookies: { auth: "auth", refresh: "refresh" } } as const;
const auth = new AuthManager({ ...base, now: () => NOW });
const past = new AuthManager({ ...base, now: () => NOW - 1_000_000 });
const former = new AuthManager({ ...base, secret: `former-${secret}`, now: () => NOW - 1_000_000 });

const directive = requireTokenDirective();
const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const input = z.object({
  id: z.string().optional(),
  count: z.number().optional(),
  flag: z.boolean().optional(),
  nested: z.object({ owner: z.string().optional(), rank: z.number().optional() }).optional(),
});
const fieldArgs = "id: String, count: Int, flag: Boolean, nested: Nested";
const callDocument = parse(
  "query ($id: String, $count: Int, $flag: Boolean, $nested: Nested) { probe(id: $id, count: $count, flag: $flag, nested: $nested) }",
);

it(`four evaluators of ${RUNS} random rules, tokens and inputs agree on every verdict and reason`, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(rules, ownClaims, presentations, inputs, async (rule, claims, presented, call) => {
      const scope = presented.scope === undefined || presented.type === "refresh" ? {} : { scope: presented.scope };
      const open = await presentToken(presented, claims, scope);
      const held = { ...claims, sub: presented.sub, ...scope };
      const naive = evaluateNaively(rule, { ...presented, claims: held }, call);
      seen.set(naive, (seen.get(naive) ?? 0) + 1);
      expect({
        compiled: await askByHand(open(), rule, call),
        trpc: await askTRPC(open(), rule, call),
        graphql: await askGraphQL(open(), rule, call),
      }).toEqual({ compiled: naive, trpc: naive, graphql: naive });
    }),
    // Every run has the same seed; PARITY_SEED sets another.
    { numRuns: RUNS, seed: Number(process.env["PARITY_SEED"] ?? 42) },
  );
  // The random sets must reach every verdict often enough.
  for (const verdict of [
    "ALLOW",
    "SCOPE_INSUFFICIENT",
    "CLAIMS_INSUFFICIENT",
    "TOKEN_MISSING",
    "TOKEN_EXPIRED",
    "SIGNATURE_INVALID",
    "TOKEN_TYPE_INVALID",
    "CREDENTIALS_AMBIGUOUS",
    "CSRF_REJECTED",
  ]) {
    expect(seen.get(verdict) ?? 0, `cases of ${verdict}`).toBeGreaterThan(RUNS / 100);
  }
}, 120_000);

async function presentToken(
  presented: { state: string; type: "auth" | "refresh"; location: string; sub: string | number },
  claims: { [name: string]: Json },
  scope: { scope?: Json },
): Promise<() => RequestAuth> {
  if (presented.state === "missing") return () => auth.forRequest();
  const manager = presented.state === "expired" ? past : presented.state === "stale" ? former : auth;
  const jwt =
    presented.type === "auth"
      ? await manager.authToken(presented.sub, { claims, ...scope })
      : await manager.refreshToken(presented.sub, { claims });
  const texts = await textsOf(presented.state, jwt.signed);
  const host = "parity.example";
  const marks =
    presented.state === "foreign"
      ? { host, "sec-fetch-site": "cross-site", origin: `https://${host}` }
      : { host, "sec-fetch-site": "same-origin" };
  // The rule's type selects the cookie, so the caller sends the token as both.
  const headers =
    presented.location === "header"
      ? { ...marks, authorization: texts.map((text) => `Bearer ${text}`) }
      : { ...marks, cookie: texts.map((text) => `auth=${text}; refresh=${text}`).join("; ") };
  return () => auth.forRequest({ headers, method: "POST" });
}

/** The text after the scheme, or the value of the cookie. */
async function textsOf(state: string, signed: string): Promise<string[]> {
  if (state === "empty") return [""];
  if (state === "tampered") return [tamper(signed)];
  if (state === "double") return [signed, tamper(signed)];
  if (state !== "bound") return [signed];
  const claims = await decode(signed, secret, { algorithms: ["HS256"], now: NOW, verifySub: false });
  return [await encode({ ...claims, cnf: { jkt: "x" } }, secret)];
}

function tamper(token: string): string {
  const at = token.lastIndexOf(".") + 5;
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
}

async function askByHand(open: RequestAuth, rule: Rule, call: unknown): Promise<string> {
  try {
    await open.require(rule, { args: call });
    return "ALLOW";
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return error.reason;
  }
}

async function askTRPC(open: RequestAuth, rule: Rule, call: z.infer<typeof input>): Promise<string> {
  const guard = requireToken(rule as TRPCRule);
  const router = t.router({
    probe: t.procedure
      .input(input)
      .use(guard)
      .query(() => "ALLOW"),
  });
  try {
    return await t.createCallerFactory(router)({ auth: open }).probe(call);
  } catch (error) {
    if (!(error instanceof TRPCError) || !isAuthError(error.cause)) throw error;
    return error.cause.reason;
  }
}

async function askGraphQL(open: RequestAuth, rule: Rule, call: z.infer<typeof input>): Promise<string> {
  const sdl = printRule(rule);
  const schema = directive.apply(sdl === undefined ? schemaInCode(rule) : schemaInSdl(sdl));
  expect(validate(schema, callDocument)).toEqual([]);
  const { data, errors } = await execute({
    schema,
    document: callDocument,
    variableValues: call,
    contextValue: { auth: open },
  });
  if (!errors) return String(data?.["probe"]);
  return (errors[0]?.extensions["auth"] as { reason: string } | undefined)?.reason ?? String(errors[0]);
}

const resolve = (): string => "ALLOW";
const nested = "input Nested { owner: String, rank: Float }";

function schemaInSdl(rule: string): GraphQLSchema {
  const typeDefs = [directive.typeDefs, nested, `type Query { probe(${fieldArgs}): String ${rule} }`];
  return makeExecutableSchema({ typeDefs, resolvers: { Query: { probe: resolve } } });
}

const plainSchema = makeExecutableSchema({ typeDefs: [nested, `type Query { probe(${fieldArgs}): String }`] });

function schemaInCode(rule: Rule): GraphQLSchema {
  const query = plainSchema.getType("Query") as GraphQLObjectType;
  const { probe } = query.toConfig().fields as { probe: GraphQLFieldConfig<unknown, unknown> };
  const extensions = directive.extensions(rule);
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields: { probe: { ...probe, resolve, extensions } } }),
  });
}

/** The rule as SDL, or `undefined` if a key is not a GraphQL name. */
function printRule(rule: Rule): string | undefined {
  try {
    const args = Object.entries(rule).map(([key, value]) => `${key}: ${printValue(value as Json)}`);
    return `@requireToken(${args.join(", ")})`;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function printValue(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => {
    if (!/^[_A-Za-z][_0-9A-Za-z]*$/.test(key)) throw new RangeError(key);
    return `${key}: ${printValue(item)}`;
  });
  return `{${fields.join(", ")}}`;
}
