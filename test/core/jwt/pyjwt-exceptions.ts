/** PyJWT 2.10's exceptions for a token's form and signature and for keys, and their situations. */
import {
  DecodeError,
  decode,
  encode,
  getUnverifiedHeader,
  InvalidAlgorithmError,
  InvalidKeyError,
  InvalidSignatureError,
  InvalidTokenError,
} from "claimgate/jwt";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { CERTIFICATE, makePair } from "./keys/key-kinds.ts";
import { type ExceptionRow, read, readToken, write } from "./pyjwt-rows.ts";

const good = forge({ payload: {} });
const [header, payload, signature] = good.split(".") as [string, string, string];
const headed = (members: object | string): string => forge({ header: members, payload: {} });
const ec = makePair("P-256");

export const TOKEN_AND_KEY_EXCEPTIONS: readonly ExceptionRow[] = [
  {
    pyjwt: "InvalidTokenError",
    ours: InvalidTokenError,
    parent: Error,
    situations: [
      [
        "the header's kid is not a string",
        () => getUnverifiedHeader(headed({ alg: "HS256", kid: 5 })),
        () => getUnverifiedHeader(headed({ alg: "HS256", kid: "5" })),
      ],
      [
        "decode reads a kid that is not a string",
        () => readToken(headed({ alg: "HS256", kid: 5 })),
        () => readToken(headed({ alg: "HS256", kid: "5" })),
        "only get_unverified_header and encode check kid",
      ],
      [
        "the header has a critical extension",
        () => readToken(headed({ alg: "HS256", crit: ["exp"], exp: 1 })),
        () => readToken(headed({ alg: "HS256", exp: 1 })),
        "accepted",
      ],
      [
        "the header has b64",
        () => readToken(headed({ alg: "HS256", b64: false, crit: ["b64"] })),
        () => readToken(headed({ alg: "HS256" })),
        "DecodeError, except with its undocumented detached_payload",
      ],
    ],
  },
  {
    pyjwt: "DecodeError",
    ours: DecodeError,
    parent: InvalidTokenError,
    situations: [
      ["the token has only two segments", () => readToken(`${header}.${payload}`), () => readToken(good)],
      ["the token is a number", () => readToken(5), () => readToken(good)],
      ["the header is not base64url", () => readToken(`${header}A.${payload}.${signature}`), () => readToken(good)],
      ["the payload is not base64url", () => readToken(`${header}.${payload}AA.${signature}`), () => readToken(good)],
      ["the signature is not base64url", () => readToken(`${header}.${payload}.${signature}AA`), () => readToken(good)],
      ["the header is not JSON", () => readToken(headed("{")), () => readToken(headed('{"alg":"HS256"}'))],
      ["the header is not an object", () => readToken(headed('["HS256"]')), () => readToken(headed('{"alg":"HS256"}'))],
      ["the payload is not JSON", () => read("{"), () => read("{}")],
      ["the payload is not an object", () => read("[]"), () => read("{}")],
      ["the payload is JSON that only Python reads", () => read('{"a":NaN}'), () => read('{"a":1}'), "NaN passes"],
      ["exp is not a number", () => read({ exp: "soon" }), () => read({ exp: NOW + 1 })],
      ["exp is a number in text", () => read({ exp: `${NOW + 1}` }), () => read({ exp: NOW + 1 }), "passes"],
      ["nbf is not a number", () => read({ nbf: "soon" }), () => read({ nbf: NOW })],
      ["exp is null", () => read({ exp: null }), () => read({ exp: NOW + 1 }), "a bare TypeError"],
    ],
  },
  {
    pyjwt: "InvalidSignatureError",
    ours: InvalidSignatureError,
    parent: DecodeError,
    situations: [
      [
        "the signature is from another key",
        () => readToken(forge({ secret: "another secret" })),
        () => readToken(forge({ secret: SECRET })),
      ],
      ["the signature is empty", () => readToken(`${header}.${payload}.`), () => readToken(good)],
    ],
  },
  {
    pyjwt: "InvalidAlgorithmError",
    ours: InvalidAlgorithmError,
    parent: InvalidTokenError,
    situations: [
      ["the header names no alg", () => readToken(headed({ typ: "JWT" })), () => readToken(headed({ alg: "HS256" }))],
      ["alg is not allowed", () => readToken(headed({ alg: "HS512" })), () => readToken(headed({ alg: "HS256" }))],
      ["alg is unknown", () => readToken(headed({ alg: "HS1" })), () => readToken(headed({ alg: "HS256" }))],
      ["alg is none", () => readToken(headed({ alg: "none" }).replace(/[^.]+$/, "")), () => readToken(good)],
    ],
  },
  {
    pyjwt: "InvalidKeyError",
    ours: InvalidKeyError,
    parent: Error,
    situations: [
      ["a secret is PEM text", () => encode({}, CERTIFICATE), () => write({})],
      [
        "a secret is an SSH key",
        () => encode({}, `ssh-rsa ${"A".repeat(64)}`),
        () => encode({}, `rsa ${"A".repeat(64)}`),
      ],
      [
        "the key is of another type",
        () => encode({}, makePair("Ed25519").privateKey, { algorithm: "ES256" }),
        () => encode({}, ec.privateKey, { algorithm: "ES256" }),
      ],
      [
        "the key is on another curve",
        () => encode({}, ec.privateKey, { algorithm: "ES384" }),
        () => encode({}, ec.privateKey, { algorithm: "ES256" }),
        "accepted",
      ],
      [
        "a secret is shorter than the hash output",
        () => encode({}, "short"),
        () => encode({}, "short", { allowWeakSecret: true }),
        "accepted",
      ],
      [
        "a private key is passed for verification",
        async () =>
          decode(await encode({}, ec.privateKey, { algorithm: "ES256" }), ec.privateKey, { algorithms: ["ES256"] }),
        async () =>
          decode(await encode({}, ec.privateKey, { algorithm: "ES256" }), ec.publicKey, { algorithms: ["ES256"] }),
        "an EC or Ed key is accepted",
      ],
    ],
  },
];

/** The exceptions of PyJWT without a class here, and the replacement of each. */
export const WITHOUT_CLASS: Readonly<Record<string, string>> = {
  PyJWTError: "no common base: a fault of a token, of a key and of a key set are never caught by one name",
  MissingCryptographyError: "no such dependency: WebCrypto is there, or nothing works",
  PyJWKError: "InvalidKeyError: a JWK is a key as any other",
  PyJWKSetError: "JWKSClientError",
};
