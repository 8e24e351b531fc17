/** Regressions of integers beyond 2^53 - 1, which JSON.parse does not keep exactly. */
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { requireToken } from "claimgate/trpc";
import { expect, it } from "vitest";
import * as z from "zod";
import { createAuth, ISSUER, NOW } from "../support/create-auth.ts";
import { forge } from "../support/forge.ts";
import { askYoga, createGuardedSchema, createGuardedYoga } from "../support/graphql.ts";
import { outcomeOf } from "../support/verdict-of.ts";

const { auth } = createAuth();
const t = initTRPC.context<AuthContext>().create();
const input = z.object({ id: z.union([z.number(), z.string()]) });
const bound = t.procedure.input(input).use(requireToken({ args: { uid: "id" } }));
const router = t.router({ user: bound.query(({ input: { id } }) => id) });
const schema = createGuardedSchema(
  `type Query { byNumber(id: Float): Float @requireToken(args: { uid: "id" }), byText(id: ID): ID @requireToken(args: { uid: "id" }), user: User }
  type User { id: Float, email: String @requireToken(parent: { uid: "id" }) }`,
  {
    Query: {
      byNumber: (_, { id }: { id: number }) => id,
      byText: (_, { id }: { id: string }) => id,
      user: () => ({ id: 2 ** 53 }),
    },
    User: { email: () => "of another user" },
  },
);
const yoga = createGuardedYoga(schema, auth);

/** A token as another service writes it: the digits of `uid` are in the JSON. */
const tokenOf = (uid: string): string =>
  forge({ payload: `{"iss":"${ISSUER}","sub":"s","type":"auth","iat":${NOW},"exp":${NOW + 60},"uid":${uid}}` });

async function verdictsOf(uid: string, id: string | number): Promise<unknown[]> {
  const token = tokenOf(uid);
  const caller = t.createCallerFactory(router)({ auth: auth.forRequest({ token }) });
  const error = await outcomeOf(() =>
    caller.user({ id }).catch((cause: { cause: unknown }) => Promise.reject(cause.cause)),
  );
  const field = typeof id === "number" ? `byNumber(id: ${id})` : `byText(id: "${id}")`;
  const { refused } = await askYoga(yoga, `{ ${field} }`, { token });
  return [error, refused?.reason ?? "allowed"];
}

it("a claim beyond 2^53 - 1 gives no access to the user that it is rounded to, on both transports", async () => {
  const refused = ["CLAIMS_INSUFFICIENT", "CLAIMS_INSUFFICIENT"];
  for (const uid of ["9007199254740993", "9007199254740992"])
    for (const id of [9007199254740992, "9007199254740992", "9007199254740993"])
      expect([uid, id, await verdictsOf(uid, id)]).toEqual([uid, id, refused]);
  const { body } = await askYoga(yoga, "{ user { id email } }", { token: tokenOf("9007199254740993") });
  expect(body.data).toEqual({ user: { id: 2 ** 53, email: null } });
});

it("a claim up to 2^53 - 1, and longer digits as text, are compared exactly on both transports", async () => {
  const allowed = ["allowed", "allowed"];
  expect(await verdictsOf("9007199254740991", 9007199254740991)).toEqual(allowed);
  expect(await verdictsOf("9007199254740991", "9007199254740991")).toEqual(allowed);
  expect(await verdictsOf('"9007199254740993"', "9007199254740993")).toEqual(allowed);
  expect(await verdictsOf('"9007199254740993"', "9007199254740992")).not.toEqual(allowed);
});
