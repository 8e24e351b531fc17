/** Four known faults of Flask_PyJWT, which the GraphQL integration does not have. */
import { describe, expect, test } from "vitest";
import { forge } from "../../support/forge.ts";
import { createGate, refusedWith } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    nested: Int @requireToken(claims: { address: { country: "AT" }, company: { role: "owner" } })
    literal(username: String): Int @requireToken(claims: { team: "username" })
    flag: Int @requireToken(claims: { admin: true })
    number: Int @requireToken(claims: { level: 1 })
    plain: Int @requireToken
  }
`;
const one = (): number => 1;
const { auth, ask } = createGate(typeDefs, {
  Query: { nested: one, literal: one, flag: one, number: one, plain: one },
});
const tokenWith = async (claims: Record<string, unknown>): Promise<string> =>
  (await auth.authToken("ada", { claims })).signed;

describe("a rule with two nested claims", () => {
  const address = { country: "AT" };

  test("accepts a token that has both", async () => {
    const { body } = await ask("{ nested }", { token: await tokenWith({ address, company: { role: "owner" } }) });
    expect(body).toEqual({ data: { nested: 1 } });
  });

  test("rejects a token that has only the first or only the second", async () => {
    for (const claims of [{ address, company: { role: "guest" } }, { address }, { company: { role: "owner" } }]) {
      const { refused } = await ask("{ nested }", { token: await tokenWith(claims) });
      expect(refused).toEqual(refusedWith("CLAIMS_INSUFFICIENT"));
    }
  });
});

describe("a literal claim value equal to an argument's name", () => {
  test("is compared with the claim as a literal", async () => {
    const { body } = await ask('{ literal(username: "red") }', { token: await tokenWith({ team: "username" }) });
    expect(body).toEqual({ data: { literal: 1 } });
  });

  test("is never replaced by the argument's value", async () => {
    const { refused } = await ask('{ literal(username: "red") }', { token: await tokenWith({ team: "red" }) });
    expect(refused).toEqual(refusedWith("CLAIMS_INSUFFICIENT"));
  });
});

describe("the header's alg", () => {
  test.each([
    "XX999",
    "none",
    "None",
    "nOnE",
    "",
    "hs256",
    "RS256",
  ])("%j is rejected with ALGORITHM_INVALID", async (alg) => {
    const { refused } = await ask("{ plain }", {
      token: forge({ header: { alg, typ: "JWT" }, signature: "AAAA" }),
    });
    expect(refused).toEqual(refusedWith("ALGORITHM_INVALID"));
  });

  test("is not sufficient when it is valid: the signature is still checked", async () => {
    const { refused } = await ask("{ plain }", { token: forge({ signature: "AAAA" }) });
    expect(refused).toEqual(refusedWith("SIGNATURE_INVALID"));
  });
});

describe("true and 1 in a claim", () => {
  test.each([
    ["flag", { admin: true }],
    ["number", { level: 1 }],
  ])("are accepted by the rule that requires the same value (%s)", async (field, claims) => {
    const { body } = await ask(`{ ${field} }`, { token: await tokenWith(claims) });
    expect(body).toEqual({ data: { [field]: 1 } });
  });

  test.each([
    ["flag", { admin: 1 }],
    ["flag", { admin: "true" }],
    ["number", { level: true }],
    ["number", { level: "1" }],
  ])("are rejected by the rule that requires the other (%s, %j)", async (field, claims) => {
    const { refused } = await ask(`{ ${field} }`, { token: await tokenWith(claims) });
    expect(refused).toEqual(refusedWith("CLAIMS_INSUFFICIENT"));
  });
});
