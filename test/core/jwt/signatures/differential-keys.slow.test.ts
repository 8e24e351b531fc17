/** `node:crypto` and WebCrypto accept and reject the same keys, with the same errors. */
import { createSecretKey, generateKeyPairSync } from "node:crypto";
import { ALGORITHMS, type Algorithm, decode, encode, type KeyInput } from "claimgate/jwt";
import type { JWK } from "jose";
import { describe, expect, it } from "vitest";
import { base64url } from "../../../support/forge.ts";
import { CERTIFICATE, importHmac, pairKinds, RSA_ALGORITHMS, secretKinds, toCryptoKey } from "../keys/key-kinds.ts";
import { type Outcome, outcomeOf, outcomeOfBoth } from "./both-outcomes.ts";
import { extendedJwks, wrongJwks } from "./key-cases.ts";
import { ORDERS } from "./signature-cases.ts";
import { bytesOf, numberOf, pairOf, signerOf } from "./signers.ts";

const ASYMMETRIC = ALGORITHMS.filter((algorithm) => !algorithm.startsWith("HS"));
const HMAC = ALGORITHMS.filter((algorithm) => algorithm.startsWith("HS"));
const INVALID_KEY = { name: "InvalidKeyError", reason: undefined };

// One of each hash and padding of RSA: its keys are the same.
const KINDS = ["RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

describe.each(KINDS)("a JWK of %s", (algorithm) => {
  it("that is wrong in one member has one outcome in decode", async () => {
    for (const { name, jwk } of wrongJwks(algorithm, "publicKey")) {
      const { name: error = "none" } = (await verifyBoth(name, jwk, algorithm)) as { name?: string };
      expect([name, ["none", "InvalidKeyError", "InvalidSignatureError"]]).toEqual([
        name,
        expect.arrayContaining([error]),
      ]);
    }
    expect(await verifyBoth("the key", jwkOf(algorithm, "publicKey"), algorithm)).toHaveProperty("value");
  });

  it("that is wrong in one member has one outcome in encode", async () => {
    for (const { name, jwk } of wrongJwks(algorithm, "privateKey")) {
      const { name: error = "none" } = (await signBoth(name, jwk, algorithm)) as { name?: string };
      expect([name, ["none", "InvalidKeyError"]]).toEqual([name, expect.arrayContaining([error])]);
    }
    expect(await signBoth("the key", jwkOf(algorithm, "privateKey"), algorithm)).toHaveProperty("value");
  });

  it("has the same outcome with members that claimgate does not read", async () => {
    for (const { name, jwk } of extendedJwks(algorithm, "publicKey"))
      expect([name, await verifyBoth(name, jwk, algorithm)]).toEqual([name, { value: { sub: "ada" } }]);
    for (const { name, jwk } of extendedJwks(algorithm, "privateKey"))
      expect([name, await signBoth(name, jwk, algorithm)]).toEqual([name, { value: "signed" }]);
  });
});

describe("an unusable key is an InvalidKeyError of both", () => {
  it.each(["ES256", "ES384", "ES512"] as const)("a point that is not on the curve of %s", async (algorithm) => {
    const jwk = jwkOf(algorithm, "publicKey");
    for (const wrong of [
      { ...jwk, y: jwk.x },
      { ...jwk, x: jwk.y },
      { ...jwk, x: "AQ", y: "AQ" },
    ] as JWK[])
      expect(await verifyBoth("the point", wrong, algorithm)).toMatchObject(INVALID_KEY);
  });

  it.each([
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
  ] as const)("the public members of another private key of %s", async (algorithm) => {
    const { x, y } = jwkOf(algorithm, "publicKey", "other");
    const mixed = { ...jwkOf(algorithm, "privateKey"), x, ...(y === undefined ? {} : { y }) } as JWK;
    expect(await signBoth("the pair", mixed, algorithm)).toEqual({
      ...INVALID_KEY,
      message: "the JWK does not hold a usable private key: check its members",
    });
  });

  it.each(["ES256", "ES384", "ES512"] as const)("the negative private number of %s", async (algorithm) => {
    const jwk = jwkOf(algorithm, "privateKey");
    const bytes = Buffer.from(jwk.d as string, "base64url");
    const negative = bytesOf(ORDERS[algorithm] - numberOf(bytes), bytes.length);
    // Its point has the same x, and another y.
    expect(await signBoth("the pair", { ...jwk, d: negative.toString("base64url") }, algorithm)).toMatchObject(
      INVALID_KEY,
    );
  });

  it.each(KINDS)("a member of %s that is not base64url", async (algorithm) => {
    const jwk = jwkOf(algorithm, "publicKey");
    const member = "n" in jwk ? "n" : "x";
    const text = jwk[member] as string;
    const wrong = [
      `${text}==`,
      `${text}\n`,
      ` ${text}`,
      `+${text.slice(1)}`,
      `${text}${"A".repeat(5 - (text.length % 4))}`,
    ];
    for (const value of wrong)
      expect([value, await verifyBoth(value, { ...jwk, [member]: value }, algorithm)]).toEqual([
        value,
        { ...INVALID_KEY, message: `the JWK's "${member}" must be base64url without padding` },
      ]);
    expect(await verifyBoth("the key", jwk, algorithm)).toHaveProperty("value");
  });

  it.each(
    RSA_ALGORITHMS,
  )("an RSA key of %s with a wrong exponent, an even modulus or more primes", async (algorithm) => {
    const jwk = jwkOf(algorithm, "publicKey");
    for (const e of ["AQ", "Ag", "", base64url(new Uint8Array(9).fill(255))])
      expect([e, await verifyBoth(e, { ...jwk, e }, algorithm)]).toMatchObject([e, INVALID_KEY]);
    const even = Buffer.from(jwk.n as string, "base64url");
    even[255] = (even[255] as number) ^ 1;
    const outcome = await verifyBoth("even", { ...jwk, n: even.toString("base64url") }, algorithm);
    expect(outcome).not.toHaveProperty("value");
    const oth = [{ r: "AQ", d: "AQ", t: "AQ" }];
    expect(await signBoth("oth", { ...jwkOf(algorithm, "privateKey"), oth }, algorithm)).toMatchObject(INVALID_KEY);
  });

  it.each(HMAC)("a wrong secret of %s", async (algorithm) => {
    const bytes = Buffer.alloc(Number(algorithm.slice(2)) / 8 - 1, 7);
    const wrong: readonly (readonly [string, KeyInput])[] = [
      ["empty", ""],
      ["weak text", bytes.toString()],
      ["weak bytes", bytes],
      ["a weak JWK", { kty: "oct", k: base64url(bytes) }],
      ["a weak KeyObject", createSecretKey(bytes)],
      ["a weak CryptoKey", await importHmac(bytes, algorithm, ["sign", "verify"])],
      ["a JWK that is not base64url", { kty: "oct", k: "!" }],
      ["a certificate", CERTIFICATE],
      ["a public key", pairOf("ES256").publicKey],
    ];
    for (const [name, key] of wrong) {
      expect([name, await verifyBoth(name, key, algorithm)]).toMatchObject([name, INVALID_KEY]);
      expect([name, await signBoth(name, key, algorithm)]).toMatchObject([name, INVALID_KEY]);
    }
  });
});

describe("a key of every form", () => {
  it.each(ASYMMETRIC)("has one outcome with %s and with every other algorithm", async (algorithm) => {
    const { sign: signing, verify: verifying } = await pairKinds(pairOf(algorithm), algorithm);
    const hidden = await hiddenKeys(algorithm);
    const unusable: string[] = [];
    for (const other of ASYMMETRIC) {
      const uses = [
        ...[...verifying, hidden.verify].map(([kind, key]) => [kind, () => verify(key, other)] as const),
        ...[...signing, hidden.sign].map(([kind, key]) => [kind, () => sign(key, other)] as const),
      ];
      for (const [kind, use] of uses) if (!("value" in (await formBoth(kind, use)))) unusable.push(`${other}, ${kind}`);
    }
    // RSA keys serve several algorithms, and CryptoKeys one.
    expect(unusable.filter((use) => use.startsWith(`${algorithm},`))).toEqual([]);
    expect(unusable.length).toBeGreaterThan(ASYMMETRIC.length);
  });

  it.each(HMAC)("has one outcome with %s", async (algorithm) => {
    for (const [kind, key] of await secretKinds(algorithm)) {
      expect([kind, await signBoth(kind, key, algorithm)]).toEqual([kind, { value: "signed" }]);
      const { name } = (await verifyBoth(kind, key, algorithm)) as { name: string };
      expect([kind, name]).toEqual([kind, "InvalidSignatureError"]);
    }
  });

  it("is an InvalidKeyError of both if its PEM is unusable", async () => {
    const { privateKey, publicKey } = pairOf("ES256");
    const pkcs8 = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
    const spki = publicKey.export({ format: "pem", type: "spki" }) as string;
    const x25519 = generateKeyPairSync("x25519").publicKey.export({ format: "pem", type: "spki" }) as string;
    const pems = {
      "a PEM without some of its text": spki.replace(/\n.{20}/, "\n"),
      "a PEM in quotation marks": `"${spki}"`,
      "a PEM on one line": spki.replaceAll("\n", "\\n"),
      "a private PEM": pkcs8,
      "a PEM of another use": x25519,
    };
    for (const [name, pem] of Object.entries(pems))
      expect([name, await formBoth(name, () => verify(pem, "ES256"))]).toMatchObject([name, INVALID_KEY]);
    expect(await formBoth("a PEM", () => verify(spki, "ES256"))).toHaveProperty("value");
  });
});

/** The outcome of both. WebCrypto cannot tell why it rejects a PEM: the message may differ. */
async function formBoth(kind: string, work: () => Promise<unknown>): Promise<Outcome> {
  const outcome = await outcomeOfBoth(kind, async () => {
    const own = await outcomeOf(work);
    return kind.includes("PEM") && "message" in own ? { ...own, message: "" } : own;
  });
  return (outcome as { readonly value: Outcome }).value;
}

type Form<T> = readonly [kind: string, key: T];

async function hiddenKeys(algorithm: Algorithm): Promise<Record<"sign" | "verify", Form<CryptoKey>>> {
  const { privateKey, publicKey } = pairOf(algorithm);
  return {
    sign: ["CryptoKey that is not extractable", await toCryptoKey(privateKey, algorithm, false)],
    verify: ["CryptoKey that is not extractable", await toCryptoKey(publicKey, algorithm, false)],
  };
}

function jwkOf(algorithm: Algorithm, half: "privateKey" | "publicKey", name: "own" | "other" = "own"): JWK {
  return pairOf(algorithm, name)[half].export({ format: "jwk" });
}

function verifyBoth(what: string, key: unknown, algorithm: Algorithm): Promise<Outcome> {
  return outcomeOfBoth(what, () => verify(key as KeyInput, algorithm));
}

function signBoth(what: string, key: unknown, algorithm: Algorithm): Promise<Outcome> {
  return outcomeOfBoth(what, () => sign(key as KeyInput, algorithm));
}

/** Verifies a token that the own key of `algorithm` has signed. */
function verify(key: KeyInput, algorithm: Algorithm): Promise<unknown> {
  const data = `${base64url(JSON.stringify({ alg: algorithm }))}.${base64url('{"sub":"ada"}')}`;
  return decode(`${data}.${base64url(signerOf(algorithm).sign(data))}`, key, { algorithms: [algorithm] });
}

async function sign(key: KeyInput, algorithm: Algorithm): Promise<"signed"> {
  expect(await encode({ sub: "ada" }, key, { algorithm })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  return "signed";
}
