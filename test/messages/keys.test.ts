/** Messages for keys that cannot be used: each names the fault and the remedy. */
import type { KeyObject } from "node:crypto";
import { AuthData, AuthManager } from "claimgate";
import { type Algorithm, decode, encode, type KeyInput, SigningKey } from "claimgate/jwt";
import { describe, expect, test } from "vitest";
import { CERTIFICATE, importHmac, makePair, toCryptoKey } from "../core/jwt/keys/key-kinds.ts";
import { SECRET } from "../support/create-auth.ts";
import { type MessageRow, testMessages } from "../support/message-table.ts";

const rsa = makePair("RSA");
const p256 = makePair("P-256");
const p384 = makePair("P-384");
const p384CryptoKey = await toCryptoKey(p384.privateKey, "ES384");
const token = await encode({ sub: "ada" }, p256.privateKey, { algorithm: "ES256" });
const hmacToken = await encode({ sub: "ada" }, SECRET);

const pem = (key: KeyObject, over: object = {}): string =>
  key.export({ format: "pem", type: key.type === "private" ? "pkcs8" : "spki", ...over } as never) as unknown as string;
const jwk = (key: KeyObject): KeyInput => key.export({ format: "jwk" });
const oneLine = (text: string): string => text.replaceAll("\n", "");
const escaped = (text: string): string => text.replaceAll("\n", "\\n");

const sign = (key: unknown, algorithm: Algorithm = "ES256") => encode({}, key as KeyInput, { algorithm });
const verify = (key: unknown, algorithm: Algorithm = "ES256") =>
  decode(algorithm === "ES256" ? token : hmacToken, key as KeyInput, { algorithms: [algorithm] });
const manager = (options: object): unknown =>
  Reflect.construct(AuthManager, [{ issuer: "me", algorithm: "ES256", ...options }]);
const ring = (key: object): unknown =>
  Reflect.construct(AuthManager, [{ issuer: "me", keys: [{ algorithm: "ES256", ...key }] }]);
const authData = (secret: KeyInput, authType: Algorithm = "ES256") => new AuthData({ authType, secret, issuer: "me" });

/** The same fault in every place that takes the key. */
function everywhere(mistake: string, key: KeyInput, half: "private" | "public", says: readonly string[]): MessageRow[] {
  const option = half === "private" ? "privateKey" : "publicKey";
  return [
    half === "private"
      ? { mistake: `${mistake} in encode`, make: () => sign(key), error: "InvalidKeyError", says }
      : { mistake: `${mistake} in decode`, make: () => verify(key), error: "InvalidKeyError", says },
    ...(half === "private"
      ? [{ mistake: `${mistake} in AuthData`, make: () => authData(key), error: "InvalidKeyError", says }]
      : []),
    {
      mistake: `${mistake} as ${option} of a manager`,
      make: () => manager({ [option]: key }),
      error: "InvalidConfigError",
      says: [`"${option}"`, ...says],
    },
    {
      mistake: `${mistake} as ${option} in a ring`,
      make: () => ring({ [option]: key }),
      error: "InvalidConfigError",
      says: [`"keys.0.${option}"`, ...says],
    },
  ];
}

const ENCRYPTED = ["is encrypted", "openssl pkcs8 -topk8 -nocrypt -in key.pem -out decrypted.pem"];
const ONE_LINE = ["is on one line", "keep its line breaks"];
const ESCAPED = ["has \\n in place of line breaks", 'text.replaceAll("\\\\n", "\\n")'];
const cipher = { cipher: "aes-256-cbc", passphrase: "x" };

describe("PEM text", () => {
  testMessages([
    ...everywhere("an encrypted PEM", pem(p256.privateKey, cipher), "private", ENCRYPTED),
    ...everywhere("an encrypted SEC1 PEM", pem(p256.privateKey, { type: "sec1", ...cipher }), "private", ENCRYPTED),
    ...everywhere("a PEM without line breaks", oneLine(pem(p256.privateKey)), "private", ONE_LINE),
    ...everywhere("a public PEM without line breaks", oneLine(pem(p256.publicKey)), "public", ONE_LINE),
    ...everywhere("a certificate without line breaks", oneLine(CERTIFICATE), "public", ONE_LINE),
    ...everywhere("a PEM with spaces for line breaks", pem(p256.privateKey).replaceAll("\n", " "), "private", ONE_LINE),
    ...everywhere("a PEM in bytes without line breaks", Buffer.from(oneLine(pem(p256.publicKey))), "public", ONE_LINE),
    ...everywhere("an escaped PEM", escaped(pem(p256.privateKey)), "private", ESCAPED),
    ...everywhere("an escaped public PEM", escaped(pem(p256.publicKey)), "public", ESCAPED),
    ...everywhere("an escaped certificate", escaped(CERTIFICATE), "public", ESCAPED),
    ...everywhere(
      "an escaped PEM of Windows",
      escaped(pem(p256.privateKey)).replaceAll("\\n", "\\r\\n"),
      "private",
      ESCAPED,
    ),
    ...everywhere("an incomplete PEM", pem(p256.privateKey).slice(0, 90), "private", ["check that it is complete"]),
    ...everywhere("text that is not PEM", "secret", "private", ["is not PEM", "pass PEM text, or a JWK as an object"]),
    ...['"', "'", "`"].flatMap((mark) =>
      everywhere(`a PEM between ${mark}`, `${mark}${pem(p256.privateKey)}${mark}`, "private", [
        "is in quotation marks: remove them",
      ]),
    ),
    ...everywhere("an escaped PEM between quotation marks", JSON.stringify(pem(p256.publicKey)), "public", [
      "is in quotation marks: remove them",
    ]),
    ...everywhere("an empty text", "", "private", ["this text is empty", "is its variable set?"]),
    ...everywhere("a blank text", " \n", "public", ["this text is empty", "is its variable set?"]),
    ...["./key.pem", "/etc/keys/jwt", "key.pem", "C:\\keys\\jwt.key", "~/jwt.key"].flatMap((path) =>
      everywhere(`the path ${path}`, path, "private", ["looks like a path", 'pass readFileSync(path, "utf8")']),
    ),
    ...everywhere("the base64 of a PEM", btoa(pem(p256.privateKey)), "private", ["base64 of a PEM: decode it first"]),
    ...everywhere("the JSON of a JWK", JSON.stringify(jwk(p256.publicKey)), "public", ["pass JSON.parse(text)"]),
    ...["ssh-rsa", "ecdsa-sha2-nistp256"].flatMap((kind) =>
      everywhere(`a key of ${kind}`, `${kind} AAAA ada@host`, "public", [
        "is an OpenSSH public key",
        "convert it with ssh-keygen -e -m PKCS8 -f key.pub",
      ]),
    ),
    ...everywhere("a key of ssh-ed25519", "ssh-ed25519 AAAA ada@host", "public", [
      "is an OpenSSH public key",
      "make a pair with npx claimgate keys generate keys.json --alg EdDSA",
    ]),
    ...everywhere("a public key that should sign", pem(p256.publicKey), "private", [
      "is public",
      "pass the private key",
    ]),
    ...everywhere("a private key that should verify", pem(p256.privateKey), "public", [
      "is private",
      "pass the public key",
    ]),
  ]);
});

describe("a key of another algorithm", () => {
  const forRsa = ["ES256 needs an EC key on the curve P-256", "this is a key of type RSA", "use this one with RS256"];
  const forP384 = ["ES256 needs an EC key on the curve P-256", "on the curve P-384", "use this one with ES384"];
  testMessages([
    ...everywhere("an RSA key with ES256", pem(rsa.privateKey), "private", forRsa),
    ...everywhere("a public RSA key with ES256", jwk(rsa.publicKey), "public", forRsa),
    ...everywhere("a key on another curve", p384.privateKey, "private", forP384),
    ...everywhere("a public key on another curve", p384.publicKey, "public", forP384),
    ...everywhere("a CryptoKey on another curve", p384CryptoKey, "private", forP384),
    {
      mistake: "an EC key with RS256",
      make: () => sign(p256.privateKey, "RS256"),
      error: "InvalidKeyError",
      says: ["RS256 needs an RSA key", "a key of type EC on the curve P-256", "use this one with ES256"],
    },
    {
      mistake: "a CryptoKey of another algorithm",
      make: async () => sign(await toCryptoKey(rsa.privateKey, "RS256"), "PS256"),
      error: "InvalidKeyError",
      says: ["PS256 needs a CryptoKey for RSA-PSS", "pass one for RSA-PSS"],
    },
    {
      mistake: "an oct JWK with ES256",
      make: () => sign({ kty: "oct", k: "a".repeat(43) }),
      error: "InvalidKeyError",
      says: ["this is a secret", "use this one with HS256, HS384, HS512"],
    },
    {
      mistake: "a PEM with HS256",
      make: () => sign(pem(rsa.privateKey), "HS256"),
      error: "InvalidKeyError",
      says: ["must not be a PEM key", "pass a secret, or use the key with its own algorithm, such as RS256 or ES256"],
    },
    {
      mistake: "an RSA JWK with HS256",
      make: () => verify(jwk(rsa.publicKey), "HS256"),
      error: "InvalidKeyError",
      says: ["HS256 needs a secret", "this is a key of type RSA", "use this one with RS256"],
    },
  ]);
});

describe("a secret", () => {
  const weak = [
    "has 5 bytes",
    "HS256 needs at least 32",
    "Make one with npx claimgate keys generate secret.txt --type secret, or set allowWeakSecret: true",
  ];
  testMessages([
    { mistake: "a weak secret in encode", make: () => sign("short", "HS256"), error: "InvalidKeyError", says: weak },
    { mistake: "a weak secret in decode", make: () => verify("short", "HS256"), error: "InvalidKeyError", says: weak },
    {
      mistake: "a weak secret in AuthData",
      make: () => authData("short", "HS256"),
      error: "InvalidKeyError",
      says: weak,
    },
    {
      mistake: "a weak secret in a CryptoKey",
      make: async () => sign(await importHmac(new Uint8Array(5), "HS256", ["sign"]), "HS256"),
      error: "InvalidKeyError",
      says: ["has 40 bits", "at least 256", "set allowWeakSecret: true"],
    },
    {
      mistake: "a weak secret of a manager",
      make: () => manager({ algorithm: "HS256", secret: "short" }),
      error: "InvalidConfigError",
      says: ['"secret"', ...weak],
    },
    {
      mistake: "an empty secret",
      make: () => sign("", "HS256"),
      error: "InvalidKeyError",
      says: ["the secret is empty", "is JWT_SECRET set?"],
    },
    {
      mistake: "an undefined secret",
      make: () => sign(undefined, "HS256"),
      error: "InvalidKeyError",
      says: ["the key is undefined", "is its environment variable, such as JWT_SECRET, set?"],
    },
  ]);
});

describe("a JWK", () => {
  const set = { keys: [jwk(p256.publicKey)] } as unknown as KeyInput;
  const mixed = {
    ...rsa.privateKey.export({ format: "jwk" }),
    n: makePair("RSA").publicKey.export({ format: "jwk" }).n,
  };
  const ready = (key: object) => (manager({ algorithm: "RS256", ...key }) as AuthManager).ready();
  testMessages([
    ...everywhere("a JWK set", set, "public", ["ES256 needs an EC key", "this is a JWK set: pass one of its keys"]),
    {
      mistake: "an RSA JWK whose halves belong to two pairs",
      make: () => ready({ privateKey: mixed }),
      error: "InvalidConfigError",
      says: ['"privateKey"', "must have the public members of its own private key", "export the key anew"],
    },
  ]);

  test("is accepted when its halves belong together", async () => {
    await ready({ privateKey: jwk(rsa.privateKey) });
  });
});

describe("a SigningKey", () => {
  const key = new SigningKey(p256.publicKey.export({ format: "jwk" }));
  testMessages([
    {
      mistake: "the key property of a SigningKey, as in PyJWT",
      make: () => verify((key as unknown as { readonly key: undefined }).key),
      error: "TypeError",
      says: ["the key is undefined", "Pass a SigningKey itself: it has no key property"],
    },
    {
      mistake: "a SigningKey in encode",
      make: () => sign(key),
      error: "InvalidKeyError",
      says: ["a SigningKey only verifies", "pass a private key"],
    },
    {
      mistake: "a SigningKey as publicKey of a manager",
      make: () => manager({ publicKey: key }),
      error: "InvalidConfigError",
      says: ['"publicKey"', "only decode takes a SigningKey", "pass its jwk property here"],
    },
    {
      mistake: "a SigningKey of another algorithm in decode",
      make: () => verify(key, "HS256"),
      error: "InvalidKeyError",
      says: ["HS256 needs a secret", "use this one with ES256"],
    },
  ]);
});

describe("a message about a key", () => {
  const text = pem(p256.privateKey);
  const [, body = ""] = text.split("\n");
  const faulty = {
    "a quoted PEM": `"${text}"`,
    "the base64 of a PEM": btoa(text),
    "the JSON of a JWK": JSON.stringify(jwk(p256.privateKey)),
    "a key after a slash": `/${body}`,
    "a key of one line": body,
  };
  test.each(Object.entries(faulty))("contains no part of the key for %s", async (_, key) => {
    const { message } = (await sign(key).catch((error: unknown) => error)) as Error;
    const parts = key.match(/.{12}/gs) ?? [];
    expect(parts.filter((part) => message.includes(part) && !part.includes("PRIVATE"))).toEqual([]);
  });
});
