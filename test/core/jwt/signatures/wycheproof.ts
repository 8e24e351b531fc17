/** The Wycheproof vectors: reads the file, and compares each verdict with that of the sources. */
import { readFileSync } from "node:fs";
import { type Algorithm, type CanonicalAlgorithm, canonicalAlgorithm } from "../../../../src/core/jwt/algorithms.ts";
import { prepareKey } from "../../../../src/core/jwt/keys/keys.ts";
import type { PreparedKey } from "../../../../src/core/jwt/keys/prepared-key.ts";
import { SignatureQueue } from "../../../../src/core/jwt/signatures/signature-queue.ts";
import type { Implementation } from "../../../support/without-builtins.ts";

/** The number of vectors of each algorithm in the file. */
export const VECTORS: Readonly<Record<CanonicalAlgorithm, number>> = {
  HS256: 87,
  HS384: 87,
  HS512: 87,
  RS256: 259,
  RS384: 258,
  RS512: 259,
  PS256: 108,
  PS384: 141,
  PS512: 179,
  ES256: 262,
  ES384: 280,
  ES512: 318,
  EdDSA: 151,
};

/** All bytes are hexadecimal text. */
interface Vector {
  readonly id: number;
  readonly msg: string;
  readonly sig: string;
  /** `acceptable` vectors may go either way; here they are invalid. */
  readonly result: "valid" | "invalid" | "acceptable";
}

/** The vectors of one algorithm: with a secret each, or in groups with a public key each. */
type Vectors = readonly (Vector & { readonly key: string })[] | readonly Group[];

interface Group {
  readonly spki: string;
  readonly tests: readonly Vector[];
}

/** Reads the file of vectors. Throws if it has others than `VECTORS` says. */
export function readVectors(path: string): Readonly<Record<CanonicalAlgorithm, Vectors>> {
  const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: Record<CanonicalAlgorithm, Vectors> };
  const counts = Object.entries(vectors).map(([algorithm, list]) => [algorithm, countOf(list)]);
  const [found, expected] = [Object.fromEntries(counts), VECTORS].map((of) => JSON.stringify(sorted(of)));
  if (found !== expected) throw new Error(`the file must have these vectors: ${expected}; it has ${found}`);
  return vectors;
}

/** The ids of the vectors of `algorithm` whose verdicts differ, and the number that was tried. */
export async function tryVectors(
  vectors: Readonly<Record<CanonicalAlgorithm, Vectors>>,
  algorithm: Algorithm,
  implementation: Implementation,
): Promise<{ readonly tried: number; readonly wrong: readonly string[] }> {
  const queue = new SignatureQueue();
  const wrong: string[] = [];
  let tried = 0;
  for (const [vector, key] of keyed(vectors[canonicalAlgorithm(algorithm)], algorithm, implementation)) {
    const signatures = await key.open();
    const signature = bytesOf(vector.sig);
    const message = String.fromCharCode(...bytesOf(vector.msg));
    // An error fails the whole run: a vector is valid or not, and its key is usable.
    const isValid = signature.length === signatures.length && (await signatures.verify(message, signature, queue));
    if (isValid !== (vector.result === "valid")) wrong.push(`${algorithm} ${vector.id}: ${isValid}`);
    tried++;
  }
  return { tried, wrong };
}

function* keyed(
  vectors: Vectors,
  algorithm: Algorithm,
  implementation: Implementation,
): Generator<readonly [Vector, PreparedKey]> {
  const prepare = (key: string | Uint8Array): PreparedKey =>
    implementation(() => prepareKey(key, algorithm, "verify", { allowWeakSecret: true }));
  for (const entry of vectors) {
    if (!("tests" in entry)) {
      yield [entry, prepare(bytesOf(entry.key))];
      continue;
    }
    const key = prepare(pemOf(entry.spki));
    for (const vector of entry.tests) yield [vector, key];
  }
}

function countOf(vectors: Vectors): number {
  return vectors.reduce((count, entry) => count + ("tests" in entry ? entry.tests.length : 1), 0);
}

function sorted(counts: Readonly<Record<string, number>>): readonly (readonly [string, number | undefined])[] {
  return Object.keys(VECTORS).map((algorithm) => [algorithm, counts[algorithm]]);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function pemOf(spki: string): string {
  const lines = btoa(String.fromCharCode(...bytesOf(spki))).match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
}
