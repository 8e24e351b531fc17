/** Regressions of the fast paths in verification and guards. */

import { makeExecutableSchema } from "@graphql-tools/schema";
import { requireTokenDirective } from "claimgate/graphql";
import { parse } from "graphql";
import { expect, it } from "vitest";
import { createPlanReader } from "../../src/graphql/execution/operation-plans.ts";
import { createAuth } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";

it("a claims schema that writes to its input changes no claim", async () => {
  // The manager also calls it without claims at construction.
  const validate = (value: unknown) => {
    const { address } = value as { address?: { city: string } };
    try {
      if (address) address.city = "elsewhere";
    } catch {
      // The input is frozen, as expected.
    }
    return { value: { plan: "pro" } };
  };
  const claimsSchema = { "~standard": { version: 1 as const, vendor: "test", validate } };
  const { auth } = createAuth<Record<string, unknown>>({ claimsSchema });
  const verified = await auth.verify(forge({ payload: goodClaims({ address: { city: "home" } }) }));
  expect(verified.claims).toMatchObject({ address: { city: "home" }, plan: "pro" });
});

it("reading an operation takes steps in proportion to its length, however many types its fields may have", () => {
  const names = Array.from({ length: 6 }, (_, i) => i);
  const requireToken = requireTokenDirective();
  const all = names.map((i) => `I${i}`).join(" & ");
  const typeDefs = [
    requireToken.typeDefs,
    "type Query { root: I0 }",
    ...names.map((i) => `interface I${i} { child: I }`),
    "interface I { child: I }",
    ...names.map((i) => `interface J${i} implements I { child: I }`),
    ...names.map(
      (i) =>
        `type T${i} implements ${all} & I & ${names.map((j) => `J${j}`).join(" & ")} { child: J${i} ${i === 5 ? "secret: Int @requireToken" : ""} }`,
    ),
  ];
  const schema = requireToken.apply(makeExecutableSchema({ typeDefs }));
  const nested = (depth: number, leaf: string): string => (depth === 0 ? leaf : `child { ${nested(depth - 1, leaf)} }`);
  const read = createPlanReader();
  const ask = (leaf: string) => read({ schema, document: parse(`{ root { ${nested(25, leaf)} } }`) });
  expect(ask("... on T5 { secret }")).toHaveLength(1);
  expect(ask("__typename")).toHaveLength(0);
});
