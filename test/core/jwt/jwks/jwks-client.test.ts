/** What the methods of `JWKSClient` give, and that a token verifies with what they give. */
import { decode, type JWKSClient, SigningKey } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { NOW } from "../../../support/create-auth.ts";
import { forge } from "../../../support/forge.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { makePair } from "../keys/key-kinds.ts";
import { down, FakeIssuer, makeSigner, NO_SUCH_KEY, outcomeOf, UNAVAILABLE, UNREACHABLE } from "./support.ts";

watchRejections();

const rsa = makePair("RSA");
const signers = [
  makeSigner("RS256", { kid: "rs", alg: "RS256" }, rsa),
  makeSigner("PS256", { kid: "ps", alg: "PS256" }, rsa),
  makeSigner("ES256", { kid: "es", alg: "ES256", use: "sig" }),
  makeSigner("EdDSA", { kid: "ed" }),
];
const [one, other, stranger] = [
  makeSigner("ES256", { kid: "a" }),
  makeSigner("ES256", { kid: "b" }),
  makeSigner("ES256", { kid: "a" }),
];

describe.each(signers)("a token that the issuer signed with $algorithm", (signer) => {
  const issuer = new FakeIssuer(...signers.map(({ jwk }) => jwk));
  const { algorithm } = signer;

  it("is verified with the key that getSigningKeyFromJwt finds", async () => {
    const token = await signer.sign();
    const key = await issuer.client().getSigningKeyFromJwt(token);
    expect(key.jwk).toEqual(signer.jwk);
    expect(await decode(token, key, { algorithms: [algorithm] })).toEqual({ sub: "ada" });
  });

  it("is not verified with that key where it was altered, or under another algorithm", async () => {
    const client = issuer.client();
    const [header, , signature] = (await signer.sign()).split(".");
    const [, payload] = (await signer.sign({}, { sub: "root" })).split(".");
    const altered = `${header}.${payload}.${signature}`;
    const key = await client.getSigningKeyFromJwt(altered);
    expect(await outcomeOf(decode(altered, key, { algorithms: [algorithm] }))).toMatchObject({
      reason: "SIGNATURE_INVALID",
    });
    expect(await outcomeOf(decode(await signer.sign(), key, { algorithms: ["RS512"] }))).toMatchObject({
      reason: "ALGORITHM_INVALID",
    });
  });
});

describe("getSigningKey", () => {
  it("gives the key of a kid, with what the set says of it, and nothing that could be changed", async () => {
    const key = await new FakeIssuer(...signers.map(({ jwk }) => jwk)).client().getSigningKey("es");
    expect(key).toBeInstanceOf(SigningKey);
    expect({ kid: key.kid, kty: key.kty, alg: key.alg, use: key.use }).toEqual({
      kid: "es",
      kty: "EC",
      alg: "ES256",
      use: "sig",
    });
    expect(Object.isFrozen(key.jwk)).toBe(true);
  });

  it("asks anew for a kid that it does not know, once per cooldown", async () => {
    const issuer = new FakeIssuer(one.jwk);
    const client = issuer.client();
    await client.getSigningKey("a");
    issuer.answer = [one.jwk, other.jwk];
    expect(await outcomeOf(client.getSigningKey("b"))).toEqual(NO_SUCH_KEY);
    issuer.clock.advance(30);
    expect(await client.getSigningKey("b")).toMatchObject({ kid: "b" });
    expect(await outcomeOf(client.getSigningKey("c"))).toEqual(NO_SUCH_KEY);
    expect(issuer.requests).toHaveLength(2);
  });

  it("says that the keys are out of reach, not that there is none, while the issuer fails", async () => {
    const issuer = new FakeIssuer(one.jwk);
    const client = issuer.client();
    await client.getSigningKey("a");
    issuer.answer = down;
    issuer.clock.advance(30);
    expect(await outcomeOf(client.getSigningKey("b"))).toEqual(UNREACHABLE);
    expect(await client.getSigningKey("a")).toMatchObject({ kid: "a" });
  });

  it.each([undefined, null, 5, {}])("takes a kid that is a string only, not %s", async (kid) => {
    const issuer = new FakeIssuer(one.jwk);
    expect(await refusalOf(issuer.client().getSigningKey(kid as string))).toBeInstanceOf(TypeError);
    expect(issuer.requests).toHaveLength(0);
  });

  it("cannot tell two keys of one kid apart; two of one text are one", async () => {
    const twins = new FakeIssuer(one.jwk, stranger.jwk).client();
    expect(await outcomeOf(twins.getSigningKey("a"))).toEqual(UNAVAILABLE);
    const { kid, ...members } = one.jwk;
    const copies = new FakeIssuer(one.jwk, { ...members, kid: "a" }, { kid: "a", ...members }).client();
    expect(await copies.getSigningKey("a")).toMatchObject({ kid });
    expect(await copies.getSigningKeys()).toHaveLength(1);
  });
});

describe("getSigningKeyFromJwt", () => {
  const from = async (client: JWKSClient, token: string): Promise<unknown> =>
    (await client.getSigningKeyFromJwt(token)).jwk;

  it("gives the only key of its algorithm for a token without kid; the signature is for decode to check", async () => {
    const client = new FakeIssuer(one.jwk, ...signers.slice(0, 2).map(({ jwk }) => jwk)).client();
    expect(await from(client, await makeSigner("ES256", {}, one.pair).sign())).toEqual(one.jwk);
    const forged = await makeSigner("ES256").sign();
    const key = await client.getSigningKeyFromJwt(forged);
    expect(key.jwk).toEqual(one.jwk);
    expect(await outcomeOf(decode(forged, key, { algorithms: ["ES256"] }))).toMatchObject({
      reason: "SIGNATURE_INVALID",
    });
  });

  it("tries a token without kid with every key that serves its algorithm", async () => {
    const client = new FakeIssuer(...[one, other, ...signers].map(({ jwk }) => jwk)).client();
    const anonymous = makeSigner("ES256", {}, other.pair);
    expect(await from(client, await anonymous.sign())).toEqual(other.jwk);
    expect(await outcomeOf(from(client, await makeSigner("ES256").sign()))).toEqual(NO_SUCH_KEY);
  });

  it("finds, of two keys with one kid, the one that signed", async () => {
    const client = new FakeIssuer(one.jwk, stranger.jwk).client();
    expect(await from(client, await one.sign())).toEqual(one.jwk);
    expect(await from(client, await stranger.sign())).toEqual(stranger.jwk);
    expect(await outcomeOf(from(client, await makeSigner("ES256", { kid: "a" }).sign()))).toEqual(NO_SUCH_KEY);
  });

  it("finds no key of another kid, nor one without", async () => {
    const { kid: _, ...nameless } = other.jwk;
    const client = new FakeIssuer(one.jwk, nameless).client();
    expect(await from(client, await one.sign())).toEqual(one.jwk);
    expect(await outcomeOf(from(client, await other.sign()))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(from(client, await one.sign({ kid: "A" })))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(from(client, await one.sign({ kid: "" })))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(from(client, await one.sign({ kid: "__proto__" })))).toEqual(NO_SUCH_KEY);
  });

  it("asks for nothing where the token cannot be read", async () => {
    const issuer = new FakeIssuer(one.jwk);
    const client = issuer.client();
    const tokens: ReadonlyArray<readonly [unknown, string]> = [
      ["", "TOKEN_MALFORMED"],
      ["a.b", "TOKEN_MALFORMED"],
      [`${await one.sign()}.x`, "TOKEN_MALFORMED"],
      [undefined, "TOKEN_MALFORMED"],
      [new Uint8Array(3), "TOKEN_MALFORMED"],
      [forge({ header: "not JSON" }), "TOKEN_MALFORMED"],
      [forge({ header: { alg: "ES256", kid: 5 } }), "TOKEN_MALFORMED"],
      [forge({ header: { alg: "ES256", crit: ["exp"], exp: NOW } }), "TOKEN_MALFORMED"],
      [forge({ header: { kid: "a" } }), "ALGORITHM_INVALID"],
      [forge({ header: { alg: "none", kid: "a" } }), "ALGORITHM_INVALID"],
      [forge({ header: { alg: "es256", kid: "a" } }), "ALGORITHM_INVALID"],
    ];
    for (const [token, reason] of tokens) {
      expect(await outcomeOf(client.getSigningKeyFromJwt(token as string))).toMatchObject({ reason });
    }
    expect(issuer.requests).toHaveLength(0);
    expect(await from(client, await one.sign())).toEqual(one.jwk);
    expect(issuer.requests).toHaveLength(1);
  });
});

describe("getSigningKeys and getJwkSet", () => {
  const encrypting = makeSigner("RS256", { kid: "enc", use: "enc" }, rsa).jwk;

  it("give what can verify, and all that was published", async () => {
    const issuer = new FakeIssuer();
    issuer.answer = { keys: [one.jwk, encrypting], issued: "today" };
    const client = issuer.client();
    expect((await client.getSigningKeys()).map(({ jwk }) => jwk)).toEqual([one.jwk]);
    expect(await client.getJwkSet()).toEqual({ keys: [one.jwk, encrypting], issued: "today" });
    expect(issuer.requests).toHaveLength(1);
  });

  it("give the set that is held, or a new one where that is asked for", async () => {
    const issuer = new FakeIssuer(one.jwk);
    const client = issuer.client();
    await client.getSigningKeys();
    issuer.answer = [other.jwk];
    expect(await client.getJwkSet()).toEqual({ keys: [one.jwk] });
    expect(await client.getJwkSet(true)).toEqual({ keys: [other.jwk] });
    issuer.answer = [stranger.jwk];
    expect((await client.getSigningKeys(true)).map(({ jwk }) => jwk)).toEqual([stranger.jwk]);
    expect(await client.getJwkSet()).toEqual({ keys: [stranger.jwk] });
    expect(issuer.requests).toHaveLength(3);
  });

  it("give copies: what a caller does to them changes nothing for the next", async () => {
    const client = new FakeIssuer(one.jwk).client();
    const set = await client.getJwkSet();
    Object.assign(set.keys[0] as object, other.jwk);
    set.keys.push(other.jwk);
    (await client.getSigningKeys()).pop();
    expect(await client.getJwkSet()).toEqual({ keys: [one.jwk] });
    expect((await client.getSigningKey("a")).jwk).toEqual(one.jwk);
    expect(await outcomeOf(client.getSigningKey("b"))).toEqual(NO_SUCH_KEY);
  });

  it("make one request however many ask at once", async () => {
    const issuer = new FakeIssuer(one.jwk);
    const client = issuer.client();
    const token = await one.sign();
    const asked = Array.from({ length: 250 }, () => [
      client.getSigningKeys(),
      client.getJwkSet(true),
      client.getSigningKey("a"),
      client.getSigningKeyFromJwt(token),
    ]);
    expect(await Promise.all(asked.flat())).toHaveLength(1000);
    expect(issuer.requests).toHaveLength(1);
  });
});
