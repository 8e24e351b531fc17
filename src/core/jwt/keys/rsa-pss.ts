/** Reads RSA keys of the type id-RSASSA-PSS as JWKs: `node:crypto` and WebCrypto cannot. */
import type { JWK } from "jose";
import { base64urlOfBytes } from "../../util/base64url.ts";
import { ALGORITHMS, type Algorithm, hashBytes, traitsOf } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { type DerValue, membersOf, readDer, sequenceIn, TAGS } from "./der.ts";
import { describeNeed } from "./key-checks.ts";

/** The parameters to which a key is restricted. */
interface PssLimits {
  readonly hash: string;
  readonly mgf1Hash: string;
  /** The least length of a salt. */
  readonly saltBytes: number;
}

// Object identifiers, as the bytes of their DER in hexadecimal.
const RSASSA_PSS = "2a864886f70d01010a";
const MGF1 = "2a864886f70d010108";
const HASHES: Readonly<Record<string, string>> = {
  "2b0e03021a": "SHA-1",
  "608648016503040201": "SHA-256",
  "608648016503040202": "SHA-384",
  "608648016503040203": "SHA-512",
};
const OTHER = "another hash";
// The tags of the parameters.
const FIELDS = { hash: 0xa0, mask: 0xa1, salt: 0xa2, trailer: 0xa3 };

/**
 * The JWK of an id-RSASSA-PSS key; `undefined` for another key. `der` is an SPKI, a PKCS#8 key, or
 * a certificate. Throws `InvalidKeyError` if the key's parameters do not allow `algorithm`.
 * @see RFC 4055, sections 1.2 and 3.1
 */
export function readPssKey(der: Uint8Array, form: "key" | "certificate", algorithm: Algorithm): JWK | undefined {
  const outer = sequenceIn(der);
  const values = form === "certificate" ? membersOf(keyInfoOf(outer)) : outer;
  // A PKCS#8 key has its version before the type and its parameters.
  const at = values.findIndex(({ tag }) => tag === TAGS.sequence);
  const [type, parameters] = membersOf(values[at]);
  const jwk = hexOf(type) === RSASSA_PSS ? toJwk(values[at + 1]) : undefined;
  if (jwk) checkLimits(parameters && readLimits(parameters), algorithm);
  return jwk;
}

/** The SPKI in the values of a certificate. */
function keyInfoOf([signed]: readonly DerValue[]): DerValue | undefined {
  const members = membersOf(signed);
  // Version, serial number, signature, issuer, validity, subject. A version 1 has no version.
  return members[members[0]?.tag === TAGS.integer ? 5 : 6];
}

const PUBLIC = ["n", "e"] as const;
const PRIVATE = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;

// The content is RSAPublicKey or RSAPrivateKey (RFC 8017, appendix A.1).
function toJwk(key: DerValue | undefined): JWK | undefined {
  const isPublic = key?.tag === TAGS.bitString;
  // A BIT STRING begins with the number of its unused bits.
  if (!key || (isPublic ? key.content[0] !== 0 : key.tag !== TAGS.octetString)) return undefined;
  const numbers = sequenceIn(isPublic ? key.content.subarray(1) : key.content);
  const [names, values] = isPublic ? [PUBLIC, numbers] : [PRIVATE, numbers.slice(1)];
  if (values.length < names.length || values.some(({ tag }, index) => index < names.length && tag !== TAGS.integer))
    return undefined;
  const members = names.map((name, index) => [name, toText(values[index] as DerValue)] as const);
  const more = values.length > names.length ? { oth: [] } : {};
  return { kty: "RSA", ...Object.fromEntries(members), ...more };
}

// An INTEGER has a zero before its first byte if that would be a sign.
function toText({ content }: DerValue): string {
  return base64urlOfBytes(content[0] === 0 ? content.subarray(1) : content);
}

function readLimits(parameters: DerValue): PssLimits {
  const given = new Map(membersOf(parameters).map(({ tag, content }) => [tag, readDer(content)[0]]));
  const { hash, mask, salt, trailer } = FIELDS;
  const [maskType, maskHash] = membersOf(given.get(mask));
  const isKnown =
    parameters.tag === TAGS.sequence &&
    [...given.keys()].every((tag) => Object.values(FIELDS).includes(tag)) &&
    (!given.has(mask) || hexOf(maskType) === MGF1) &&
    (!given.has(trailer) || numberOf(given.get(trailer)) === 1);
  return {
    hash: isKnown ? hashOf(given.get(hash)) : OTHER,
    mgf1Hash: hashOf(maskHash),
    saltBytes: given.has(salt) ? numberOf(given.get(salt)) : 20,
  };
}

function hashOf(value: DerValue | undefined): string {
  return value ? (HASHES[hexOf(membersOf(value)[0])] ?? OTHER) : "SHA-1";
}

function numberOf(value: DerValue | undefined): number {
  return Number(`0x${hexOf(value) || "ff"}`);
}

function hexOf(value: DerValue | undefined): string {
  return Array.from(value?.content ?? [], (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function checkLimits(limits: PssLimits | undefined, algorithm: Algorithm): void {
  if (fits(limits, algorithm)) return;
  const others = ALGORITHMS.filter((other) => fits(limits, other));
  const traits = traitsOf(algorithm);
  if (!limits || !isPss(traits))
    throw new InvalidKeyError(
      `${algorithm} needs ${describeNeed(algorithm)}, and this is an RSA-PSS key (id-RSASSA-PSS): pass such a key${others.length > 0 ? `, or use this one with ${others.join(", ")}` : ""}`,
    );
  const { hash, mgf1Hash, saltBytes } = limits;
  const remedy =
    others.length > 0
      ? `Use it with ${others.join(", ")}`
      : "Make a key without restrictions with openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:3072 -out key.pem";
  throw new InvalidKeyError(
    `the RSA-PSS key is restricted to ${hash}, MGF1 with ${mgf1Hash} and salts of at least ${saltBytes} bytes. ${algorithm} needs ${traits.hash} for both and a salt of ${hashBytes(traits.hash)} bytes. ${remedy}`,
  );
}

function fits(limits: PssLimits | undefined, algorithm: Algorithm): boolean {
  const traits = traitsOf(algorithm);
  if (!isPss(traits)) return false;
  const { hash } = traits;
  return !limits || (limits.hash === hash && limits.mgf1Hash === hash && limits.saltBytes <= hashBytes(hash));
}

type Traits = ReturnType<typeof traitsOf>;

function isPss(traits: Traits): traits is Extract<Traits, { family: "RSA" }> {
  return traits.family === "RSA" && traits.webCryptoName === "RSA-PSS";
}
