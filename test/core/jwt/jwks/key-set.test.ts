/** The usable and the ignored keys of a key set (RFC 7517, section 5). */
import { generateKeyPairSync } from "node:crypto";
import { AuthManager } from "claimgate";
import { decode } from "claimgate/jwt";
import type { JWK } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { forge } from "../../../support/forge.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { watchVerifications } from "../../../support/watch-verifications.ts";
import { largeRsaKey } from "../signatures/support.ts";
import { FakeIssuer, makeSigner, NO_SUCH_KEY, outcomeOf, type Signer, UNAVAILABLE } from "./support.ts";

watchRejections();

const rsa = makeSigner("RS256", { kid: "rs" });
const ec = makeSigner("ES256", { kid: "es" });
const good = makeSigner("EdDSA", { kid: "good" });
const jwkOf = (key: { export(options: { format: "jwk" }): JWK }): JWK => key.export({ format: "jwk" });

/** Verifies a token of `signer` with the key that a client finds in a set of these keys. */
async function verify(signer: Signer, ...keys: readonly JWK[]): Promise<unknown> {
  const token = await signer.sign();
  const key = await new FakeIssuer(...keys).client().getSigningKeyFromJwt(token);
  return decode(token, key, { algorithms: [signer.algorithm] });
}

describe("a key of a set is used", () => {
  const used: ReadonlyArray<readonly [string, Signer, Partial<JWK>]> = [
    ["with nothing but its kid", rsa, {}],
    ["with use sig", rsa, { use: "sig" }],
    ["with key_ops verify", ec, { key_ops: ["verify"] }],
    ["with key_ops sign and verify (RFC 7517, section 4.3)", ec, { key_ops: ["sign", "verify"] }],
    ["with the token's algorithm", ec, { alg: "ES256" }],
    ["with the newer name of its algorithm (RFC 9864)", good, { alg: "Ed25519" }],
    ["with ext", ec, { ext: false }],
    ["with unknown members", ec, { x5t: "AAAA", "urn:issuer": { since: 2020 } } as Partial<JWK>],
    ["with members of another kty", ec, { n: "AQAB", k: "AAAA" }],
  ];

  it.each(used)("%s", async (_, signer, members) => {
    expect(await verify(signer, { ...signer.jwk, ...members })).toEqual({ sub: "ada" });
  });
});

describe("an unusable key of a set is ignored", () => {
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const x25519 = jwkOf(generateKeyPairSync("x25519").publicKey);
  const secp256k1 = jwkOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey);
  const passedOver: ReadonlyArray<readonly [string, JWK]> = [
    ["with use enc", { ...rsa.jwk, use: "enc" }],
    ["with an unknown use", { ...rsa.jwk, use: "SIG" }],
    ["with a use that is not a text", { ...rsa.jwk, use: 5 as never }],
    ["with key_ops encrypt", { ...rsa.jwk, key_ops: ["encrypt"] }],
    ["with key_ops sign only", { ...rsa.jwk, key_ops: ["sign"] }],
    ["with empty key_ops", { ...rsa.jwk, key_ops: [] }],
    ["with key_ops that are not a list", { ...rsa.jwk, key_ops: "verify" as never }],
    ["with an encryption algorithm", { ...rsa.jwk, alg: "RSA-OAEP-256" }],
    ["of another algorithm of its kind", { ...rsa.jwk, alg: "RS512" }],
    ["with private members", jwkOf(rsa.pair.privateKey)],
    ["of 1024 bits", jwkOf(weak.publicKey)],
    ["of 1024 bits with leading zeros", { ...jwkOf(weak.publicKey), n: padded(jwkOf(weak.publicKey).n as string) }],
    ["without a modulus", { kty: "RSA", e: "AQAB" }],
    ["with a modulus that is not a text", { ...rsa.jwk, n: 5 as never }],
    ["with an unknown kty", { kty: "LATTICE", kid: "rs" }],
    ["without a kty", { kid: "rs", n: rsa.jwk.n as string, e: "AQAB" }],
    ["with a kty that is not a text", { ...rsa.jwk, kty: ["RSA"] as never }],
    ["with a kid that is not a text", { ...rsa.jwk, kid: 5 as never }],
    ["for key agreement", { ...x25519, kid: "rs" }],
    ["on a curve without an algorithm", { ...secp256k1, kid: "rs" }],
    ["with a point outside its curve", { ...ec.jwk, kid: "rs", y: ec.jwk.x as string }],
    ["with a shared secret", { kty: "oct", kid: "rs", k: "A".repeat(86) }],
  ];

  it.each(passedOver)("%s, while the other keys are used", async (_, jwk) => {
    const client = new FakeIssuer({ kid: "rs", ...jwk }, good.jwk).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(await rsa.sign()))).toEqual(NO_SUCH_KEY);
    expect(await verify(good, { kid: "rs", ...jwk }, good.jwk)).toEqual({ sub: "ada" });
  });

  it("and a set without other keys is rejected with KEYS_UNAVAILABLE, with node:crypto", async () => {
    const client = new FakeIssuer(
      ...passedOver.filter(([why]) => !why.startsWith("of another")).map(([, jwk]) => jwk),
    ).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(await good.sign()))).toEqual(UNAVAILABLE);
    expect(await outcomeOf(client.getSigningKey("rs"))).toEqual(UNAVAILABLE);
    expect(await outcomeOf(client.getSigningKeys())).toEqual(UNAVAILABLE);
    expect(await outcomeOf(client.getJwkSet())).toEqual(UNAVAILABLE);
  });

  it("and a usable key after it is found, with the same kid or without kid", async () => {
    const broken = { ...ec.jwk, y: ec.jwk.x as string };
    const { kid: _, ...nameless } = ec.jwk;
    expect(await verify(ec, broken, ec.jwk)).toEqual({ sub: "ada" });
    expect(await verify(makeSigner("ES256", {}, ec.pair), { ...nameless, y: "AAAA" }, nameless)).toEqual({
      sub: "ada",
    });
  });
});

describe("an RSA key that is large", () => {
  const [limit, larger] = [8192, 8200].map((bits) => ({ ...largeRsaKey(bits), kid: "large" })) as [JWK, JWK];
  // Its signature is as long as the modulus, so that only the key can reject it.
  const tokenFor = (bits: number, claims?: object): string =>
    forge({
      header: { alg: "RS256", kid: "large" },
      signature: Buffer.alloc(bits / 8, 1).toString("base64url"),
      ...(claims ? { payload: claims } : {}),
    });

  it("is used up to 8,192 bits, and ignored above, if it was fetched", async () => {
    const used = new FakeIssuer(limit, good.jwk).client();
    expect(await used.getSigningKeyFromJwt(tokenFor(8192))).toMatchObject({ kid: "large" });
    expect(await used.getSigningKeys()).toHaveLength(2);
    const ignored = new FakeIssuer(larger, good.jwk).client();
    expect(await outcomeOf(ignored.getSigningKeyFromJwt(tokenFor(8200)))).toEqual(NO_SUCH_KEY);
    expect(await ignored.getSigningKeys()).toHaveLength(1);
    const padded = { ...larger, n: `AAAA${larger.n}` };
    expect(await new FakeIssuer(padded, good.jwk).client().getSigningKeys()).toHaveLength(1);
  });

  it("is used by its owner, in a local set and in decode", async () => {
    const token = tokenFor(8200, { iss: "https://theirs.example", sub: "42" });
    const reasons = [];
    for (const jwk of [larger, { ...larger, kid: "other" }]) {
      const verify = watchVerifications();
      const jwks = { keys: [jwk] };
      const auth = new AuthManager({
        trust: [{ issuer: "https://theirs.example", jwks, audience: "x", algorithms: ["RS256"] }],
      });
      const { reason } = (await refusalOf(auth.verify(token))) as { reason?: string };
      reasons.push([reason, verify.mock.calls.length]);
      vi.restoreAllMocks();
    }
    expect(reasons).toEqual([
      ["SIGNATURE_INVALID", 1],
      ["SIGNATURE_INVALID", 0],
    ]);
    await expect(decode(token, larger, { algorithms: ["RS256"] })).rejects.toMatchObject({
      message: "The signature does not match the token and the key",
    });
  });
});

describe("a token and a key of different types", () => {
  it("are rejected when the public key's text is the HMAC secret", async () => {
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

  it("are rejected when the kid's key serves another algorithm", async () => {
    const { jwk } = makeSigner("ES256", { kid: "rs" });
    const client = new FakeIssuer(jwk).client();
    expect(await outcomeOf(client.getSigningKeyFromJwt(await rsa.sign()))).toEqual(NO_SUCH_KEY);
    expect(await outcomeOf(client.getSigningKeyFromJwt(await makeSigner("EdDSA", { kid: "rs" }).sign()))).toEqual(
      NO_SUCH_KEY,
    );
  });
});

describe("a key set", () => {
  it("is accepted with 100 keys and rejected with more", async () => {
    const pad = Array.from({ length: 99 }, (_, index) => ({ ...rsa.jwk, kid: `k${index}` }));
    const issuer = new FakeIssuer(...pad, good.jwk);
    expect(await issuer.client().getSigningKeys()).toHaveLength(100);
    issuer.answer = [...pad, good.jwk, ec.jwk];
    expect(await outcomeOf(issuer.client().getSigningKeys())).toEqual(UNAVAILABLE);
  });

  it("that became empty withdraws its keys, and is fetched again after the cooldown", async () => {
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

describe("a client without node:crypto", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("ignores a key that cannot be imported", async () => {
    const token = await ec.sign();
    const { kid: _, ...nameless } = ec.jwk;
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    const broken = { ...nameless, y: ec.jwk.x as string };
    const client = new FakeIssuer({ ...broken, kid: "es" }, ec.jwk).client();
    const key = await client.getSigningKeyFromJwt(token);
    expect(key.jwk).toEqual(ec.jwk);
    expect(await decode(token, key, { algorithms: ["ES256"] })).toEqual({ sub: "ada" });
  });

  it("rejects with KEYS_UNAVAILABLE when only the broken key could have signed the token", async () => {
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
