/** Which keys of a set are used, and which are passed over (RFC 7517, section 5). */
import { generateKeyPairSync } from "node:crypto";
import { decode } from "claimgate/jwt";
import type { JWK } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { forge } from "../../../support/forge.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { FakeIssuer, makeSigner, NO_SUCH_KEY, outcomeOf, type Signer, UNAVAILABLE } from "./support.ts";

watchRejections();

const rsa = makeSigner("RS256", { kid: "rs" });
const ec = makeSigner("ES256", { kid: "es" });
const good = makeSigner("EdDSA", { kid: "good" });
const jwkOf = (key: { export(options: { format: "jwk" }): JWK }): JWK => key.export({ format: "jwk" });

/** Whether a token of `signer` verifies with what a client finds in a set of these keys. */
async function verify(signer: Signer, ...keys: readonly JWK[]): Promise<unknown> {
  const token = await signer.sign();
  const key = await new FakeIssuer(...keys).client().getSigningKeyFromJwt(token);
  return decode(token, key, { algorithms: [signer.algorithm] });
}

describe("a key is used", () => {
  const used: ReadonlyArray<readonly [string, Signer, Partial<JWK>]> = [
    ["that says nothing but its name", rsa, {}],
    ["that is for signatures", rsa, { use: "sig" }],
    ["that is to verify", ec, { key_ops: ["verify"] }],
    ["that is to sign and to verify (RFC 7517, section 4.3)", ec, { key_ops: ["sign", "verify"] }],
    ["of the token's algorithm", ec, { alg: "ES256" }],
    ["whose algorithm has its newer name (RFC 9864)", good, { alg: "Ed25519" }],
    ["that says whether it may be exported", ec, { ext: false }],
    ["with members that nobody knows", ec, { x5t: "AAAA", "urn:issuer": { since: 2020 } } as Partial<JWK>],
    ["with members that mean nothing to its kind", ec, { n: "AQAB", k: "AAAA" }],
  ];

  it.each(used)("%s", async (_, signer, members) => {
    expect(await verify(signer, { ...signer.jwk, ...members })).toEqual({ sub: "ada" });
  });
});

describe("a key is passed over, and the others of its set are used,", () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const x25519 = jwkOf(generateKeyPairSync("x25519").publicKey);
  const secp256k1 = jwkOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey);
  const passedOver: ReadonlyArray<readonly [string, JWK]> = [
    ["that is for encryption", { ...rsa.jwk, use: "enc" }],
    ["whose use is none that is known", { ...rsa.jwk, use: "SIG" }],
    ["whose use is no text", { ...rsa.jwk, use: null as never }],
    ["that is only to encrypt", { ...rsa.jwk, key_ops: ["encrypt"] }],
    ["that is only to sign", { ...rsa.jwk, key_ops: ["sign"] }],
    ["that is to do nothing", { ...rsa.jwk, key_ops: [] }],
    ["whose key_ops are no list", { ...rsa.jwk, key_ops: "verify" as never }],
    ["of an algorithm for encryption", { ...rsa.jwk, alg: "RSA-OAEP-256" }],
    ["of another algorithm of its kind", { ...rsa.jwk, alg: "RS512" }],
    ["that is private", jwkOf(rsa.pair.privateKey)],
    ["of 1024 bits", jwkOf(weak.publicKey)],
    ["of 1024 bits behind zeros", { ...jwkOf(weak.publicKey), n: padded(jwkOf(weak.publicKey).n as string) }],
    ["without a modulus", { kty: "RSA", e: "AQAB" }],
    ["whose modulus is no text", { ...rsa.jwk, n: 5 as never }],
    ["of a kind that nobody knows", { kty: "LATTICE", kid: "rs" }],
    ["without a kind", { kid: "rs", n: rsa.jwk.n as string, e: "AQAB" }],
    ["whose kind is no text", { ...rsa.jwk, kty: ["RSA"] as never }],
    ["whose kid is no text", { ...rsa.jwk, kid: 5 as never }],
    ["for key agreement", { ...x25519, kid: "rs" }],
    ["on a curve without an algorithm", { ...secp256k1, kid: "rs" }],
    ["whose point is on no curve", { ...ec.jwk, kid: "rs", y: ec.jwk.x as string }],
    ["that is a shared secret", { kty: "oct", kid: "rs", k: "A".repeat(86) }],
  ];

  it.each(passedOver)("%s", async (_, jwk) => {
    const client = new FakeIssuer({ kid: "rs", ...jwk }, good.jwk).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(await rsa.sign()))).toEqual(NO_SUCH_KEY);
    expect(await verify(good, { kid: "rs", ...jwk }, good.jwk)).toEqual({ sub: "ada" });
  });

  it("and where there are no others, nothing can be said of any token", async () => {
    const client = new FakeIssuer(
      ...passedOver.filter(([why]) => !why.startsWith("of another")).map(([, jwk]) => jwk),
    ).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(await good.sign()))).toEqual(UNAVAILABLE);
    expect(await outcomeOf(client.getSigningKey("rs"))).toEqual(UNAVAILABLE);
    expect(await outcomeOf(client.getSigningKeys())).toEqual(UNAVAILABLE);
    expect(await outcomeOf(client.getJwkSet())).toEqual(UNAVAILABLE);
  });

  it("and the one that can be used is found behind one that cannot, under one kid or none", async () => {
    const broken = { ...ec.jwk, y: ec.jwk.x as string };
    const { kid: _, ...nameless } = ec.jwk;
    expect(await verify(ec, broken, ec.jwk)).toEqual({ sub: "ada" });
    expect(await verify(makeSigner("ES256", {}, ec.pair), { ...nameless, y: "AAAA" }, nameless)).toEqual({
      sub: "ada",
    });
  });
});

describe("a token and a key of another type", () => {
  it("do not verify: an HMAC with the public key's text as its secret is refused", async () => {
    const client = new FakeIssuer(rsa.jwk).client();
    for (const secret of [
      JSON.stringify(rsa.jwk),
      rsa.pair.publicKey.export({ format: "pem", type: "spki" }) as string,
    ]) {
      const forged = forge({ header: { alg: "HS256", kid: "rs" }, secret });
      expect(await outcomeOf(client.getSigningKeyFromJwt(forged))).toEqual(NO_SUCH_KEY);
    }
    expect(await verify(rsa, rsa.jwk)).toEqual({ sub: "ada" });
  });

  it("do not verify: the kid's key serves another algorithm", async () => {
    const { jwk } = makeSigner("ES256", { kid: "rs" });
    const client = new FakeIssuer(jwk).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(await rsa.sign()))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(client.getSigningKeyFromJwt(await makeSigner("EdDSA", { kid: "rs" }).sign()))).toEqual(
      NO_SUCH_KEY,
    );
  });
});

describe("a set", () => {
  it("may have a hundred keys, and no more", async () => {
    const pad = Array.from({ length: 99 }, (_, index) => ({ ...rsa.jwk, kid: `k${index}` }));
    const issuer = new FakeIssuer(...pad, good.jwk);
    expect(await issuer.client().getSigningKeys()).toHaveLength(100);
    issuer.answer = [...pad, good.jwk, ec.jwk];
    expect(await outcomeOf(issuer.client().getSigningKeys())).toEqual(UNAVAILABLE);
  });

  it("that became empty withdraws what was before, and heals after the cooldown", async () => {
    const issuer = new FakeIssuer(good.jwk);
    const client = issuer.client();
    await client.getSigningKey("good");
    issuer.answer = [];
    expect(await outcomeOf(client.getJwkSet(true))).toEqual(UNAVAILABLE);
    issuer.answer = [good.jwk];
    expect(await outcomeOf(client.getSigningKey("good"))).toEqual(UNAVAILABLE);
    issuer.clock.advance(30);
    expect(await client.getSigningKey("good")).toMatchObject({ kid: "good" });
    expect(issuer.requests).toHaveLength(3);
  });
});

describe("where there is no node:crypto to judge a key early", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("a key that cannot be imported does not stand in the way of one that can", async () => {
    const token = await ec.sign();
    const { kid: _, ...nameless } = ec.jwk;
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    const broken = { ...nameless, y: ec.jwk.x as string };
    const client = new FakeIssuer({ ...broken, kid: "es" }, ec.jwk).client();
    const key = await client.getSigningKeyFromJwt(token);
    expect(key.jwk).toEqual(ec.jwk);
    expect(await decode(token, key, { algorithms: ["ES256"] })).toEqual({ sub: "ada" });
  });

  it("and where no other signed the token, nothing can be said of it", async () => {
    const [token, forged] = [await ec.sign(), await makeSigner("ES256", { kid: "es" }).sign()];
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    const broken = { ...ec.jwk, y: ec.jwk.x as string };
    const client = new FakeIssuer(broken, ec.jwk).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(forged))).toEqual(UNAVAILABLE);
    expect((await client.getSigningKeyFromJwt(token)).jwk).toEqual(ec.jwk);
  });
});

function padded(n: string): string {
  return Buffer.concat([Buffer.alloc(128), Buffer.from(n, "base64url")]).toString("base64url");
}
