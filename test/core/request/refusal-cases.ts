/** Tokens that a manager of `createAuth` must reject, each with its reason, and accepted twins. */
import { generateKeyPairSync, sign } from "node:crypto";
import { NOW } from "../../support/create-auth.ts";
import { base64url, forge, goodClaims } from "../../support/forge.ts";

export type RefusedToken = readonly [what: string, reason: string, token: string];

/** A token that is valid, but not as an auth token. */
export const REFRESH_TOKEN: string = forge({ payload: goodClaims({ type: "refresh", rid: "x" }) });

const good = forge();
const [header, payload, signature] = good.split(".") as [string, string, string];
const json = (claims: object): string => JSON.stringify(claims);
/** `goodClaims` as JSON, with `member` at the end. */
const withMember = (member: string): string => `${json(goodClaims()).slice(0, -1)},${member}}`;
/** `goodClaims` as JSON, with `member` instead of `claim`. */
const inPlaceOf = (claim: string, member: string): string => {
  const { [claim]: _, ...rest } = goodClaims();
  return `${json(rest).slice(0, -1)},${member}}`;
};

/** Another last character with the same leading bits, which a lenient decoder accepts. */
const lastCharacterOff = (text: string): string => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? "") + 1];
};

const NONE = ["none", "None", "NONE", "nOnE", "none ", " none", "", "null"];
const attacker = generateKeyPairSync("rsa", { modulusLength: 2048 });
const attackerJwk = attacker.publicKey.export({ format: "jwk" });
const attackerInput = `${base64url(json({ alg: "RS256", typ: "JWT", jwk: attackerJwk }))}.${payload}`;
const attackerToken = `${attackerInput}.${sign("sha256", Buffer.from(attackerInput), attacker.privateKey).toString("base64url")}`;

const ALGORITHM: readonly RefusedToken[] = [
  ...NONE.flatMap((alg): RefusedToken[] => [
    [`alg "${alg}" without a signature`, "ALGORITHM_INVALID", forge({ header: { alg, typ: "JWT" }, signature: "" })],
    [`alg "${alg}" with a valid signature`, "ALGORITHM_INVALID", forge({ header: { alg, typ: "JWT" } })],
  ]),
  ["a missing alg", "ALGORITHM_INVALID", forge({ header: { typ: "JWT" } })],
  ["alg null", "ALGORITHM_INVALID", forge({ header: { alg: null } })],
  ["alg in a list", "ALGORITHM_INVALID", forge({ header: { alg: ["HS256"] } })],
  ["alg in another case", "ALGORITHM_INVALID", forge({ header: { alg: "hs256" } })],
  ["an alg that only Object.prototype has", "ALGORITHM_INVALID", forge({ header: { alg: "constructor" } })],
  ["alg under __proto__", "ALGORITHM_INVALID", forge({ header: '{"__proto__":{"alg":"HS256"}}' })],
  ["another known alg", "ALGORITHM_INVALID", forge({ header: { alg: "HS512" } })],
  ["the alg of another key that is in the header", "ALGORITHM_INVALID", attackerToken],
];

const HEADER: readonly RefusedToken[] = [
  [
    "a key in the header",
    "SIGNATURE_INVALID",
    forge({ header: { alg: "HS256", jwk: { kty: "oct", k: base64url("evil") } }, secret: "evil" }),
  ],
  ["jku", "SIGNATURE_INVALID", forge({ header: { alg: "HS256", jku: "https://evil.example/jwks" }, secret: "evil" })],
  ["x5u", "SIGNATURE_INVALID", forge({ header: { alg: "HS256", x5u: "https://evil.example/cert" }, secret: "evil" })],
  ["x5c", "SIGNATURE_INVALID", forge({ header: { alg: "HS256", x5c: ["MIIB"] }, secret: "evil" })],
  [
    "a kid that is the path of an empty file",
    "SIGNATURE_INVALID",
    forge({ header: { alg: "HS256", kid: "../../../../dev/null" }, secret: "" }),
  ],
  [
    "a kid that is a query",
    "SIGNATURE_INVALID",
    forge({ header: { alg: "HS256", kid: "x' UNION SELECT 'evil" }, secret: "evil" }),
  ],
  ["a kid that is not a text", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", kid: 5 } })],
  ["crit", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", crit: ["exp"], exp: 1 } })],
  ["an empty crit", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", crit: [] } })],
  ["crit null", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", crit: null } })],
  ["b64", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", b64: false, crit: ["b64"] } })],
  ["b64 without crit", "TOKEN_MALFORMED", forge({ header: { alg: "HS256", b64: false } })],
  ["a header that is a list", "TOKEN_MALFORMED", forge({ header: "[]" })],
  ["a header that is null", "TOKEN_MALFORMED", forge({ header: "null" })],
  ["a header that is not JSON", "TOKEN_MALFORMED", forge({ header: "{alg:HS256}" })],
  [
    "a header that is not UTF-8",
    "TOKEN_MALFORMED",
    forge({ header: Buffer.from('{"alg":"HS256","x":"\xff"}', "latin1") }),
  ],
  ["a header after a byte order mark", "TOKEN_MALFORMED", forge({ header: '\ufeff{"alg":"HS256"}' })],
];

const SIGNATURE: readonly RefusedToken[] = [
  ["an empty signature", "SIGNATURE_INVALID", `${header}.${payload}.`],
  ["a truncated signature", "SIGNATURE_INVALID", `${header}.${payload}.${signature.slice(0, -3)}`],
  ["half a signature", "SIGNATURE_INVALID", `${header}.${payload}.${signature.slice(0, 20)}`],
  ["a longer signature", "SIGNATURE_INVALID", forge({ signature: `${signature}A`.padEnd(44, "A") })],
  ["a signature of zeros", "SIGNATURE_INVALID", forge({ signature: base64url(new Uint8Array(32)) })],
  ["a signature with another secret", "SIGNATURE_INVALID", forge({ secret: "another secret of more than 32 bytes" })],
  ["a changed payload", "SIGNATURE_INVALID", `${header}.${base64url(json(goodClaims({ sub: "eve" })))}.${signature}`],
  ["a changed header", "SIGNATURE_INVALID", `${base64url(json({ alg: "HS256" }))}.${payload}.${signature}`],
];

const SHAPE: readonly RefusedToken[] = [
  ["a word", "TOKEN_MALFORMED", "token"],
  ["two segments", "TOKEN_MALFORMED", `${header}.${payload}`],
  ["four segments", "TOKEN_MALFORMED", `${good}.`],
  ["five segments, as in an encrypted token", "TOKEN_MALFORMED", "a.b.c.d.e"],
  ["nothing but dots", "TOKEN_MALFORMED", ".."],
  ["a leading dot", "TOKEN_MALFORMED", `.${good}`],
  ["an empty header", "TOKEN_MALFORMED", `.${payload}.${signature}`],
  ["an empty payload", "TOKEN_MALFORMED", forge({ payload: "" })],
  ["padding", "TOKEN_MALFORMED", `${header}.${payload}.${signature}=`],
  ["padding in the payload", "TOKEN_MALFORMED", `${header}.${payload}==.${signature}`],
  ["a non-canonical last character", "TOKEN_MALFORMED", `${header}.${payload}.${lastCharacterOff(signature)}`],
  ["the standard base64 alphabet", "TOKEN_MALFORMED", `${header}.${payload}.${"+/".repeat(21)}A`],
  ["a segment of an impossible length", "TOKEN_MALFORMED", `${header}.${payload}.AAAAA`],
  ["a space inside", "TOKEN_MALFORMED", `${header}. ${payload}.${signature}`],
  ["a tab inside", "TOKEN_MALFORMED", `${header}.\t${payload}.${signature}`],
  ["a percent sign", "TOKEN_MALFORMED", `${header}%2e${payload}.${signature}`],
  ["a letter outside ASCII", "TOKEN_MALFORMED", `${header}.${payload}é.${signature}`],
  ["1 MB of letters", "TOKEN_MALFORMED", "a".repeat(1_000_000)],
  ["1 MB of dots", "TOKEN_MALFORMED", ".".repeat(1_000_000)],
  ["1 MB with a valid signature", "TOKEN_MALFORMED", forge({ payload: goodClaims({ pad: "x".repeat(750_000) }) })],
  [
    "deeply nested lists with a valid signature",
    "TOKEN_MALFORMED",
    forge({ payload: withMember(`"deep":${"[".repeat(1e5)}${"]".repeat(1e5)}`) }),
  ],
];

const PAYLOAD: readonly RefusedToken[] = [
  ["a payload that is not JSON", "TOKEN_MALFORMED", forge({ payload: "hello" })],
  ["a payload that is a list", "TOKEN_MALFORMED", forge({ payload: "[]" })],
  ["a payload that is text", "TOKEN_MALFORMED", forge({ payload: '"text"' })],
  ["a payload that is null", "TOKEN_MALFORMED", forge({ payload: "null" })],
  [
    "a payload that is not UTF-8",
    "TOKEN_MALFORMED",
    forge({ payload: Buffer.from(withMember('"x":"\xc3\x28"'), "latin1") }),
  ],
  ["a payload after a byte order mark", "TOKEN_MALFORMED", forge({ payload: `\ufeff${json(goodClaims())}` })],
  ["a payload in UTF-16", "TOKEN_MALFORMED", forge({ payload: Buffer.from(json(goodClaims()), "utf16le") })],
  ["a payload with more text after it", "TOKEN_MALFORMED", forge({ payload: `${json(goodClaims())}{}` })],
  ["exp NaN", "TOKEN_MALFORMED", forge({ payload: inPlaceOf("exp", '"exp":NaN') })],
  ["exp Infinity", "TOKEN_MALFORMED", forge({ payload: inPlaceOf("exp", '"exp":Infinity') })],
];

const CLAIMS: readonly RefusedToken[] = [
  ["exp as text", "CLAIM_INVALID", forge({ payload: goodClaims({ exp: String(NOW + 60) }) })],
  ["exp as the text NaN", "CLAIM_INVALID", forge({ payload: goodClaims({ exp: "NaN" }) })],
  ["exp negative", "TOKEN_EXPIRED", forge({ payload: goodClaims({ exp: -1 }) })],
  ["exp above the largest number", "CLAIM_INVALID", forge({ payload: inPlaceOf("exp", '"exp":1e400') })],
  ["exp above the latest date", "CLAIM_INVALID", forge({ payload: inPlaceOf("exp", '"exp":1e300') })],
  ["exp in a list", "CLAIM_INVALID", forge({ payload: goodClaims({ exp: [NOW + 60] }) })],
  ["exp null", "CLAIM_MISSING", forge({ payload: goodClaims({ exp: null }) })],
  ["exp under __proto__", "CLAIM_MISSING", forge({ payload: inPlaceOf("exp", `"__proto__":{"exp":${NOW + 60}}`) })],
  ["exp now", "TOKEN_EXPIRED", forge({ payload: goodClaims({ exp: NOW }) })],
  ["nbf ahead", "TOKEN_NOT_YET_VALID", forge({ payload: goodClaims({ nbf: NOW + 1 }) })],
  ["a cnf", "TOKEN_TYPE_INVALID", forge({ payload: goodClaims({ cnf: { jkt: "a thumbprint" } }) })],
  ["a null cnf", "TOKEN_TYPE_INVALID", forge({ payload: goodClaims({ cnf: null }) })],
  ["a signature of 31 bytes", "SIGNATURE_INVALID", good.replace(/.{2}$/, "") + "A"],
  ["iat ahead", "TOKEN_NOT_YET_VALID", forge({ payload: goodClaims({ iat: NOW + 61 }) })],
  ["iat as text", "CLAIM_INVALID", forge({ payload: goodClaims({ iat: "now" }) })],
  ...["exp", "iss", "sub", "iat", "type"].map(
    (claim): RefusedToken => [`no ${claim}`, "CLAIM_MISSING", forge({ payload: goodClaims({ [claim]: undefined }) })],
  ),
  ["another iss", "ISSUER_INVALID", forge({ payload: goodClaims({ iss: "https://evil.example" }) })],
  ["an unexpected aud", "AUDIENCE_INVALID", forge({ payload: goodClaims({ aud: "https://other.example" }) })],
  ["an empty sub", "CLAIM_INVALID", forge({ payload: goodClaims({ sub: "" }) })],
  ["a fractional sub", "CLAIM_INVALID", forge({ payload: goodClaims({ sub: 1.5 }) })],
  ["a sub above the exact integers", "CLAIM_INVALID", forge({ payload: inPlaceOf("sub", '"sub":9007199254740993') })],
  ["a sub that is an object", "CLAIM_INVALID", forge({ payload: goodClaims({ sub: { a: 1 } }) })],
  ["a jti that is not a text", "CLAIM_INVALID", forge({ payload: goodClaims({ jti: 5 }) })],
  ["a refresh token", "TOKEN_TYPE_INVALID", REFRESH_TOKEN],
  ["an unknown type", "TOKEN_TYPE_INVALID", forge({ payload: goodClaims({ type: "AUTH" }) })],
  ["a type that is a list", "TOKEN_TYPE_INVALID", forge({ payload: goodClaims({ type: ["auth"] }) })],
];

/** All rejected tokens. */
export const REFUSED: readonly RefusedToken[] = [
  ...ALGORITHM,
  ...HEADER,
  ...SIGNATURE,
  ...SHAPE,
  ...PAYLOAD,
  ...CLAIMS,
];

/** The rejected tokens that a header of a Fetch request can carry. */
export const SENDABLE: readonly RefusedToken[] = REFUSED.filter(([, , token]) =>
  /^[\x20-\x7e\xa0-\xff\t]*$/.test(token),
);

/** Unusual but valid tokens. */
export const ACCEPTED: ReadonlyArray<readonly [what: string, token: string]> = [
  ["a plain token", good],
  ["iat ahead by a minute", forge({ payload: goodClaims({ iat: NOW + 60 }) })],
  ["a fractional exp", forge({ payload: goodClaims({ exp: NOW + 0.5 }) })],
  ["a kid that is a path", forge({ header: { alg: "HS256", kid: "../../../../dev/null" } })],
  [
    "an unused key in the header",
    forge({ header: { alg: "HS256", jwk: attackerJwk, jku: "https://evil.example", x5u: "https://evil.example" } }),
  ],
  ["another typ", forge({ header: { alg: "HS256", typ: "at+jwt" } })],
  ["an integer sub", forge({ payload: goodClaims({ sub: 7 }) })],
  ["white space in the JSON", forge({ payload: JSON.stringify(goodClaims(), null, 2) })],
  [
    "__proto__ and constructor claims",
    forge({ payload: withMember('"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}') }),
  ],
];
