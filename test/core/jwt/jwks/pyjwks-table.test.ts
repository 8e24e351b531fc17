/** PyJWT 2.10's `PyJWKClient`: the counterpart of every parameter, method and exception. */
import { decode, InvalidKeyError, JWKSClientConnectionError, JWKSClientError, SigningKey } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { itHolds, type Row } from "../pyjwt-rows.ts";
import { clientOf, exchanged, ONE, OTHER, PARAMETERS } from "./pyjwks-rows.ts";
import { down, FakeIssuer, makeSigner } from "./support.ts";

watchRejections();

const METHODS: readonly Row[] = [
  {
    pyjwt: "fetch_data",
    ours: "getJwkSet(true)",
    passes: () => clientOf(ONE.jwk).getJwkSet(true),
    gives: { keys: [ONE.jwk] },
    refuses: () => {
      const issuer = new FakeIssuer();
      issuer.answer = down;
      return issuer.client().getJwkSet(true);
    },
    error: "JWKSClientConnectionError",
  },
  {
    pyjwt: "get_jwk_set",
    ours: "getJwkSet, as the issuer published it",
    passes: () => clientOf(ONE.jwk, { kty: "unknown" }).getJwkSet(),
    gives: { keys: [ONE.jwk, { kty: "unknown" }] },
    refuses: () => clientOf({ kty: "unknown" }).getJwkSet(),
    error: "JWKSClientError",
    instead: "a PyJWKSet, without the unusable keys",
  },
  {
    pyjwt: "get_signing_keys",
    ours: "getSigningKeys",
    passes: async () => [await exchanged(0, {}), await exchanged(0, {}, true)],
    gives: [
      ["a", "a"],
      ["a", "b"],
    ],
    refuses: () => clientOf({ ...ONE.jwk, use: "enc" }).getSigningKeys(),
    error: "JWKSClientError",
  },
  {
    pyjwt: "get_signing_key",
    ours: "getSigningKey",
    passes: async () => (await clientOf(ONE.jwk, OTHER.jwk).getSigningKey("b")).jwk,
    gives: OTHER.jwk,
    refuses: () => clientOf(ONE.jwk).getSigningKey("b"),
    error: "JWKSClientError",
    instead: "it fetches again for each unknown kid, without a cooldown",
  },
  {
    pyjwt: "get_signing_key_from_jwt",
    ours: "getSigningKeyFromJwt",
    passes: async () => {
      const token = await OTHER.sign();
      const key = await clientOf(ONE.jwk, OTHER.jwk).getSigningKeyFromJwt(token);
      return decode(token, key, { algorithms: ["ES256"] });
    },
    gives: { sub: "ada" },
    refuses: () => clientOf(ONE.jwk).getSigningKeyFromJwt("no token"),
    error: "DecodeError",
  },
  {
    pyjwt: "match_kid",
    ours: "part of getSigningKey and getSigningKeyFromJwt, which also compare alg",
    passes: async () => {
      const token = await makeSigner("ES256", {}, ONE.pair).sign();
      return (await clientOf(ONE.jwk, makeSigner("EdDSA", { kid: "c" }).jwk).getSigningKeyFromJwt(token)).kid;
    },
    gives: "a",
    refuses: () => clientOf(ONE.jwk).getSigningKey(undefined as never),
    error: "TypeError",
    instead: "it finds a key for a token without kid only in a set of one key, and takes the first of two equal kids",
  },
];

const EXCEPTIONS: readonly Row[] = [
  {
    pyjwt: "PyJWKClientError",
    ours: "JWKSClientError",
    passes: () => Object.getPrototypeOf(JWKSClientError) as unknown,
    gives: Error,
    refuses: () => clientOf(ONE.jwk).getSigningKey("b"),
    error: "JWKSClientError",
  },
  {
    pyjwt: "PyJWKClientConnectionError",
    ours: "JWKSClientConnectionError",
    passes: () => Object.getPrototypeOf(JWKSClientConnectionError) as unknown,
    gives: JWKSClientError,
    refuses: () => {
      const issuer = new FakeIssuer();
      issuer.answer = () => Promise.reject(new TypeError("fetch failed"));
      return issuer.client().getSigningKeys();
    },
    error: "JWKSClientConnectionError",
  },
  {
    pyjwt: "PyJWKError",
    ours: "InvalidKeyError when such a key is used; in a set, such a key is ignored",
    passes: async () => (await clientOf({ kty: "unknown" }, ONE.jwk).getSigningKeys()).map(({ kid }) => kid),
    gives: ["a"],
    refuses: async () => decode(await ONE.sign(), new SigningKey({ kty: "unknown" }), { algorithms: ["ES256"] }),
    error: InvalidKeyError.name,
  },
  {
    pyjwt: "PyJWKSetError",
    ours: "JWKSClientError, KEYS_UNAVAILABLE",
    passes: async () => (await clientOf(ONE.jwk).getSigningKeys()).length,
    gives: 1,
    refuses: () => clientOf().getSigningKeys(),
    error: "JWKSClientError",
  },
];

const NAMES = [
  "uri cache_keys max_cached_keys cache_jwk_set lifespan headers timeout ssl_context",
  "fetch_data get_jwk_set get_signing_keys get_signing_key get_signing_key_from_jwt match_kid",
  "PyJWKClientError PyJWKClientConnectionError PyJWKError PyJWKSetError",
].flatMap((names) => names.split(" "));

describe.each([
  ["parameter", PARAMETERS],
  ["method", METHODS],
  ["exception", EXCEPTIONS],
] as const)("PyJWKClient's %s", (_, rows) => {
  itHolds(rows);
});

it("has one table row for every parameter, method and exception of PyJWKClient", () => {
  const rows = [...PARAMETERS, ...METHODS, ...EXCEPTIONS].map(({ pyjwt }) => pyjwt);
  expect(rows.toSorted()).toEqual(NAMES.toSorted());
});
