/** PyJWT 2.10's exceptions for claims, and the situations in which jwt/api_jwt.py raises them. */
import {
  ExpiredSignatureError,
  ImmatureSignatureError,
  InvalidAudienceError,
  InvalidIssuedAtError,
  InvalidIssuerError,
  InvalidJTIError,
  InvalidSubjectError,
  InvalidTokenError,
  MissingRequiredClaimError,
} from "claimgate/jwt";
import { NOW } from "../../support/create-auth.ts";
import { type ExceptionRow, read } from "./pyjwt-rows.ts";

export const CLAIM_EXCEPTIONS: readonly ExceptionRow[] = [
  {
    pyjwt: "ExpiredSignatureError",
    ours: ExpiredSignatureError,
    parent: InvalidTokenError,
    situations: [
      ["exp is past", () => read({ exp: NOW - 1 }), () => read({ exp: NOW + 1 })],
      [
        "exp is now",
        () => read({ exp: NOW }),
        () => read({ exp: NOW + 0.5 }),
        "it cuts off fractions, so NOW + 0.5 is expired too",
      ],
      [
        "exp is past by the leeway",
        () => read({ exp: NOW - 5 }, { leeway: 5 }),
        () => read({ exp: NOW - 4 }, { leeway: 5 }),
      ],
    ],
  },
  {
    pyjwt: "ImmatureSignatureError",
    ours: ImmatureSignatureError,
    parent: InvalidTokenError,
    situations: [
      ["nbf is in the future", () => read({ nbf: NOW + 1 }), () => read({ nbf: NOW })],
      [
        "nbf is in the future by a fraction",
        () => read({ nbf: NOW + 0.5 }),
        () => read({ nbf: NOW }),
        "accepted: it cuts off fractions",
      ],
      ["iat is in the future", () => read({ iat: NOW + 1 }), () => read({ iat: NOW })],
      [
        "nbf is in the future by more than the leeway",
        () => read({ nbf: NOW + 6 }, { leeway: 5 }),
        () => read({ nbf: NOW + 5 }, { leeway: 5 }),
      ],
    ],
  },
  {
    pyjwt: "InvalidAudienceError",
    ours: InvalidAudienceError,
    parent: InvalidTokenError,
    situations: [
      [
        "aud is another audience",
        () => read({ aud: "b" }, { audience: "a" }),
        () => read({ aud: "a" }, { audience: "a" }),
      ],
      ["aud is present but not expected", () => read({ aud: "a" }), () => read({})],
      ["aud is empty and not expected", () => read({ aud: [] }), () => read({ aud: null }), "passes"],
      [
        "aud is not a list of strings",
        () => read({ aud: ["a", 1] }, { audience: "a" }),
        () => read({ aud: ["a"] }, { audience: "a" }),
      ],
      [
        "aud is an object",
        () => read({ aud: { a: 1 } }, { audience: "a" }),
        () => read({ aud: "a" }, { audience: "a" }),
      ],
      [
        "strictAud is set and several audiences are expected",
        () => read({ aud: "a" }, { audience: ["a"], strictAud: true }),
        () => read({ aud: "a" }, { audience: "a", strictAud: true }),
      ],
    ],
  },
  {
    pyjwt: "InvalidIssuerError",
    ours: InvalidIssuerError,
    parent: InvalidTokenError,
    situations: [
      ["iss is another", () => read({ iss: "b" }, { issuer: "a" }), () => read({ iss: "a" }, { issuer: "a" })],
      [
        "iss is not in the expected list",
        () => read({ iss: "c" }, { issuer: ["a", "b"] }),
        () => read({ iss: "b" }, { issuer: ["a", "b"] }),
      ],
      ["iss is null", () => read({ iss: null }, { issuer: "a" }), () => read({ iss: "a" }, { issuer: "a" })],
    ],
  },
  {
    pyjwt: "InvalidIssuedAtError",
    ours: InvalidIssuedAtError,
    parent: InvalidTokenError,
    situations: [
      ["iat is not a number", () => read({ iat: "once" }), () => read({ iat: NOW })],
      ["iat is a number in text", () => read({ iat: "1" }), () => read({ iat: 1 }), "passes"],
    ],
  },
  {
    pyjwt: "InvalidSubjectError",
    ours: InvalidSubjectError,
    parent: InvalidTokenError,
    situations: [
      ["sub is not a string", () => read({ sub: 7 }), () => read({ sub: "7" })],
      [
        "sub is another",
        () => read({ sub: "eve" }, { subject: "ada" }),
        () => read({ sub: "ada" }, { subject: "ada" }),
      ],
    ],
  },
  {
    pyjwt: "InvalidJTIError",
    ours: InvalidJTIError,
    parent: InvalidTokenError,
    situations: [["jti is not a string", () => read({ jti: 7 }), () => read({ jti: "7" })]],
  },
  {
    pyjwt: "MissingRequiredClaimError",
    ours: MissingRequiredClaimError,
    parent: InvalidTokenError,
    situations: [
      [
        "a required claim is missing",
        () => read({}, { require: ["exp"] }),
        () => read({ exp: NOW + 1 }, { require: ["exp"] }),
      ],
      [
        "a required claim is null",
        () => read({ a: null }, { require: ["a"] }),
        () => read({ a: 0 }, { require: ["a"] }),
      ],
      [
        "an issuer is expected and iss is missing",
        () => read({}, { issuer: "a" }),
        () => read({ iss: "a" }, { issuer: "a" }),
      ],
      [
        "an audience is expected and aud is missing",
        () => read({}, { audience: "a" }),
        () => read({ aud: "a" }, { audience: "a" }),
      ],
      [
        "an audience is expected and aud is empty",
        () => read({ aud: [] }, { audience: "a" }),
        () => read({ aud: ["a"] }, { audience: "a" }),
      ],
      [
        "a subject is expected and sub is missing",
        () => read({}, { subject: "a" }),
        () => read({ sub: "a" }, { subject: "a" }),
        "accepted",
      ],
    ],
  },
];
