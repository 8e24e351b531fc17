/** `AuthData` keeps the header of its tokens, which never changes. */
import { AuthData, JWT } from "claimgate";
import { describe, expect, it } from "vitest";
import { ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";

const tokenOf = async (authData: AuthData, sub: string): Promise<JWT> => {
  const jwt = new JWT("auth", sub);
  await jwt.sign(authData);
  return jwt;
};

describe("the header of the tokens of one AuthData", () => {
  it("is one frozen object, and one text", async () => {
    const authData = new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER, kid: "k1", now: () => NOW });
    const [first, second] = [await tokenOf(authData, "ada"), await tokenOf(authData, "bob")];
    expect(first.header).toEqual({ alg: "HS256", typ: "JWT", kid: "k1" });
    expect(second.header).toBe(first.header);
    expect(() => Object.assign(first.header, { kid: "evil" })).toThrow(TypeError);
    const third = await tokenOf(authData, "eve");
    expect(third.header).toEqual({ alg: "HS256", typ: "JWT", kid: "k1" });
    const segments = [first, second, third].map(({ signed }) => signed.split(".")[0]);
    expect(new Set(segments).size).toBe(1);
    expect(JSON.parse(Buffer.from(segments[0] as string, "base64url").toString())).toEqual(first.header);
  });

  it("is not that of another AuthData", async () => {
    const { privateKey } = makePair("P-256");
    const headers = await Promise.all(
      [
        new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER }),
        new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER, kid: "k2" }),
        new AuthData({ authType: "HS512", secret: SECRET, issuer: ISSUER }),
        new AuthData({ authType: "ES256", secret: privateKey, issuer: ISSUER }),
      ].map(async (authData) => (await tokenOf(authData, "ada")).header),
    );
    expect(headers).toEqual([
      { alg: "HS256", typ: "JWT" },
      { alg: "HS256", typ: "JWT", kid: "k2" },
      { alg: "HS512", typ: "JWT" },
      { alg: "ES256", typ: "JWT" },
    ]);
  });

  it("has the kid that the AuthData had when it was made", async () => {
    const options = { authType: "HS256", secret: SECRET, issuer: ISSUER, kid: "k1" } as const;
    const authData = new AuthData(options);
    Object.assign(options, { kid: "k2" });
    expect((await tokenOf(authData, "ada")).header["kid"]).toBe("k1");
  });
});
