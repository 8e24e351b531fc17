/** An `exp` more than 100 years ahead is in milliseconds: it is neither issued nor accepted. */
import { AuthData, AuthManager, InvalidConfigError, JWT } from "claimgate";
import { decode, encode } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { createIssuer, entryOf, trusting } from "../issuers/support.ts";

const CENTURY = 3_155_760_000;
const MILLISECONDS = (NOW + 60) * 1000;
const authDataAt = (now: number, over: object = {}): AuthData =>
  new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER, now: () => now, ...over });

describe("a token that is issued", () => {
  it("has an exp of at most 100 years after the machine's clock in encode", async () => {
    const now = Math.floor(Date.now() / 1000);
    const at = async (exp: unknown): Promise<unknown> =>
      decode(await encode({ exp }, SECRET), SECRET, { algorithms: ["HS256"] });
    expect(await at(now + CENTURY)).toEqual({ exp: now + CENTURY });
    expect(await at(new Date((now + CENTURY) * 1000))).toEqual({ exp: now + CENTURY });
    for (const exp of [now + CENTURY + 60, Date.now(), new Date((now + CENTURY + 60) * 1000)])
      expect(await refusalOf(encode({ exp }, SECRET))).toBeInstanceOf(TypeError);
  });

  it("has an exp of at most 100 years after, also if a replacer writes it", async () => {
    const jsonEncoder = (key: string, value: unknown): unknown => (key === "exp" ? Date.now() : value);
    expect(await refusalOf(encode({ exp: 1 }, SECRET, { jsonEncoder }))).toBeInstanceOf(TypeError);
    expect(await encode({ nested: { exp: Date.now() } }, SECRET)).toMatch(/^ey/);
  });

  it("has an exp of at most 100 years after the clock of its AuthData", async () => {
    const claims = { sub: "ada", type: "auth" };
    const authData = authDataAt(1000);
    expect((await authData.sign("auth", { ...claims, exp: 1000 + CENTURY })).signed).toMatch(/^ey/);
    expect(await refusalOf(authData.sign("auth", { ...claims, exp: 1001 + CENTURY }))).toBeInstanceOf(TypeError);
  });

  it("has a maxAge of at most 100 years", async () => {
    const { auth } = createAuth();
    expect((await auth.authToken("ada", { maxAge: CENTURY })).exp).toBe(NOW + CENTURY);
    for (const work of [
      () => auth.authToken("ada", { maxAge: CENTURY + 1 }),
      () => auth.refreshToken("ada", { maxAge: Date.now() }),
      () => new JWT("auth", "ada", { maxAge: CENTURY + 1 }).sign(authDataAt(NOW)),
      () => authDataAt(NOW, { authMaxAge: CENTURY + 1 }),
      () => authDataAt(NOW, { refreshMaxAge: CENTURY + 1 }),
    ])
      expect(await refusalOf(work)).toBeInstanceOf(TypeError);
  });

  it.each(["authMaxAge", "refreshMaxAge"])("has an age of at most 100 years by %s", (option) => {
    expect(createAuth({ [option]: CENTURY }).auth).toBeInstanceOf(AuthManager);
    expect(() => createAuth({ [option]: CENTURY + 1 })).toThrow(InvalidConfigError);
  });
});

describe("a token that is verified", () => {
  it("is CLAIM_INVALID for its manager if exp is in milliseconds", async () => {
    const { auth } = createAuth();
    const error = await refusalOf(auth.verify(forge({ payload: goodClaims({ exp: MILLISECONDS }) })));
    expect(error).toMatchObject({ name: "DecodeError", reason: "CLAIM_INVALID" });
    expect((error as Error).message).toContain('"exp" is more than 100 years ahead');
  });

  it("may have an exp that a server with its clock ahead has issued", async () => {
    const { auth } = createAuth({ leeway: 5 });
    const read = (exp: number): Promise<unknown> => auth.verify(forge({ payload: goodClaims({ exp }) }));
    expect(await read(NOW + CENTURY + 65)).toBeInstanceOf(JWT);
    expect(await refusalOf(read(NOW + CENTURY + 66))).toMatchObject({ reason: "CLAIM_INVALID" });
  });

  it("may have any exp in decode, as in PyJWT, and from a trusted issuer", async () => {
    const token = forge({ payload: goodClaims({ exp: MILLISECONDS }) });
    expect(await decode(token, SECRET, { algorithms: ["HS256"], now: NOW })).toMatchObject({ exp: MILLISECONDS });
    const theirs = await createIssuer();
    const auth = trusting(entryOf(theirs));
    expect((await auth.verify(await theirs.token({ exp: MILLISECONDS }))).exp).toBe(MILLISECONDS);
  });
});
