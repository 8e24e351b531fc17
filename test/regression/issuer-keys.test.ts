/** Keys and algorithm names of other issuers: both transports give one verdict. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { type Algorithm, encode } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { PSS_CERTIFICATE, PSS_PRIVATE_KEY } from "../core/jwt/keys/pss-fixtures.ts";
import { ISSUER, NOW } from "../support/create-auth.ts";
import { base64url, goodClaims } from "../support/forge.ts";
import { serveBoth } from "../support/serve-both.ts";

const ed = generateKeyPairSync("ed25519");
const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
const managerOf = (options: { algorithm: Algorithm; publicKey: KeyObject | string }): AuthManager =>
  new AuthManager({ issuer: ISSUER, now: () => NOW, ...options } as AuthManagerConfig);
const tokenOf = (algorithm: Algorithm, key: KeyObject | string): Promise<string> =>
  encode(goodClaims(), key, { algorithm });
/** The token with another `alg`, and the signature of the first. */
const renamed = (token: string, alg: string): string =>
  [base64url(JSON.stringify({ alg, typ: "JWT" })), ...token.split(".").slice(1)].join(".");

describe.each(["EdDSA", "Ed25519"] as const)("a manager of %s", (algorithm) => {
  it("accepts both names of its algorithm, and no other text, on both transports", async () => {
    const both = await serveBoth(managerOf({ algorithm, publicKey: ed.publicKey }));
    const ask = (token: string) => both.ask({ headers: { authorization: `Bearer ${token}` } });
    for (const name of ["EdDSA", "Ed25519"] as const) {
      const token = await tokenOf(name, ed.privateKey);
      expect(await ask(token)).toMatchObject({ verdict: "ada", status: 200 });
      for (const alg of ["ed25519", "eddsa", "Ed448", "EdDSA ", "none", ""])
        expect([alg, await ask(renamed(token, alg))]).toMatchObject([
          alg,
          { verdict: "ALGORITHM_INVALID", status: 401 },
        ]);
      const other = name === "EdDSA" ? "Ed25519" : "EdDSA";
      // The name is part of the signed text.
      expect(await ask(renamed(token, other))).toMatchObject({ verdict: "SIGNATURE_INVALID", status: 401 });
      const foreign = await tokenOf(name, generateKeyPairSync("ed25519").privateKey);
      expect(await ask(foreign)).toMatchObject({ verdict: "SIGNATURE_INVALID", status: 401 });
    }
  });
});

describe("a manager with the public half of an RSA-PSS key", () => {
  it.each<[string, Algorithm, KeyObject | string, KeyObject | string]>([
    ["a KeyObject", "PS384", pss.privateKey, pss.publicKey],
    ["a certificate", "PS256", PSS_PRIVATE_KEY, PSS_CERTIFICATE],
  ])("accepts its tokens only, from %s, on both transports", async (_, algorithm, privateKey, publicKey) => {
    const both = await serveBoth(managerOf({ algorithm, publicKey }));
    const ask = (token: string) => both.ask({ headers: { authorization: `Bearer ${token}` } });
    const token = await tokenOf(algorithm, privateKey);
    expect(await ask(token)).toMatchObject({ verdict: "ada", status: 200 });
    const other = generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey;
    expect(await ask(await tokenOf(algorithm, other))).toMatchObject({ verdict: "SIGNATURE_INVALID", status: 401 });
    for (const alg of ["RS256", "PS512", "RS384"])
      expect([alg, await ask(renamed(token, alg))]).toMatchObject([alg, { verdict: "ALGORITHM_INVALID", status: 401 }]);
  });

  it("is rejected when it is built for an algorithm that the key does not allow", () => {
    for (const algorithm of ["RS256", "PS384", "ES256"] as const)
      expect(() => managerOf({ algorithm, publicKey: PSS_CERTIFICATE })).toThrow(
        /^Invalid config "publicKey": .*PS256/,
      );
  });
});
