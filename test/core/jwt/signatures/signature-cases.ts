/** Valid and invalid signatures of every algorithm: what a forger, or another library, may send. */
import type { Algorithm } from "claimgate/jwt";
import { CURVES, isEdwards } from "../keys/key-kinds.ts";
import { bytesOf, modulusOf, numberOf, pairOf, type Signer, signerOf } from "./signers.ts";

/** A signature of a text, and whether it is valid. */
export interface SignatureCase {
  readonly name: string;
  readonly signature: Uint8Array;
  readonly isValid?: true;
}

/** The order of each curve (SEC 2, sections 2.4 to 2.6; RFC 8032, section 5.1). */
export const ORDERS = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384: (1n << 384n) - 0x389cb27e0bc8d220a7e5f24db74f58851313e695333ad68dn,
  ES512: (1n << 521n) - 0x5ae79787c40d069948033feb708f65a2fc44a36477663b851449048e16ec79bf7n,
  EdDSA: (1n << 252n) + 27742317777372353535851937790883648493n,
} as const;

const OTHER_HASH = { "256": "sha384", "384": "sha512", "512": "sha256" } as const;

/** Signatures of `data`, valid and invalid. */
export function signatureCases(signer: Signer, data: string): readonly SignatureCase[] {
  const { algorithm } = signer;
  const good = signer.sign(data);
  return [
    { name: "the signature", signature: good, isValid: true },
    { name: "an empty one", signature: new Uint8Array() },
    { name: "one byte", signature: new Uint8Array(1) },
    { name: "zeros", signature: new Uint8Array(good.length) },
    { name: "ones", signature: new Uint8Array(good.length).fill(255) },
    { name: "it without its last byte", signature: good.subarray(0, -1) },
    { name: "it without its first byte", signature: good.subarray(1) },
    { name: "half of it", signature: good.subarray(0, good.length / 2) },
    { name: "it with another byte", signature: Buffer.concat([good, new Uint8Array(1)]) },
    { name: "it after a zero byte", signature: Buffer.concat([new Uint8Array(1), good]) },
    { name: "it twice", signature: Buffer.concat([good, good]) },
    { name: "one of another text", signature: signer.sign(`${data}x`) },
    { name: "one of another key", signature: signerOf(algorithm, "other").sign(data) },
    ...(isEdwards(algorithm) ? [] : [{ name: "one with another hash", signature: withOtherHash(signer, data) }]),
    ...familyCases(signer, data, good),
  ];
}

function familyCases(signer: Signer, data: string, good: Buffer): readonly SignatureCase[] {
  const { algorithm } = signer;
  if (algorithm in CURVES) return ecdsaCases(signer, data, good);
  if (isEdwards(algorithm)) return edwardsCases(data, good);
  return algorithm.startsWith("HS") ? [] : rsaCases(signer, data);
}

function ecdsaCases(signer: Signer, data: string, good: Buffer): readonly SignatureCase[] {
  const algorithm = signer.algorithm as keyof typeof CURVES;
  const order = ORDERS[algorithm];
  const size = good.length / 2;
  const [r, s] = [numberOf(good.subarray(0, size)), numberOf(good.subarray(size))];
  const join = (first: bigint, second: bigint): Buffer => Buffer.concat([bytesOf(first, size), bytesOf(second, size)]);
  const highest = (1n << BigInt(size * 8)) - 1n;
  return [
    // JWS does not forbid it: every verifier accepts both.
    { name: "it with the other s", signature: join(r, order - s), isValid: true },
    { name: "it in DER", signature: signer.sign(data, { dsaEncoding: "der" }) },
    { name: "r = 0", signature: join(0n, s) },
    { name: "s = 0", signature: join(r, 0n) },
    { name: "r = 0 and s = 0", signature: join(0n, 0n) },
    { name: "r = n", signature: join(order, s) },
    { name: "s = n", signature: join(r, order) },
    { name: "r = n + 1", signature: join(order + 1n, s) },
    { name: "s = n - 1", signature: join(r, order - 1n) },
    { name: "the highest r", signature: join(highest, s) },
    { name: "the highest s", signature: join(r, highest) },
    { name: "s before r", signature: join(s, r) },
    // Fits in the bytes of P-521 alone.
    ...(r + order <= highest ? [{ name: "r + n", signature: join(r + order, s) }] : []),
    ...(s + order <= highest ? [{ name: "s + n", signature: join(r, s + order) }] : []),
    ...(Object.keys(CURVES) as (keyof typeof CURVES)[])
      .filter((other) => other !== algorithm)
      .map((other) => ({ name: `one of ${other}`, signature: signerOf(other).sign(data) })),
  ];
}

function edwardsCases(data: string, good: Buffer): readonly SignatureCase[] {
  const [point, scalar] = [good.subarray(0, 32), good.subarray(32).toReversed()];
  const withScalar = (value: bigint): Buffer => Buffer.concat([point, bytesOf(value, 32).toReversed()]);
  const s = numberOf(scalar);
  return [
    { name: "S + L", signature: withScalar(s + ORDERS.EdDSA) },
    { name: "S = 0", signature: withScalar(0n) },
    { name: "S = L", signature: withScalar(ORDERS.EdDSA) },
    { name: "S - 1", signature: withScalar(s - 1n) },
    // The neutral point: valid for every text if the key were it too.
    { name: "R = 1, S = 0", signature: Buffer.concat([Buffer.from([1]), new Uint8Array(63)]) },
    { name: "one of ES256", signature: signerOf("ES256").sign(data) },
  ];
}

function rsaCases(signer: Signer, data: string): readonly SignatureCase[] {
  const { algorithm } = signer;
  const bits = Number(algorithm.slice(2));
  const modulus = modulusOf(pairOf(algorithm).publicKey);
  const isPss = algorithm.startsWith("PS");
  const ofNumber = (name: string, value: bigint): SignatureCase => ({ name, signature: bytesOf(value, 256) });
  return [
    ofNumber("the number 1", 1n),
    ofNumber("n - 1", modulus - 1n),
    ofNumber("n", modulus),
    ofNumber("n + 1", modulus + 1n),
    { name: "one with the other padding", signature: signer.sign(data, { padding: isPss ? "PKCS1" : "PSS" }) },
    ...(isPss
      ? [0, bits / 8 - 1, bits / 8 + 1, 256 - bits / 8 - 2].map((saltLength) => ({
          name: `one with a salt of ${saltLength} bytes`,
          signature: signer.sign(data, { saltLength }),
        }))
      : []),
  ];
}

function withOtherHash(signer: Signer, data: string): Buffer {
  return signer.sign(data, { hash: OTHER_HASH[signer.algorithm.slice(2) as keyof typeof OTHER_HASH] });
}

/** Texts whose RSA signature begins with a zero byte, and the forms of that number. */
export function shortRsaCases(
  algorithm: Algorithm,
  textOf: (attempt: number) => string,
): { readonly data: string; readonly cases: readonly SignatureCase[] } {
  const signer = signerOf(algorithm);
  const modulus = modulusOf(pairOf(algorithm).publicKey);
  for (let attempt = 0; ; attempt++) {
    const data = textOf(attempt);
    const good = signer.sign(data);
    const raised = numberOf(good) + modulus;
    if (good[0] !== 0 || raised >= 1n << 2048n) continue;
    return {
      data,
      cases: [
        { name: "the signature with its leading zero", signature: good, isValid: true },
        { name: "it without its leading zero", signature: good.subarray(1) },
        { name: "it without any leading zeros", signature: good.subarray(good.findIndex((byte) => byte !== 0)) },
        { name: "it plus the modulus", signature: bytesOf(raised, 256) },
      ],
    };
  }
}
