/** Verifies compact JWTs, as PyJWT's `decode` does. */
import { compactVerify, errors } from "jose";
import { ALGORITHMS, type Algorithm, isAlgorithm } from "./algorithms.ts";
import { type ClaimChecks, checkClaims } from "./claims.ts";
import { type JwtHeader, type JwtPayload, readCompact, readPayload } from "./compact.ts";
import { DecodeError, InvalidAlgorithmError, InvalidSignatureError } from "./errors.ts";
import { type KeyInput, type PreparedKey, prepareKey } from "./keys.ts";

/** Options of `decode`. Every `verify…` defaults to true, or to false where `verifySignature` is false. */
export interface DecodeOptions extends Omit<ClaimChecks, "integerSubject"> {
  /** The algorithms a token may be signed with. Required unless `verifySignature` is false. */
  readonly algorithms?: readonly Algorithm[];
  /** Default true. False reads the token without trusting it. */
  readonly verifySignature?: boolean;
  /** Accept an HMAC secret shorter than the hash output. Default false. */
  readonly allowWeakSecret?: boolean;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: number;
}

/** A token's three parts, the payload read. */
export interface CompleteToken {
  readonly header: JwtHeader;
  readonly payload: JwtPayload;
  readonly signature: Uint8Array;
}

/**
 * The claims of a token whose signature and registered claims hold.
 * Rejects with a token error for a bad token, `InvalidKeyError` for a key that does not fit, `TypeError` for a wrong option.
 */
export async function decode(token: string, key: KeyInput | undefined, options: DecodeOptions): Promise<JwtPayload> {
  return (await decodeComplete(token, key, options)).payload;
}

/** `decode`, with the header and the signature's bytes beside the payload. */
export async function decodeComplete(
  token: string,
  key: KeyInput | undefined,
  options: DecodeOptions,
): Promise<CompleteToken> {
  const { verifySignature, algorithms, allowWeakSecret, now, checks } = readOptions(options);
  const parts = readCompact(token);
  if (verifySignature) {
    const algorithm = allowedAlgorithm(parts.header, algorithms);
    if (key === undefined) throw new TypeError("A key is needed to verify a signature");
    await verifySignatureWith(token, prepareKey(key, algorithm, "verify", { allowWeakSecret }));
  }
  const payload = readPayload(parts.payload);
  checkClaims(payload, checks, now);
  return { header: parts.header, payload, signature: parts.signature };
}

/** A token's header, NOT verified. Throws `DecodeError`. */
export function getUnverifiedHeader(token: string): JwtHeader {
  return readCompact(token).header;
}

/** Verifies `token` with `key` alone and gives its parts; the claims are not checked. Rejects with a token error, or `InvalidKeyError`. */
export async function verifyCompact(token: string, key: PreparedKey): Promise<CompleteToken> {
  const parts = readCompact(token);
  allowedAlgorithm(parts.header, [key.algorithm]);
  await verifySignatureWith(token, key);
  return { header: parts.header, payload: readPayload(parts.payload), signature: parts.signature };
}

function allowedAlgorithm(header: JwtHeader, allowed: readonly Algorithm[]): Algorithm {
  const alg = Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  if (alg === undefined) throw new InvalidAlgorithmError("The token names no algorithm");
  const found = allowed.find((candidate) => candidate === alg);
  if (found === undefined) throw new InvalidAlgorithmError("The token's algorithm is not allowed");
  return found;
}

async function verifySignatureWith(token: string, key: PreparedKey): Promise<void> {
  const cryptoKey = await key.import();
  try {
    await compactVerify(token, cryptoKey, { algorithms: [key.algorithm] });
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed)
      throw new InvalidSignatureError("The signature does not match");
    if (cause instanceof errors.JOSEAlgNotAllowed)
      throw new InvalidAlgorithmError("The token's algorithm is not allowed");
    if (cause instanceof errors.JOSEError) throw new DecodeError("The token cannot be read", { cause });
    throw cause;
  }
}

function readOptions(options: DecodeOptions): {
  verifySignature: boolean;
  algorithms: readonly Algorithm[];
  allowWeakSecret: boolean;
  now: number;
  checks: ClaimChecks;
} {
  if (typeof options !== "object" || options === null) throw new TypeError("decode needs options");
  const { algorithms, verifySignature = true, allowWeakSecret = false, now = Date.now() / 1000, ...checks } = options;
  for (const [name, value] of Object.entries({ verifySignature, allowWeakSecret })) {
    if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean`);
  }
  if (verifySignature && (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(isAlgorithm))) {
    throw new TypeError(`algorithms must list at least one of ${ALGORITHMS.join(", ")}`);
  }
  if (typeof now !== "number" || !Number.isFinite(now)) throw new TypeError("now must be a number of seconds");
  checkOptions(checks);
  return {
    verifySignature,
    algorithms: algorithms ?? [],
    allowWeakSecret,
    now,
    checks: verifySignature ? checks : withoutChecks(checks),
  };
}

const FLAGS = [
  "verifyExp",
  "verifyNbf",
  "verifyIat",
  "verifyAud",
  "verifyIss",
  "verifySub",
  "verifyJti",
  "strictAud",
] as const;

// A wrong option must never come to mean "anything goes".
function checkOptions(checks: Readonly<Record<string, unknown>>): void {
  const known: readonly string[] = [...FLAGS, "leeway", "require", "issuer", "audience", "subject"];
  for (const [name, value] of Object.entries(checks)) {
    if (!known.includes(name)) throw new TypeError(`Unknown option "${name}"`);
    if (value === undefined) throw new TypeError(`The option "${name}" is undefined; leave it out instead`);
    const isFlag = (FLAGS as readonly string[]).includes(name);
    if (isFlag && typeof value !== "boolean") throw new TypeError(`${name} must be a boolean`);
    if (name === "leeway" && !(typeof value === "number" && value >= 0 && Number.isFinite(value))) {
      throw new TypeError("leeway must be a number of seconds, not negative");
    }
    if (name === "subject" && typeof value !== "string") throw new TypeError("subject must be a string");
    if (name === "require" && !isStringList(value)) throw new TypeError("require must be a list of claim names");
    if (
      (name === "issuer" || name === "audience") &&
      typeof value !== "string" &&
      !(isStringList(value) && value.length > 0)
    ) {
      throw new TypeError(`${name} must be a string or a list of strings`);
    }
  }
}

function withoutChecks(checks: Omit<DecodeOptions, "algorithms">): ClaimChecks {
  const off = {
    verifyExp: false,
    verifyNbf: false,
    verifyIat: false,
    verifyAud: false,
    verifyIss: false,
    verifySub: false,
    verifyJti: false,
  };
  return { ...off, ...checks };
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
