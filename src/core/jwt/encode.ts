/** `encode`: signs claims into a compact JWT, as PyJWT's `encode` does. */
import { base64urlOfBytes, base64urlOfText } from "../util/base64url.ts";
import { isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { systemClock } from "../util/seconds.ts";
import { ALGORITHMS, type Algorithm, isAlgorithm } from "./algorithms.ts";
import { checkFlag, isMembers, readInput, readKey, readOptions } from "./caller-input.ts";
import { checkNewExpiry } from "./claims.ts";
import type { JwtHeader } from "./compact.ts";
import { type KeyInput, prepareKey } from "./keys/keys.ts";
import type { PreparedKey } from "./keys/prepared-key.ts";
import { type SignatureQueue, sharedQueue } from "./signatures/signature-queue.ts";
import type { Signatures } from "./signatures/signatures.ts";

/** Options of `encode`. An unknown option is a `TypeError`. */
export interface EncodeOptions {
  /**
   * The algorithm to sign with.
   * @default "HS256"
   * @see RFC 7518, section 3.1
   */
  readonly algorithm?: Algorithm;
  /**
   * Further header members. An `alg` here has no effect. `typ` replaces `"JWT"`; a `typ` of `null`
   * or `""` leaves the member out. `crit`, `b64` and a `kid` that is not a string are rejected,
   * because `decode` rejects them.
   * @default {}
   * @see RFC 7515, section 4.1
   */
  readonly headers?: Readonly<Record<string, unknown>>;
  /**
   * A `JSON.stringify` replacer for the payload and for `headers`.
   * @default none
   */
  readonly jsonEncoder?: (this: unknown, key: string, value: unknown) => unknown;
  /**
   * Accept an HMAC secret that is shorter than the algorithm's hash.
   * @default false
   * @see RFC 7518, section 3.2
   */
  readonly allowWeakSecret?: boolean;
}

const OPTIONS = ["algorithm", "headers", "jsonEncoder", "allowWeakSecret"] as const;
const DATE_CLAIMS = ["exp", "iat", "nbf"] as const;

/**
 * Signs `claims` and returns the token. A `Date` in `exp`, `iat` or `nbf` becomes whole seconds.
 * @throws `TypeError` for an invalid option, and for claims that are not a JSON object.
 * @throws `TypeError` for an `iss` that is not a string, for an invalid date, and for an `exp` more
 * than 100 years ahead.
 * @throws `InvalidKeyError` for a key that does not fit the algorithm, and for a weak secret.
 * @see RFC 7519, sections 2 and 7.1
 * @example
 * ```ts
 * import { encode } from "claimgate/jwt";
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32));
 * const exp = new Date(Date.now() + 3_600_000);
 * const token = await encode({ sub: "ada", exp }, secret, { algorithm: "HS256" });
 * ```
 */
export async function encode(
  claims: Readonly<Record<string, unknown>>,
  key: KeyInput,
  options: EncodeOptions = {},
): Promise<string> {
  const read = readInput("The options of encode", () => readEncodeOptions(options));
  const { algorithm = "HS256", allowWeakSecret = false, headers, jsonEncoder } = read;
  if (!isAlgorithm(algorithm)) throw new TypeError(`algorithm must be one of ${ALGORITHMS.join(", ")}`);
  checkFlag("allowWeakSecret", allowWeakSecret);
  // JSON.stringify takes a list too, as the names of the only claims to write.
  if (jsonEncoder !== undefined && typeof jsonEncoder !== "function") {
    throw new TypeError("jsonEncoder must be a function");
  }
  const prepared = readKey(() => prepareKey(key, algorithm, "sign", { allowWeakSecret }));
  const json = writeClaims(claims, systemClock(), jsonEncoder);
  return signJson(json, prepared, protectHeader(algorithm, headers, jsonEncoder), sharedQueue);
}

function readEncodeOptions(options: unknown): EncodeOptions {
  if (!isMembers(options))
    throw new TypeError('encode takes its options as one object: pass { algorithm: "HS256" }, with your algorithm');
  return readOptions("encode", options, OPTIONS);
}

/** A protected header: its members, and their text in a token. */
export interface ProtectedHeader {
  readonly members: JwtHeader;
  readonly segment: string;
}

/** The header of tokens with `alg`. Throws `TypeError` for `headers` that no token may have. */
export function protectHeader(
  alg: Algorithm,
  headers?: EncodeOptions["headers"],
  jsonEncoder?: EncodeOptions["jsonEncoder"],
): ProtectedHeader {
  const members = readInput("The headers", () => makeHeader(alg, headers, jsonEncoder));
  return { members, segment: base64urlOfText(JSON.stringify(members)) };
}

/**
 * The JSON of the claims of a new token. `now` is in seconds. Throws `TypeError` for claims that no
 * token may have.
 */
export function writeClaims(
  claims: Readonly<Record<string, unknown>>,
  now: number,
  jsonEncoder?: EncodeOptions["jsonEncoder"],
): string {
  return readInput("The claims", () => {
    const dated = readClaims(claims);
    const json = stringify("claims", dated, jsonEncoder);
    checkNewExpiry(writtenExpiry(json, dated, jsonEncoder), now);
    return json;
  });
}

/**
 * The token of a header and of JSON. Synchronous if the signature is. Throws or rejects with
 * `InvalidKeyError` for an unusable key.
 */
export function signJson(
  json: string,
  key: PreparedKey,
  { segment }: ProtectedHeader,
  queue: SignatureQueue,
): MaybePromise<string> {
  const signed = `${segment}.${base64urlOfText(json)}`;
  const opened = key.open();
  return isPromise(opened) ? opened.then((one) => signWith(one, signed, queue)) : signWith(opened, signed, queue);
}

function signWith(signatures: Signatures, signed: string, queue: SignatureQueue): MaybePromise<string> {
  const signature = signatures.sign(signed, queue);
  return isPromise(signature)
    ? signature.then((bytes) => `${signed}.${base64urlOfBytes(bytes)}`)
    : `${signed}.${base64urlOfBytes(signature)}`;
}

// Only `jsonEncoder` and `toJSON` can change the number on its way into the JSON.
function writtenExpiry(json: string, claims: Readonly<Record<string, unknown>>, jsonEncoder: unknown): unknown {
  const { exp, toJSON } = claims;
  const isWritten = jsonEncoder === undefined && toJSON === undefined && (exp === undefined || typeof exp === "number");
  return isWritten ? exp : (JSON.parse(json) as Record<string, unknown>)["exp"];
}

function readClaims(claims: unknown): Record<string, unknown> {
  if (!isMembers(claims)) throw new TypeError("The claims must be an object");
  const dated: Record<string, unknown> = { ...claims };
  for (const claim of DATE_CLAIMS) {
    const value = dated[claim];
    const seconds = value instanceof Date ? Math.floor(value.getTime() / 1000) : value;
    // JSON has no such number: JSON.stringify would write null.
    if (typeof seconds === "number" && !Number.isFinite(seconds)) {
      throw new TypeError(`The claim "${claim}" must be a valid Date or a number of seconds`);
    }
    if (seconds !== value) dated[claim] = seconds;
  }
  if (dated["iss"] !== undefined && typeof dated["iss"] !== "string")
    throw new TypeError('The claim "iss" must be a string');
  return dated;
}

type Header = Readonly<Record<string, unknown>> & { readonly alg: Algorithm };

function makeHeader(alg: Algorithm, headers: unknown, jsonEncoder: EncodeOptions["jsonEncoder"]): Header {
  const further = headers === undefined ? {} : readHeaders(headers, jsonEncoder);
  const { alg: _, typ = "JWT", ...rest } = further;
  return typ === null || typ === "" ? { alg, ...rest } : { alg, typ, ...rest };
}

function readHeaders(headers: unknown, jsonEncoder: EncodeOptions["jsonEncoder"]): Record<string, unknown> {
  if (!isMembers(headers)) throw new TypeError("headers must be an object");
  const further = JSON.parse(stringify("headers", { ...headers }, jsonEncoder)) as Record<string, unknown>;
  for (const name of ["crit", "b64"]) {
    if (Object.hasOwn(further, name))
      throw new TypeError(`headers cannot have "${name}", because decode would reject the token: leave it out`);
  }
  if (Object.hasOwn(further, "kid") && typeof further["kid"] !== "string") {
    throw new TypeError('The header "kid" must be a string');
  }
  return further;
}

function stringify(what: string, members: object, jsonEncoder: EncodeOptions["jsonEncoder"]): string {
  const json: string | undefined = JSON.stringify(members, jsonEncoder);
  if (!json?.startsWith("{"))
    throw new TypeError(`The ${what} must still be a JSON object after jsonEncoder and toJSON`);
  return json;
}
