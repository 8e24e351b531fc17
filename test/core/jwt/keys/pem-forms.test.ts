/** The forms of PEM text and the kinds of keys: each is read, or rejected with its remedy. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { type Algorithm, decode, encode, InvalidKeyError, type KeyInput } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { CERTIFICATE, CERTIFIED_PRIVATE_KEY, type KeyPair, makePair } from "./key-kinds.ts";
import { PSS_SIGNED_CERTIFICATE } from "./pss-fixtures.ts";

const p256 = makePair("P-256");
const other = makePair("P-256");
const rsa = makePair("RSA");
const CLAIMS = { sub: "ada" };
const pem = ({ privateKey }: KeyPair): string => privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const publicPem = ({ publicKey }: KeyPair): string => publicKey.export({ format: "pem", type: "spki" }) as string;
const block = (label: string, body = "AAAA"): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const signed = (key: KeyInput = pem(p256)): Promise<string> => encode(CLAIMS, key, { algorithm: "ES256" });
const verified = (token: string, key: KeyInput) => decode(token, key, { algorithms: ["ES256"] });
/** The certified key as PKCS #8, which every runtime reads. */
const certified = createPrivateKey(CERTIFIED_PRIVATE_KEY).export({ format: "pem", type: "pkcs8" }) as string;

describe("a key in PEM text is read", () => {
  it.each<[string, (text: string) => string]>([
    ["with Windows line breaks", (text) => text.replaceAll("\n", "\r\n")],
    ["after a byte order mark", (text) => `\ufeff${text}`],
    ["after and before other text", (text) => `Bag Attributes\n    localKeyID: 01\n${text}\nsubject=CN = x\n`],
    ["without a last line break", (text) => text.trimEnd()],
    ["after the parameters of a curve", (text) => `${block("EC PARAMETERS", "BggqhkjOPQMBBw==")}${text}`],
  ])("%s", async (_, change) => {
    const token = await signed(change(pem(p256)));
    expect(await verified(token, change(publicPem(p256)))).toEqual(CLAIMS);
    expect(await refusalOf(verified(token, change(publicPem(other))))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("from a file with a private key and its certificate, in either order", async () => {
    for (const text of [certified + CERTIFICATE, CERTIFICATE + certified]) {
      const token = await signed(text);
      expect(await verified(token, text)).toEqual(CLAIMS);
      expect(await verified(token, CERTIFICATE)).toEqual(CLAIMS);
      expect(await refusalOf(verified(await signed(), text))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    }
  });

  it("from the first certificate of a chain only", async () => {
    const [first, second] = [CERTIFICATE, PSS_SIGNED_CERTIFICATE];
    const token = await signed(certified);
    expect(await verified(token, first + second)).toEqual(CLAIMS);
    expect(await refusalOf(verified(token, second + first))).toBeInstanceOf(InvalidKeyError);
  });
});

describe("PEM text is rejected", () => {
  const several = "keys: pass the text of one of them";
  it.each<[string, "sign" | "verify", string, string]>([
    ["with two private keys", "sign", pem(p256) + pem(other), `the PEM text has 2 private ${several}`],
    ["with two public keys", "verify", publicPem(p256) + publicPem(other), `the PEM text has 2 public ${several}`],
    ["with a public key and a certificate", "verify", publicPem(p256) + CERTIFICATE, `has 2 public ${several}`],
    ["with a private key alone where a public one is needed", "verify", pem(p256), "pass the public key"],
    ["with a certificate alone where a private key is needed", "sign", CERTIFICATE, "pass the private key"],
    ["with spaces before its lines", "sign", pem(p256).replaceAll(/^/gm, "  "), "is indented: remove the spaces"],
    [
      "with spaces before all lines but the first, as in a template literal",
      "sign",
      pem(p256).trimEnd().replaceAll("\n", "\n  "),
      "is indented: remove the spaces",
    ],
    ["with parameters alone", "sign", block("EC PARAMETERS"), "holds only the parameters of a key: pass the key"],
    ["of an OpenSSH key", "sign", block("OPENSSH PRIVATE KEY"), "ssh-keygen -p -m PKCS8 -f copy"],
    ["of a DSA key", "sign", block("DSA PRIVATE KEY"), "no algorithm uses DSA: pass an RSA, EC or Ed25519 key"],
    ["of an encrypted key", "sign", block("ENCRYPTED PRIVATE KEY"), "openssl pkcs8 -topk8 -nocrypt -in key.pem"],
    ["with the label RSA-PSS PRIVATE KEY", "sign", block("RSA-PSS PRIVATE KEY"), "write RSA in place of RSA-PSS"],
    ["with the label RSA-PSS PUBLIC KEY", "verify", block("RSA-PSS PUBLIC KEY"), "write RSA in place of RSA-PSS"],
    [
      "of a trusted certificate",
      "verify",
      block("TRUSTED CERTIFICATE"),
      "openssl x509 -in old.pem -out certificate.pem",
    ],
    ["of an old certificate", "verify", block("X509 CERTIFICATE"), "openssl x509 -in old.pem -out certificate.pem"],
    ["of a request", "verify", block("CERTIFICATE REQUEST"), "openssl req -in request.pem -pubkey -noout"],
    ["of an old request", "sign", block("NEW CERTIFICATE REQUEST"), "is the request for a certificate"],
    ["of a list of certificates", "verify", block("PKCS7"), "openssl pkcs7 -in list.pem -print_certs"],
    ["of a revocation list", "verify", block("X509 CRL"), "is not a key: pass the PEM of a key or of a certificate"],
    ["of PGP", "verify", block("PGP PUBLIC KEY BLOCK"), "is not a key: pass the PEM of a key or of a certificate"],
    ["of SSH2", "verify", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "ssh-keygen -i -f key.pub"],
    ["in base64 of DER", "verify", derOf(p256.publicKey).toString("base64"), "between the lines -----BEGIN PUBLIC KEY"],
    ["in base64 of private DER", "sign", derOf(p256.privateKey).toString("base64"), "-----BEGIN PRIVATE KEY-----"],
  ])("%s", async (_, use, text, says) => {
    for (const key of [text, new TextEncoder().encode(text)]) {
      const work = use === "sign" ? signed(key) : verified(await signed(), key);
      expect(await refusalOf(work)).toMatchObject({
        name: "InvalidKeyError",
        message: expect.stringContaining(says),
      });
    }
  });

  it("as DER in bytes, with the command that converts it", async () => {
    const token = await signed();
    for (const work of [() => signed(derOf(p256.privateKey)), () => verified(token, derOf(p256.publicKey))])
      expect(await refusalOf(work)).toMatchObject({
        name: "InvalidKeyError",
        message: expect.stringContaining("openssl pkey -inform DER -in key.der -out key.pem"),
      });
  });

  it("as a secret, whatever its label", async () => {
    const labels = [
      "PUBLIC KEY",
      "RSA-PSS PUBLIC KEY",
      "RSA PUBLIC KEY",
      "CERTIFICATE",
      "TRUSTED CERTIFICATE",
      "PKCS7",
    ];
    const texts = [...labels.map((label) => block(label, "A".repeat(64))), btoa(publicPem(p256))];
    const ssh2 = `---- BEGIN SSH2 PUBLIC KEY ----\n${"A".repeat(64)}\n---- END SSH2 PUBLIC KEY ----`;
    for (const text of [...texts, ssh2])
      for (const key of [text, new TextEncoder().encode(text)])
        expect([text, await refusalOf(encode({}, key))]).toEqual([text, expect.any(InvalidKeyError)]);
    expect(await encode({}, "A".repeat(64))).toMatch(/^ey/);
  });
});

const ec = (namedCurve: string): KeyPair => generateKeyPairSync("ec", { namedCurve });
const KINDS: ReadonlyArray<readonly [string, KeyPair, says: string]> = [
  ["DSA", generateKeyPairSync("dsa", { modulusLength: 2048, divisorLength: 256 }), "a key of type dsa"],
  [
    "Diffie-Hellman",
    Reflect.apply(generateKeyPairSync, undefined, ["dh", { group: "modp14" }]) as KeyPair,
    "of type dh",
  ],
  ["secp256k1", ec("secp256k1"), "a key of type EC on the curve secp256k1"],
  ["P-224", ec("secp224r1"), "a key of type ec on the curve secp224r1"],
  ["Brainpool", ec("brainpoolP256r1"), "a key of type ec on the curve brainpoolP256r1"],
  ["Ed448", generateKeyPairSync("ed448"), "a key of type OKP on the curve Ed448"],
  ["X25519", generateKeyPairSync("x25519"), "a key of type OKP on the curve X25519"],
  ["X448", generateKeyPairSync("x448"), "a key of type OKP on the curve X448"],
];

describe.each(KINDS)("a key of %s", (_, pair, says) => {
  it.each([
    ["RS256", "an RSA key"],
    ["PS256", "an RSA key"],
    ["ES256", "an EC key on the curve P-256"],
    ["EdDSA", "an OKP key on the curve Ed25519"],
    ["Ed25519", "an OKP key on the curve Ed25519"],
  ] as const)("is rejected for %s with both kinds in the message", async (algorithm, need) => {
    // WebCrypto does not tell of what kind the key in a PEM is.
    expect(await refusalOf(encode({}, pem(pair), { algorithm }))).toBeInstanceOf(InvalidKeyError);
    const isNode = process.getBuiltinModule("node:crypto") !== undefined;
    for (const key of [pair.privateKey, ...(isNode ? [pem(pair)] : [])])
      expect(await refusalOf(encode({}, key, { algorithm }))).toMatchObject({
        name: "InvalidKeyError",
        message: expect.stringMatching(`^${algorithm} needs ${need}, and this is .*${says}: pass such a key`),
      });
    const token = await encode({}, fitting(algorithm).privateKey, { algorithm });
    expect(await refusalOf(decode(token, pair.publicKey, { algorithms: [algorithm] }))).toMatchObject({
      name: "InvalidKeyError",
      message: expect.stringContaining(says),
    });
  });
});

function fitting(algorithm: Algorithm): KeyPair {
  if (algorithm === "ES256") return p256;
  return algorithm.startsWith("Ed") ? makePair("Ed25519") : rsa;
}

function derOf(key: KeyObject): Buffer {
  return key.type === "private"
    ? key.export({ format: "der", type: "pkcs8" })
    : key.export({ format: "der", type: "spki" });
}
