/** Keys of the type id-RSASSA-PSS: which algorithms may use them, in every form of a key. */
import { constants, generateKeyPairSync, sign, verify } from "node:crypto";
import { AuthManager, InvalidConfigError } from "claimgate";
import { type Algorithm, decode, encode, InvalidKeyError, type KeyInput } from "claimgate/jwt";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import { prepareKey } from "../../../../src/core/jwt/keys/keys.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { type KeyPair, makePair } from "./key-kinds.ts";
import {
  PSS_CERTIFICATE,
  PSS_PRIVATE_KEY,
  PSS_PUBLIC_KEY_OF_TWO_HASHES,
  PSS_SIGNED_CERTIFICATE,
  PSS_SIGNED_KEY,
} from "./pss-fixtures.ts";

const ISSUER = "https://issuer.example";
const PS = ["PS256", "PS384", "PS512"] as const;
const CLAIMS = { sub: "ada" };

const makePss = (options: object = {}, modulusLength = 2048): KeyPair =>
  generateKeyPairSync("rsa-pss", { modulusLength, ...options });
const limits = (hash: string, mgf1: string, saltLength: number): KeyPair =>
  makePss({ hashAlgorithm: hash, mgf1HashAlgorithm: mgf1, saltLength });
const free = makePss();

/** The forms of a pair, each with its name. */
function formsOf({
  privateKey,
  publicKey,
}: KeyPair): ReadonlyArray<readonly [string, sign: KeyInput, verify: KeyInput]> {
  const pkcs8 = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  const spki = publicKey.export({ format: "pem", type: "spki" }) as string;
  return [
    ["PEM", pkcs8, spki],
    ["PEM in bytes", new TextEncoder().encode(pkcs8), new TextEncoder().encode(spki)],
    ["PEM with Windows line breaks", pkcs8.replaceAll("\n", "\r\n"), spki.replaceAll("\n", "\r\n")],
    ["KeyObject", privateKey, publicKey],
  ];
}

const PAIRS: ReadonlyArray<readonly [name: string, pair: KeyPair, allowed: readonly Algorithm[]]> = [
  ["no restrictions", free, PS],
  ["SHA-256", limits("sha256", "sha256", 32), ["PS256"]],
  ["SHA-384", limits("sha384", "sha384", 48), ["PS384"]],
  ["SHA-512", limits("sha512", "sha512", 64), ["PS512"]],
  ["SHA-512 and short salts", limits("sha512", "sha512", 0), ["PS512"]],
  ["longer salts than its hash", limits("sha256", "sha256", 33), []],
  ["salts of 200 bytes", limits("sha256", "sha256", 200), []],
  ["another hash in MGF1", limits("sha256", "sha512", 32), []],
  ["SHA-1 in MGF1", limits("sha256", "sha1", 20), []],
  ["SHA-1", limits("sha1", "sha1", 20), []],
  ["SHA-512/256", limits("sha512-256", "sha512-256", 32), []],
];

describe.each(PAIRS)("an RSA-PSS key with %s", (_, pair, allowed) => {
  it.each(PS)("signs and verifies with %s exactly if its parameters allow it", async (algorithm) => {
    const good = await encode(CLAIMS, free.privateKey, { algorithm });
    const expected = allowed.includes(algorithm) ? ["read", "read"] : ["InvalidKeyError", "InvalidKeyError"];
    for (const [form, signing, verifying] of formsOf(pair)) {
      const signs = encode(CLAIMS, signing, { algorithm });
      const token = await signs.catch(() => good);
      const outcomes = await Promise.all(
        [signs, decode(token, verifying, { algorithms: [algorithm] })].map((work) =>
          work.then(
            () => "read",
            (error: Error) => error.name,
          ),
        ),
      );
      expect([form, ...outcomes]).toEqual([form, ...expected]);
    }
  });
});

describe("a message about an RSA-PSS key", () => {
  it("names the restriction, the need of the algorithm, and the algorithm that fits", async () => {
    const { privateKey } = limits("sha384", "sha384", 40);
    expect(await refusalOf(encode({}, privateKey, { algorithm: "PS256" }))).toMatchObject({
      message:
        "the RSA-PSS key is restricted to SHA-384, MGF1 with SHA-384 and salts of at least 40 bytes. PS256 needs SHA-256 for both and a salt of 32 bytes. Use it with PS384",
    });
  });

  it("says how to make a key if no algorithm fits, as for a key of openssl with one hash", async () => {
    const token = await encode({}, free.privateKey, { algorithm: "PS256" });
    expect(await refusalOf(decode(token, PSS_PUBLIC_KEY_OF_TWO_HASHES, { algorithms: ["PS256"] }))).toMatchObject({
      message:
        "the RSA-PSS key is restricted to SHA-256, MGF1 with SHA-1 and salts of at least 20 bytes. PS256 needs SHA-256 for both and a salt of 32 bytes. Make a key without restrictions with openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:3072 -out key.pem",
    });
  });

  it.each([
    ["RS256", "RS256 needs an RSA key"],
    ["ES256", "ES256 needs an EC key on the curve P-256"],
    ["EdDSA", "EdDSA needs an OKP key on the curve Ed25519"],
  ] as const)("rejects %s with its reason, although the key is RSA", async (algorithm, need) => {
    const rest = ", and this is an RSA-PSS key (id-RSASSA-PSS): pass such a key, or use this one with";
    for (const [form, signing] of formsOf(free))
      expect([form, await refusalOf(encode({}, signing, { algorithm }))]).toMatchObject([
        form,
        { name: "InvalidKeyError", message: `${need}${rest} PS256, PS384, PS512` },
      ]);
    const limited = limits("sha256", "sha256", 32).privateKey;
    expect(await refusalOf(encode({}, limited, { algorithm }))).toMatchObject({ message: `${need}${rest} PS256` });
  });

  it.each(["HS256", "HS384", "HS512"] as const)("rejects it as a secret of %s", async (algorithm) => {
    for (const [form, signing, verifying] of formsOf(free))
      for (const key of [signing, verifying])
        expect([form, await refusalOf(encode({}, key, { algorithm }))]).toEqual([form, expect.any(InvalidKeyError)]);
    const der = free.publicKey.export({ format: "der", type: "spki" });
    expect(await refusalOf(encode({}, der, { algorithm }))).toBeInstanceOf(InvalidKeyError);
  });
});

describe("an RSA-PSS key", () => {
  it.each(PS)("has the signatures of node:crypto with %s, and accepts them", async (algorithm) => {
    const { privateKey, publicKey } = free;
    const hash = `sha${algorithm.slice(2)}`;
    const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(algorithm.slice(2)) / 8 };
    const token = await encode(CLAIMS, privateKey, { algorithm });
    const [signed, signature] = [token.slice(0, token.lastIndexOf(".")), token.slice(token.lastIndexOf(".") + 1)];
    const bytes = Buffer.from(signature, "base64url");
    expect(verify(hash, Buffer.from(signed), { key: publicKey, ...padding }, bytes)).toBe(true);
    const theirs = sign(hash, Buffer.from(signed), { key: privateKey, ...padding }).toString("base64url");
    expect(await decode(`${signed}.${theirs}`, publicKey, { algorithms: [algorithm] })).toEqual(CLAIMS);
    const shortSalt = sign(hash, Buffer.from(signed), { key: privateKey, ...padding, saltLength: 20 });
    const short = decode(`${signed}.${shortSalt.toString("base64url")}`, publicKey, { algorithms: [algorithm] });
    expect(await refusalOf(short)).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("rejects the signature of another RSA-PSS key and a changed payload", async () => {
    const token = await encode(CLAIMS, makePss().privateKey, { algorithm: "PS256" });
    const options = { algorithms: ["PS256"] } as const;
    expect(await refusalOf(decode(token, free.publicKey, options))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    const good = await encode(CLAIMS, free.privateKey, { algorithm: "PS256" });
    const [header, , signature] = good.split(".");
    const changed = `${header}.${Buffer.from('{"sub":"eve"}').toString("base64url")}.${signature}`;
    expect(await refusalOf(decode(changed, free.publicKey, options))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it.each([
    ["of 1,024 bits", makePss({}, 1024).publicKey, "has 1024 bits"],
    ["with the exponent 1", withExponent([0, 0, 1]), "exponent must be odd, at least 3"],
    ["with an even exponent", withExponent([1, 0, 2]), "exponent must be odd, at least 3"],
  ] as const)("%s is rejected, as such an RSA key is", async (_, key, says) => {
    const token = await encode(CLAIMS, free.privateKey, { algorithm: "PS256" });
    const refusal = await refusalOf(decode(token, key, { algorithms: ["PS256"] }));
    expect(refusal).toMatchObject({ name: "InvalidKeyError", message: expect.stringContaining(says) });
  });

  it("is rejected in place of the other half", async () => {
    const token = await encode(CLAIMS, free.privateKey, { algorithm: "PS256" });
    for (const [, signing, verifying] of formsOf(free)) {
      expect(await refusalOf(encode({}, verifying, { algorithm: "PS256" }))).toBeInstanceOf(InvalidKeyError);
      const read = decode(token, signing, { algorithms: ["PS256"] });
      expect(await refusalOf(read)).toBeInstanceOf(InvalidKeyError);
    }
  });

  it("never causes another error than InvalidKeyError when bytes of it are wrong", async () => {
    const der = free.privateKey.export({ format: "der", type: "pkcs8" });
    const pemOf = (bytes: Buffer): string =>
      `-----BEGIN PRIVATE KEY-----\n${bytes.toString("base64")}\n-----END PRIVATE KEY-----\n`;
    const outcomeOf = (bytes: Buffer): unknown => {
      try {
        return typeof prepareKey(pemOf(bytes), "PS256", "sign").open;
      } catch (error) {
        return error instanceof InvalidKeyError ? "rejected" : error;
      }
    };
    for (let at = 0; at < 60; at++)
      for (const value of [0, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
        const wrong = Buffer.from(der);
        wrong[at] = value;
        expect([at, value, ["function", "rejected"]]).toEqual([at, value, expect.arrayContaining([outcomeOf(wrong)])]);
      }
    expect(outcomeOf(der)).toBe("function");
    for (const length of [0, 1, 10, 30, 60, 600, der.length - 1]) {
      const work = encode({}, pemOf(der.subarray(0, length)), { algorithm: "PS256" });
      expect([length, await refusalOf(work)]).toEqual([length, expect.any(InvalidKeyError)]);
    }
  });
});

describe("a certificate", () => {
  it("of an RSA-PSS key verifies with the algorithm of its parameters only", async () => {
    const token = await encode(CLAIMS, PSS_PRIVATE_KEY, { algorithm: "PS256" });
    for (const certificate of [PSS_CERTIFICATE, new TextEncoder().encode(PSS_CERTIFICATE)])
      expect(await decode(token, certificate, { algorithms: ["PS256"] })).toEqual(CLAIMS);
    for (const algorithm of ["PS384", "PS512", "RS256"] as const) {
      const other = await encode(CLAIMS, makePair("RSA").privateKey, { algorithm });
      const read = decode(other, PSS_CERTIFICATE, { algorithms: [algorithm] });
      expect([algorithm, await refusalOf(read)]).toEqual([algorithm, expect.any(InvalidKeyError)]);
    }
  });

  it("of an RSA key that an RSA-PSS signature signs is one of an RSA key", async () => {
    const [one, other] = await Promise.all(
      [PSS_SIGNED_CERTIFICATE, PSS_SIGNED_KEY].map(async (publicKey) => {
        const auth = new AuthManager({ issuer: ISSUER, algorithm: "RS256", publicKey });
        return (await auth.jwks()).keys;
      }),
    );
    expect(one).toEqual(other);
    expect(one).toMatchObject([{ kty: "RSA", alg: "RS256" }]);
  });
});

describe("a manager with an RSA-PSS key", () => {
  it.each(formsOf(free))("signs, verifies and publishes it, in the form %s", async (_, privateKey, publicKey) => {
    for (const keys of [{ privateKey }, { privateKey, publicKey }]) {
      const auth = new AuthManager({ issuer: ISSUER, algorithm: "PS384", ...keys });
      await auth.ready();
      const token = await auth.authToken("ada");
      expect(token.header).toEqual({ alg: "PS384", typ: "JWT" });
      const verifier = new AuthManager({ issuer: ISSUER, algorithm: "PS384", publicKey });
      expect((await verifier.verify(token.signed)).sub).toBe("ada");
      const { n, e } = plainJwk();
      const jwk = { kty: "RSA", n, e };
      const kid = await calculateJwkThumbprint(jwk);
      expect(await verifier.jwks()).toEqual({ keys: [{ ...jwk, kid, alg: "PS384", use: "sig" }] });
      expect(await auth.jwks()).toEqual(await verifier.jwks());
      const published = new AuthManager({
        trust: [
          {
            issuer: ISSUER,
            jwks: await auth.jwks(),
            algorithms: ["PS384"],
            audience: null,
            typ: "JWT",
            require: { type: "auth" },
          },
        ],
      });
      expect((await published.verify(token.signed)).sub).toBe("ada");
    }
  });

  it("is a key of a ring, and one that its parameters do not allow is named by its option", async () => {
    const limited = limits("sha256", "sha256", 32);
    const keys = [
      { algorithm: "ES256", privateKey: makePair("P-256").privateKey, retireAt: 4_000_000_000 },
      { algorithm: "PS256", privateKey: limited.privateKey, kid: "pss" },
    ] as const;
    const auth = new AuthManager({ issuer: ISSUER, keys });
    await auth.ready();
    const token = await auth.authToken("ada");
    expect(token.header).toEqual({ alg: "PS256", typ: "JWT", kid: "pss" });
    expect((await auth.verify(token.signed)).sub).toBe("ada");
    const wrong = () => new AuthManager({ issuer: ISSUER, keys: [keys[0], { ...keys[1], algorithm: "PS512" }] });
    expect(await refusalOf(wrong)).toBeInstanceOf(InvalidConfigError);
    expect(await refusalOf(wrong)).toMatchObject({ configValue: "keys.1.privateKey" });
  });

  it("is rejected with the public key of another pair", async () => {
    const wrong = () =>
      new AuthManager({
        issuer: ISSUER,
        algorithm: "PS256",
        privateKey: free.privateKey,
        publicKey: makePss().publicKey,
      });
    expect(await refusalOf(wrong)).toMatchObject({ name: "InvalidConfigError", configValue: "publicKey" });
  });
});

describe("the DER of an RSA-PSS key", () => {
  const spki = free.publicKey.export({ format: "der", type: "spki" });
  const pkcs8 = free.privateKey.export({ format: "der", type: "pkcs8" });
  const limited = limits("sha256", "sha256", 32).publicKey.export({ format: "der", type: "spki" });
  const changed = (der: Buffer, index: number, byte: number): Buffer =>
    Buffer.from(der.map((held, at) => (at === index ? byte : held)));

  it.each([
    ["another tag in place of the outer SEQUENCE", "PUBLIC KEY", changed(spki, 0, 0x31)],
    ["another tag in place of the outer SEQUENCE", "PRIVATE KEY", changed(pkcs8, 0, 0x31)],
    ["unused bits", "PUBLIC KEY", changed(spki, spki.indexOf(0x03) + 4, 1)],
    ["a modulus that is no INTEGER", "PUBLIC KEY", changed(spki, spki.length - 266, 0x04)],
    ["an unknown parameter", "PUBLIC KEY", changed(limited, limited.indexOf(Buffer.from([0xa2, 3, 2, 1, 32])), 0xa9)],
  ])("is rejected with %s in a %s", async (_, label, der) => {
    const text = `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
    // WebCrypto reads the key at its first use.
    const open = async () => prepareKey(text, "PS256", label === "PUBLIC KEY" ? "verify" : "sign").open();
    await expect(open()).rejects.toThrow(InvalidKeyError);
  });
});

/** The modulus and the exponent: the last two numbers of an SPKI of 2,048 bits. */
function plainJwk(): { n: string; e: string } {
  const der = free.publicKey.export({ format: "der", type: "spki" });
  return { n: der.subarray(-261, -5).toString("base64url"), e: der.subarray(-3).toString("base64url") };
}

function withExponent(exponent: readonly number[]): string {
  const der = free.publicKey.export({ format: "der", type: "spki" });
  const wrong = Buffer.concat([der.subarray(0, -3), Buffer.from(exponent)]).toString("base64");
  return `-----BEGIN PUBLIC KEY-----\n${wrong}\n-----END PUBLIC KEY-----\n`;
}
