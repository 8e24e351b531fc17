/** The methods of `JWKSClient`, and tokens verified with their keys. */
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

  it("is accepted with the key of getSigningKeyFromJwt", async () => {
    const token = await signer.sign();
    const key = await issuer.client().getSigningKeyFromJwt(token);
    expect(key.jwk).toEqual(signer.jwk);
    expect(await decode(token, key, { algorithms: [algorithm] })).toEqual({ sub: "ada" });
  });

  it("is rejected when it was altered, or under another algorithm", async () => {
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
  it("returns the frozen key of a kid, with the members of the set", async () => {
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

  it("fetches again for an unknown kid, once per cooldown", async () => {
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

  it("rejects an unknown kid with KEYS_UNAVAILABLE while the issuer fails", async () => {
    const issuer = new FakeIssuer(one.jwk);
    const client = issuer.client();
    await client.getSigningKey("a");
    issuer.answer = down;
    issuer.clock.advance(30);
    expect(await outcomeOf(client.getSigningKey("b"))).toEqual(UNREACHABLE);
    expect(await client.getSigningKey("a")).toMatchObject({ kid: "a" });
  });

  it.each([undefined, null, 5, {}])("rejects a kid that is not a string: %s", async (kid) => {
    const issuer = new FakeIssuer(one.jwk);
    expect(await refusalOf(issuer.client().getSigningKey(kid as string))).toBeInstanceOf(TypeError);
    expect(issuer.requests).toHaveLength(0);
  });

  it("rejects a kid shared by two different keys, and accepts one shared by equal keys", async () => {
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

  it("returns the only key of the algorithm for a token without kid, without checking the signature", async () => {
    const client = new FakeIssuer(one.jwk, ...signers.slice(0, 2).map(({ jwk }) => jwk)).client();
    expect(await from(client, await makeSigner("ES256", {}, one.pair).sign())).toEqual(one.jwk);
    const forged = await makeSigner("ES256").sign();
    const key = await client.getSigningKeyFromJwt(forged);
    expect(key.jwk).toEqual(one.jwk);
    expect(await outcomeOf(decode(forged, key, { algorithms: ["ES256"] }))).toMatchObject({
      reason: "SIGNATURE_INVALID",
    });
  });

  it("tries every key of the algorithm for a token without kid", async () => {
    const client = new FakeIssuer(...[one, other, ...signers].map(({ jwk }) => jwk)).client();
    const anonymous = makeSigner("ES256", {}, other.pair);
    expect(await from(client, await anonymous.sign())).toEqual(other.jwk);
    expect(await outcomeOf(from(client, await makeSigner("ES256").sign()))).toEqual(NO_SUCH_KEY);
  });

  it("returns the key that signed the token when two keys share its kid", async () => {
    const client = new FakeIssuer(one.jwk, stranger.jwk).client();
    expect(await from(client, await one.sign())).toEqual(one.jwk);
    expect(await from(client, await stranger.sign())).toEqual(stranger.jwk);
    expect(await outcomeOf(from(client, await makeSigner("ES256", { kid: "a" }).sign()))).toEqual(NO_SUCH_KEY);
  });

  it("finds no key for an unknown kid, and never a key without kid", async () => {
    const { kid: _, ...nameless } = other.jwk;
    const client = new FakeIssuer(one.jwk, nameless).client();
    expect(await from(client, await one.sign())).toEqual(one.jwk);
    expect(await outcomeOf(from(client, await other.sign()))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(from(client, await one.sign({ kid: "A" })))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(from(client, await one.sign({ kid: "" })))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(from(client, await one.sign({ kid: "__proto__" })))).toEqual(NO_SUCH_KEY);
  });

  it("makes no request for an unreadable token", async () => {
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

  it("return the usable keys and the whole published set", async () => {
    const issuer = new FakeIssuer();
    issuer.answer = { keys: [one.jwk, encrypting], issued: "today" };
    const client = issuer.client();
    expect((await client.getSigningKeys()).map(({ jwk }) => jwk)).toEqual([one.jwk]);
    expect(await client.getJwkSet()).toEqual({ keys: [one.jwk, encrypting], issued: "today" });
    expect(issuer.requests).toHaveLength(1);
  });

  it("return the cached set, or a new set with refresh", async () => {
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

  it("return copies, so that changes by a caller have no effect", async () => {
    const client = new FakeIssuer(one.jwk).client();
    const set = await client.getJwkSet();
    Object.assign(set.keys[0] as object, other.jwk);
    set.keys.push(other.jwk);
    (await client.getSigningKeys()).pop();
    expect(await client.getJwkSet()).toEqual({ keys: [one.jwk] });
    expect((await client.getSigningKey("a")).jwk).toEqual(one.jwk);
    expect(await outcomeOf(client.getSigningKey("b"))).toEqual(NO_SUCH_KEY);
  });

  it("make one request for concurrent calls", async () => {
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
