/** Support for the JWKS suites: signing keys, and a counting issuer without a network. */

import {
  type Algorithm,
  encode,
  JWKSClient,
  type JWKSClientError,
  type JWKSClientOptions,
  type KeyFetch,
} from "claimgate/jwt";
import { createTestClock, type TestClock } from "claimgate/testing";
import type { JWK } from "jose";
import { NOW } from "../../../support/create-auth.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { type KeyPair, makePair } from "../keys/key-kinds.ts";

/** The URL of the keys of `FakeIssuer`. */
export const KEYS_URL = "https://issuer.example/jwks.json";

/** A key that signs tokens. */
export interface Signer {
  readonly algorithm: Algorithm;
  readonly pair: KeyPair;
  /** Its public half, as in a key set. */
  readonly jwk: JWK;
  /** Signs a token; the header carries the key's `kid`, if it has one. */
  sign(headers?: Readonly<Record<string, unknown>>, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

const FAMILIES = { RS: "RSA", PS: "RSA", ES: "P-256", Ed: "Ed25519" } as const;

/** A new key, or `pair` under another name. RSA keys are slow to make: share them within a file. */
export function makeSigner(
  algorithm: "RS256" | "PS256" | "ES256" | "EdDSA",
  members: Partial<JWK> = {},
  pair: KeyPair = makePair(FAMILIES[algorithm.slice(0, 2) as keyof typeof FAMILIES]),
): Signer {
  const { kid } = members;
  return {
    algorithm,
    pair,
    jwk: { ...pair.publicKey.export({ format: "jwk" }), ...members },
    sign: (headers = {}, claims = { sub: "ada" }) =>
      encode(claims, pair.privateKey, { algorithm, headers: { ...(kid === undefined ? {} : { kid }), ...headers } }),
  };
}

/** An issuer behind its own `fetch`. */
export class FakeIssuer {
  readonly requests: Array<{ readonly url: string; readonly headers: Headers; readonly signal: AbortSignal }> = [];
  readonly clock: TestClock = createTestClock(NOW);
  /** The answer: a list of keys, any other value as JSON, or the result of a function. */
  answer: readonly JWK[] | object | (() => Response | Promise<Response>);

  constructor(...keys: readonly JWK[]) {
    this.answer = keys;
  }

  readonly fetch: KeyFetch = async (url, { headers, signal }) => {
    this.requests.push({ url, headers, signal });
    if (typeof this.answer === "function") return (this.answer as () => Response | Promise<Response>)();
    return Response.json(Array.isArray(this.answer) ? { keys: this.answer as unknown[] } : this.answer);
  };

  /** A client of this issuer with an empty cache, on the issuer's clock. */
  client(options: JWKSClientOptions = {}): JWKSClient {
    return new JWKSClient(KEYS_URL, { fetch: this.fetch, now: this.clock.now, ...options });
  }
}

/** The response of an issuer that is down. */
export function down(): Response {
  return new Response("no keys here", { status: 500 });
}

/** The name and the reason of the error that `work` rejects with. */
export async function outcomeOf(work: Promise<unknown>): Promise<{ name: string; reason: string | undefined }> {
  const { name, reason } = (await refusalOf(work)) as JWKSClientError;
  return { name, reason };
}

/** The key set is unusable, so no token can be verified: 503. */
export const UNAVAILABLE = { name: "JWKSClientError", reason: "KEYS_UNAVAILABLE" } as const;
/** The key set cannot be fetched: 503. */
export const UNREACHABLE = { name: "JWKSClientConnectionError", reason: "KEYS_UNAVAILABLE" } as const;
/** The key set has no such key: 401. */
export const NO_SUCH_KEY = { name: "JWKSClientError", reason: "SIGNATURE_INVALID" } as const;
