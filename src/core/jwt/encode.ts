/** Signs claims into a compact JWT, as PyJWT's `encode` does. */
import { CompactSign } from "jose";
import { ALGORITHMS, type Algorithm, isAlgorithm } from "./algorithms.ts";
import { type KeyInput, type PreparedKey, prepareKey } from "./keys.ts";

/** Options of `encode`. */
export interface EncodeOptions {
  /** Default `"HS256"`. */
  readonly algorithm?: Algorithm;
  /** Further header members; `alg` is always the algorithm's, `typ` is `"JWT"` unless given here. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** A `JSON.stringify` replacer for the payload. */
  readonly jsonEncoder?: (this: unknown, key: string, value: unknown) => unknown;
  /** Accept an HMAC secret shorter than the hash output. Default false. */
  readonly allowWeakSecret?: boolean;
}

const DATE_CLAIMS = ["exp", "iat", "nbf"] as const;

/**
 * A signed token of `claims`. A `Date` in `exp`, `iat` or `nbf` becomes whole seconds (RFC 7519, section 2).
 * Rejects with `TypeError` for a wrong option or claims that are no JSON object, with `InvalidKeyError` for a key that does not fit.
 */
export async function encode(
  claims: Readonly<Record<string, unknown>>,
  key: KeyInput,
  options: EncodeOptions = {},
): Promise<string> {
  const { algorithm = "HS256", headers = {}, jsonEncoder, allowWeakSecret = false } = options;
  if (!isAlgorithm(algorithm)) throw new TypeError(`algorithm must be one of ${ALGORITHMS.join(", ")}`);
  const prepared = prepareKey(key, algorithm, "sign", { allowWeakSecret });
  return (await signClaims(claims, prepared, { headers, jsonEncoder })).token;
}

/** What was signed, and the text of it. */
export interface SignedClaims {
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  /** The payload as a reader will see it: read back from its JSON. */
  readonly payload: Record<string, unknown>;
}

/** `encode` with a key that is prepared already. */
export async function signClaims(
  claims: Readonly<Record<string, unknown>>,
  key: PreparedKey,
  options: {
    readonly headers?: Readonly<Record<string, unknown>>;
    readonly jsonEncoder?: EncodeOptions["jsonEncoder"] | undefined;
  } = {},
): Promise<SignedClaims> {
  const json = stringifyClaims(claims, options.jsonEncoder);
  const header = Object.assign({ alg: "", typ: "JWT" }, options.headers, {
    alg: key.algorithm,
  });
  const token = await new CompactSign(new TextEncoder().encode(json))
    .setProtectedHeader(header)
    .sign(await key.import());
  return {
    token,
    header,
    payload: JSON.parse(json) as Record<string, unknown>,
  };
}

function stringifyClaims(claims: Readonly<Record<string, unknown>>, jsonEncoder: EncodeOptions["jsonEncoder"]): string {
  if (typeof claims !== "object" || claims === null || Array.isArray(claims))
    throw new TypeError("The claims must be an object");
  const dated: Record<string, unknown> = { ...claims };
  for (const claim of DATE_CLAIMS) {
    const value = dated[claim];
    if (!(value instanceof Date)) continue;
    if (Number.isNaN(value.getTime())) throw new TypeError(`The claim "${claim}" is an invalid Date`);
    dated[claim] = Math.floor(value.getTime() / 1000);
  }
  if (dated["iss"] !== undefined && typeof dated["iss"] !== "string")
    throw new TypeError('The claim "iss" must be text');
  const json: string | undefined = JSON.stringify(dated, jsonEncoder);
  if (!json?.startsWith("{")) throw new TypeError("The claims are no JSON object once they are written");
  return json;
}
