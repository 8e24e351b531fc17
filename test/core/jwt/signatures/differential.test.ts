/** `node:crypto` and WebCrypto have the same verdicts and errors about signatures. */
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { ALGORITHMS, type Algorithm, decode, type KeyInput } from "claimgate/jwt";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { canonicalAlgorithm } from "../../../../src/core/jwt/algorithms.ts";
import { ISSUER, NOW } from "../../../support/create-auth.ts";
import { base64url, goodClaims } from "../../../support/forge.ts";
import { withoutBuiltins } from "../../../support/without-builtins.ts";
import { RSA_ALGORITHMS } from "../keys/key-kinds.ts";
import { type Outcome, outcomeOf, outcomeOfBoth } from "./both-outcomes.ts";
import { type SignatureCase, shortRsaCases, signatureCases } from "./signature-cases.ts";
import { type Signer, signerOf } from "./signers.ts";

const MISMATCH = "The signature does not match the token and the key";
const WRONG_LENGTH = "The signature does not have the length of its algorithm and key";

describe.each(ALGORITHMS)("%s", (algorithm) => {
  const signer = signerOf(algorithm);
  const data = signedText(algorithm);
  const cases = signatureCases(signer, data);
  let managers: readonly AuthManager[];
  beforeAll(async () => {
    managers = [await createManager(signer), await withoutBuiltins(() => createManager(signer))];
  });

  it.each(cases)("has one verdict in decode about $name", async ({ name, signature, isValid }) => {
    const outcome = await decodeBoth(name, `${data}.${base64url(signature)}`, signer);
    expect(verdictOf(outcome, signature, signer)).toBe(isValid ? "valid" : "invalid");
  });

  it("has one verdict in the verification of a manager", async () => {
    for (const { name, signature, isValid } of cases) {
      const token = `${data}.${base64url(signature)}`;
      const outcomes = await Promise.all(
        managers.map((auth) => outcomeOf(async () => (await auth.verify(token)).claims)),
      );
      expect([name, outcomes[1]]).toEqual([name, outcomes[0]]);
      expect([name, verdictOf(outcomes[0] as Outcome, signature, signer)]).toEqual([
        name,
        isValid ? "valid" : "invalid",
      ]);
    }
  });

  it("rejects every change of a bit of the signed text and of the signature", async () => {
    const good = Buffer.from(signer.sign(data));
    const whole = Buffer.concat([Buffer.from(data), good]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length * 8 - 1 }), async (bit) => {
        const changed = Buffer.from(whole);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        const token = `${changed.subarray(0, data.length).toString("latin1")}.${base64url(changed.subarray(data.length))}`;
        expect(await decodeBoth(`bit ${bit}`, token, signer)).toHaveProperty("reason");
      }),
      { numRuns: 30 },
    );
    expect(await decodeBoth("no bit", `${data}.${base64url(good)}`, signer)).toHaveProperty("value");
  });

  it("has one verdict about a signature of every other algorithm", async () => {
    for (const other of ALGORITHMS.filter((name) => canonicalAlgorithm(name) !== canonicalAlgorithm(algorithm))) {
      const token = `${data}.${base64url(signerOf(other).sign(data))}`;
      expect(await decodeBoth(other, token, signer)).toMatchObject({ reason: "SIGNATURE_INVALID" });
      const named = signedText(other);
      expect(await decodeBoth(other, `${named}.${base64url(signer.sign(named))}`, signer)).toMatchObject({
        reason: "ALGORITHM_INVALID",
      });
    }
  });
});

it.each(RSA_ALGORITHMS)("%s has one verdict about a signature whose number is short", async (algorithm) => {
  const { data, cases } = shortRsaCases(algorithm, (attempt) => signedText(algorithm, { attempt }));
  await expectVerdicts(signerOf(algorithm), data, cases);
});

async function expectVerdicts(signer: Signer, data: string, cases: readonly SignatureCase[]): Promise<void> {
  for (const { name, signature, isValid } of cases) {
    const outcome = await decodeBoth(name, `${data}.${base64url(signature)}`, signer);
    expect([name, verdictOf(outcome, signature, signer)]).toEqual([name, isValid ? "valid" : "invalid"]);
  }
}

function decodeBoth(what: string, token: string, { algorithm, verifyKey }: Signer): Promise<Outcome> {
  return outcomeOfBoth(what, () => decode(token, verifyKey, { algorithms: [algorithm], now: NOW }));
}

/** The verdict. An error must have the class, the reason and the message of its fault. */
function verdictOf(outcome: Outcome, signature: Uint8Array, signer: Signer): "valid" | "invalid" {
  if ("value" in outcome) return "valid";
  const hasLength = signature.length === signer.sign("").length;
  expect(outcome).toEqual({
    name: "InvalidSignatureError",
    reason: "SIGNATURE_INVALID",
    message: hasLength ? MISMATCH : WRONG_LENGTH,
  });
  return "invalid";
}

function signedText(alg: Algorithm, claims: object = {}): string {
  return `${base64url(JSON.stringify({ alg }))}.${base64url(JSON.stringify({ ...goodClaims(), ...claims }))}`;
}

/** A manager that has prepared its key. */
async function createManager({ algorithm, verifyKey }: Signer): Promise<AuthManager> {
  const key: { secret: KeyInput } | { publicKey: KeyInput } = algorithm.startsWith("HS")
    ? { secret: verifyKey }
    : { publicKey: verifyKey };
  const auth = new AuthManager({ issuer: ISSUER, algorithm, ...key, now: () => NOW } as AuthManagerConfig);
  await auth.ready();
  return auth;
}
