/** Tokens that one implementation signs verify with the other, and with jose itself. */
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { ALGORITHMS, type Algorithm, decode, encode } from "claimgate/jwt";
import { jwtVerify, type KeyObject, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { ISSUER, NOW, SECRET } from "../../../support/create-auth.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { IMPLEMENTATIONS, type Implementation } from "../../../support/without-builtins.ts";
import { type Signer, signerOf } from "./signers.ts";

const CLAIMS = { sub: "ada", text: "grüße ✓", nested: { list: [1, null] } };

const SIGNERS: Readonly<Record<string, (signer: Signer) => Promise<string>>> = {
  ...Object.fromEntries(
    Object.entries(IMPLEMENTATIONS).map(([name, implementation]) => [
      name,
      ({ algorithm, signKey }: Signer) => implementation(() => encode(CLAIMS, signKey, { algorithm })),
    ]),
  ),
  jose: ({ algorithm, signKey }) => new SignJWT(CLAIMS).setProtectedHeader({ alg: algorithm }).sign(joseKey(signKey)),
};

describe.each(ALGORITHMS)("%s", (algorithm) => {
  it.each(Object.entries(SIGNERS))("by %s verifies with both and with jose, and with no other key", async (_, sign) => {
    const signer = signerOf(algorithm);
    const other = signerOf(algorithm, "other");
    const token = await sign(signer);
    for (const implementation of Object.values(IMPLEMENTATIONS)) {
      const verify = (key: Signer): Promise<unknown> =>
        implementation(() => decode(token, key.verifyKey, { algorithms: [algorithm] }));
      expect(await verify(signer)).toEqual(CLAIMS);
      expect(await refusalOf(verify(other))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    }
    expect((await jwtVerify(token, joseKey(signer.verifyKey))).payload).toEqual(CLAIMS);
    await expect(jwtVerify(token, joseKey(other.verifyKey))).rejects.toMatchObject({
      code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    });
  });

  it("issued by a manager of one verifies with a manager of the other", async () => {
    const managers: AuthManager[] = [];
    for (const implementation of Object.values(IMPLEMENTATIONS))
      managers.push(await implementation(() => createManager(algorithm)));
    for (const issuer of managers) {
      const { signed } = await issuer.authToken("ada", { claims: { plan: "pro" } });
      for (const verifier of managers)
        expect((await verifier.verify(signed)).claims).toMatchObject({ sub: "ada", plan: "pro" });
    }
  });
});

function joseKey(key: unknown): KeyObject | Uint8Array {
  return typeof key === "string" ? new TextEncoder().encode(key) : (key as KeyObject);
}

async function createManager(algorithm: Algorithm): Promise<AuthManager> {
  const key = algorithm.startsWith("HS") ? { secret: SECRET } : { privateKey: signerOf(algorithm).signKey };
  const auth = new AuthManager({ issuer: ISSUER, algorithm, ...key, now: () => NOW } as AuthManagerConfig);
  await auth.ready();
  return auth;
}

it("has two implementations", () => {
  const run = (implementation: Implementation): unknown =>
    implementation(() => process.getBuiltinModule("node:crypto"));
  expect(Object.values(IMPLEMENTATIONS).map((implementation) => run(implementation) === undefined)).toEqual([
    false,
    true,
  ]);
});
