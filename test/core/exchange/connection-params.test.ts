/** Credentials in connection parameters, which replace the header of a WebSocket. */
import { describe, expect, it } from "vitest";
import { ConnectionParams } from "../../../src/core/exchange/connection-params.ts";
import { type CredentialOptions, Credentials } from "../../../src/core/exchange/credentials.ts";
import type { RequestSource } from "../../../src/core/exchange/request-source.ts";
import { compileRule } from "../../../src/core/rules/compile.ts";

const OPTIONS: CredentialOptions = {
  header: { name: "x-auth", scheme: "Bearer" },
  cookies: { names: {} },
  csrf: { origins: [], allow: undefined },
};
const AMBIGUOUS = { reason: "CREDENTIALS_AMBIGUOUS" };

/** The credentials of a connection with these parameters and values of the header. */
const credentialsOf = (params: object, ...header: readonly string[]): Credentials => {
  const source: Partial<RequestSource> = {
    headerValues: (name) => (name === "x-auth" ? header : []),
    connectionParams: new ConnectionParams(params),
  };
  return new Credentials(source as RequestSource);
};
const tokenOf = (params: object, ...header: readonly string[]): string | undefined =>
  credentialsOf(params, ...header).find(compileRule(), OPTIONS)?.token;

const many = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`param${index}`, "x"]));

describe("the token of a connection", () => {
  it("is in the parameter authorization, or in that of the configured header, in any case", () => {
    for (const name of ["authorization", "Authorization", "x-auth", "X-Auth"])
      expect(tokenOf({ [name]: "Bearer ada" })).toBe("ada");
    expect(tokenOf({ other: "Bearer ada" })).toBeUndefined();
    expect(tokenOf({ "": "Bearer ada" })).toBeUndefined();
    expect(tokenOf({}, "Bearer ada")).toBe("ada");
  });

  it("is absent if the parameter is not text", () => {
    for (const value of [5, null, undefined, { token: "ada" }, ["Bearer ada"]])
      expect(tokenOf({ authorization: value })).toBeUndefined();
    expect(tokenOf({ authorization: 5 }, "Bearer ada")).toBe("ada");
  });

  it("is ambiguous if two places have different ones", () => {
    expect(tokenOf({ authorization: "Bearer ada", "x-auth": "Bearer ada" }, "Bearer ada")).toBe("ada");
    for (const [params, ...header] of [
      [{ authorization: "Bearer ada", "x-auth": "Bearer eve" }],
      [{ authorization: "Bearer ada" }, "Bearer eve"],
      [{ authorization: "Bearer ada", Authorization: "Bearer eve" }],
    ] as const)
      expect(() => tokenOf(params, ...header)).toThrow(expect.objectContaining(AMBIGUOUS));
  });

  it("is ambiguous among more than 100 parameters, and the cause says how many are allowed", () => {
    expect(tokenOf(many(100), "Bearer ada")).toBe("ada");
    const cause = new Error("There are more than 100 connection parameters: send fewer");
    expect(() => tokenOf(many(101), "Bearer ada")).toThrow(expect.objectContaining({ ...AMBIGUOUS, cause }));
  });
});

it("a header with 100 commas is ambiguous, and the cause says how many are allowed", () => {
  const cause = new Error("A header has 100 commas or more between its credentials: send one credential");
  const header = `Bearer ada${", Basic a".repeat(100)}`;
  expect(() => tokenOf({}, header)).toThrow(expect.objectContaining({ ...AMBIGUOUS, cause }));
});
