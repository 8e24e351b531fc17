/** HMAC secrets: at least as long as the hash output, and never the text of another key. */
import { createSecretKey, type KeyObject } from "node:crypto";
import { type Algorithm, decode, encode, type KeyInput } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { CERTIFICATE, importHmac, makePair, toCryptoKey } from "./key-kinds.ts";

const pair = makePair("P-256");
const rsa = makePair("RSA");
const der = (key: KeyObject, type: "pkcs8" | "spki" | "pkcs1" | "sec1"): Buffer =>
  key.export({ format: "der", type } as never) as unknown as Buffer;
const pem = (key: KeyObject, type: "pkcs8" | "spki" | "pkcs1" | "sec1"): string =>
  key.export({ format: "pem", type } as never) as unknown as string;
const octJwk = (over: object = {}): KeyInput => ({ kty: "oct", k: Buffer.alloc(32, 9).toString("base64url"), ...over });
const sshWire = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(40, 1)]);

const KEY_LIKE: ReadonlyArray<readonly [what: string, secret: KeyInput]> = [
  ["a public PEM", pem(pair.publicKey, "spki")],
  ["a public RSA PEM", pem(rsa.publicKey, "pkcs1")],
  ["a private PEM", pem(pair.privateKey, "pkcs8")],
  ["a private SEC1 PEM", pem(pair.privateKey, "sec1")],
  ["a certificate", CERTIFICATE],
  ["a PEM after other text", `Bag Attributes\n${pem(pair.publicKey, "spki")}`],
  ["a PEM in bytes", Buffer.from(pem(pair.publicKey, "spki"))],
  ["a PEM in an oct JWK", { kty: "oct", k: Buffer.from(pem(pair.publicKey, "spki")).toString("base64url") }],
  ["a PEM in a KeyObject", createSecretKey(Buffer.from(pem(pair.publicKey, "spki")))],
  ["SPKI DER", der(pair.publicKey, "spki")],
  ["PKCS1 DER", der(rsa.publicKey, "pkcs1")],
  ["PKCS8 DER", der(pair.privateKey, "pkcs8")],
  ["DER in base64", der(rsa.publicKey, "spki").toString("base64")],
  [
    "DER in base64 with line breaks",
    der(rsa.publicKey, "spki")
      .toString("base64")
      .replace(/(.{64})/g, "$1\n"),
  ],
  ["DER in base64 without padding", der(pair.publicKey, "spki").toString("base64").replace(/=+$/, "")],
  ["an SSH public key", `ssh-ed25519 ${sshWire.toString("base64")} ada@example`],
  ["an SSH RSA key", `ssh-rsa ${Buffer.alloc(64, 3).toString("base64")}`],
  ["an SSH ECDSA key", `ecdsa-sha2-nistp256 ${Buffer.alloc(64, 3).toString("base64")}`],
  [
    "an SSH private key",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----",
  ],
  ["the JSON of a public JWK", JSON.stringify(pair.publicKey.export({ format: "jwk" }))],
  ["the JSON of an oct JWK", JSON.stringify(octJwk())],
  ["a PEM in base64url", Buffer.from(pem(pair.publicKey, "spki")).toString("base64url")],
  ["a PEM after a line break in base64", Buffer.from(`\n${pem(pair.publicKey, "spki")}`).toString("base64")],
  ["DER in base64url", der(rsa.publicKey, "spki").toString("base64url")],
  ["an SSH RSA key in base64", Buffer.from(`ssh-rsa ${Buffer.alloc(64, 3).toString("base64")}`).toString("base64")],
  ["a JWK in base64", Buffer.from(JSON.stringify(pair.publicKey.export({ format: "jwk" }))).toString("base64")],
  ["the JSON of a JWK set", JSON.stringify({ keys: [pair.publicKey.export({ format: "jwk" })] })],
];

const NO_SECRET: ReadonlyArray<readonly [what: string, secret: KeyInput | Promise<KeyInput>]> = [
  ["a public KeyObject", pair.publicKey],
  ["a private KeyObject", pair.privateKey],
  ["a public CryptoKey", toCryptoKey(pair.publicKey, "ES256")],
  ["an HMAC CryptoKey for another hash", importHmac(new Uint8Array(64), "HS512", ["sign", "verify"])],
  ["a public JWK", pair.publicKey.export({ format: "jwk" })],
  ["an oct JWK for encryption", octJwk({ use: "enc" })],
  ["an oct JWK of another algorithm", octJwk({ alg: "HS512" })],
  ["an oct JWK that may only wrap keys", octJwk({ key_ops: ["wrapKey"] })],
  ["an oct JWK without its secret", { kty: "oct" }],
  ["an oct JWK that is not base64url", { kty: "oct", k: "!".repeat(43) }],
  ["null", null as unknown as KeyInput],
  ["a number", 12 as unknown as KeyInput],
];

describe("the text of another key as a secret", () => {
  it.each(KEY_LIKE)("is rejected with and without allowWeakSecret: %s", async (_, secret) => {
    for (const allowWeakSecret of [false, true]) {
      await expect(encode({}, secret, { allowWeakSecret })).rejects.toMatchObject({ name: "InvalidKeyError" });
    }
  });

  it("is not suspected in a plain secret that begins like a key", async () => {
    for (const secret of [
      "{ a brace, and then nothing of a JWK }",
      "ssh is not how this secret begins, is it",
      "MIIB".repeat(9),
    ]) {
      expect(await decode(await encode({ a: 1 }, secret), secret, { algorithms: ["HS256"] })).toEqual({ a: 1 });
    }
  });
});

describe("a key that is not a secret of the algorithm", () => {
  it.each(NO_SECRET)("is rejected: %s", async (_, secret) => {
    await expect(encode({}, await secret)).rejects.toMatchObject({ name: "InvalidKeyError" });
  });

  it("is distinguished from an oct JWK that names its algorithm, use and operations", async () => {
    const key = octJwk({ alg: "HS256", use: "sig", key_ops: ["sign", "verify"], kid: "k1" });
    expect(await decode(await encode({ a: 1 }, key), key, { algorithms: ["HS256"] })).toEqual({ a: 1 });
  });
});

describe("a secret shorter than the hash output", () => {
  const lengths: ReadonlyArray<readonly [Algorithm, number]> = [
    ["HS256", 32],
    ["HS384", 48],
    ["HS512", 64],
  ];

  it.each(lengths)("is rejected by %s below %i bytes, and accepted from that length on", async (algorithm, length) => {
    for (const make of [(n: number) => "s".repeat(n), (n: number) => new Uint8Array(n).fill(1)]) {
      await expect(encode({}, make(length - 1), { algorithm })).rejects.toMatchObject({ name: "InvalidKeyError" });
      const token = await encode({}, make(length), { algorithm });
      expect(await decode(token, make(length), { algorithms: [algorithm] })).toEqual({});
      await expect(decode(token, make(length - 1), { algorithms: [algorithm] })).rejects.toMatchObject({
        name: "InvalidKeyError",
      });
    }
  });

  it("is measured in bytes, not in characters", async () => {
    const text = "ä".repeat(16);
    expect(await decode(await encode({}, text), text, { algorithms: ["HS256"] })).toEqual({});
  });

  it("is accepted in every form with allowWeakSecret", async () => {
    const bytes = new Uint8Array(8).fill(5);
    const weak = { allowWeakSecret: true };
    const kinds: KeyInput[] = [
      "\u0005".repeat(8),
      bytes,
      { kty: "oct", k: Buffer.from(bytes).toString("base64url") },
      createSecretKey(bytes),
      await importHmac(bytes, "HS256", ["sign", "verify"]),
    ];
    const token = await encode({ a: 1 }, bytes, weak);
    for (const key of kinds) {
      expect(await decode(token, key, { algorithms: ["HS256"], ...weak })).toEqual({ a: 1 });
      await expect(decode(token, key, { algorithms: ["HS256"] })).rejects.toMatchObject({ name: "InvalidKeyError" });
    }
  });

  it("is rejected when it is empty, with and without allowWeakSecret", async () => {
    for (const key of ["", new Uint8Array(), { kty: "oct", k: "" }]) {
      await expect(encode({}, key, { allowWeakSecret: true })).rejects.toMatchObject({ name: "InvalidKeyError" });
    }
  });
});
