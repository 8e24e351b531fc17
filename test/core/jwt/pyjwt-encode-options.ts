/** The options of PyJWT 2.10's `encode`, from docs/api.rst and docs/usage.rst. */
import { decode, type EncodeOptions, encode, getUnverifiedHeader } from "claimgate/jwt";
import { type Loose, type Row, write } from "./pyjwt-rows.ts";

const payloadOf = async (claims: object, options: Loose<EncodeOptions> = {}): Promise<unknown> =>
  decode(await write(claims, options), undefined, { verifySignature: false });
const headerOf = async (options: Loose<EncodeOptions>): Promise<unknown> =>
  getUnverifiedHeader(await write({}, options));
const textOfBigInt = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

export const ENCODE: readonly Row[] = [
  {
    pyjwt: "encode(payload)",
    ours: "the first argument",
    passes: () => payloadOf({ some: "payload" }),
    gives: { some: "payload" },
    refuses: () => write(["some", "payload"]),
    error: "TypeError",
  },
  {
    pyjwt: "encode(payload=dict(exp=datetime))",
    ours: "a Date in exp, iat and nbf",
    passes: () => payloadOf({ exp: new Date(2_500), iat: new Date(1_000), nbf: new Date(0) }),
    gives: { exp: 2, iat: 1, nbf: 0 },
    refuses: () => write({ exp: new Date(Number.NaN) }),
    error: "TypeError",
  },
  {
    pyjwt: "encode(key)",
    ours: "the second argument",
    passes: () => payloadOf({}),
    gives: {},
    refuses: () => encode({}, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
    error: "InvalidKeyError",
  },
  {
    pyjwt: "encode(algorithm)",
    ours: "algorithm",
    passes: () => headerOf({ algorithm: "HS256" }),
    gives: { alg: "HS256", typ: "JWT" },
    refuses: () => headerOf({ algorithm: "none" }),
    error: "TypeError",
    instead: 'NotImplementedError for an unknown algorithm, and an unsigned token for "none"',
  },
  {
    pyjwt: "encode(headers)",
    ours: "headers",
    passes: () => headerOf({ headers: { kid: "k1", typ: "at+jwt" } }),
    gives: { alg: "HS256", typ: "at+jwt", kid: "k1" },
    refuses: () => headerOf({ headers: { kid: 5 } }),
    error: "TypeError",
    instead: "InvalidTokenError, although there is no token yet",
  },
  {
    pyjwt: 'encode(headers={"alg": ...})',
    ours: "headers, whose alg has no effect",
    passes: () => headerOf({ headers: { alg: "none" } }),
    gives: { alg: "HS256", typ: "JWT" },
    refuses: () => headerOf({ headers: { crit: ["exp"] } }),
    error: "TypeError",
    instead: "the alg of headers replaces algorithm, and crit is written",
  },
  {
    pyjwt: 'encode(headers={"typ": None})',
    ours: "headers, with an empty typ",
    passes: async () => [await headerOf({ headers: { typ: null } }), await headerOf({ headers: { typ: "" } })],
    gives: [{ alg: "HS256" }, { alg: "HS256" }],
    refuses: () => headerOf({ headers: "typ" }),
    error: "TypeError",
  },
  {
    pyjwt: "encode(json_encoder)",
    ours: "jsonEncoder, a replacer for JSON.stringify",
    passes: async () => [
      await payloadOf({ big: 1n }, { jsonEncoder: textOfBigInt }),
      await headerOf({ headers: { big: 2n }, jsonEncoder: textOfBigInt }),
    ],
    gives: [{ big: "1" }, { alg: "HS256", typ: "JWT", big: "2" }],
    // JSON.stringify would read this list as the names of the claims to write.
    refuses: () => payloadOf({ some: "payload" }, { jsonEncoder: ["exp"] }),
    error: "TypeError",
  },
];
