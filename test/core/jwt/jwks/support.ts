/** What the JWKS suites share: keys with the tokens they sign, and an issuer that answers without a network and counts. */

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

/** Where the keys of `FakeIssuer` are. */
export const KEYS_URL = "https://issuer.example/jwks.json";

/** A key that signs tokens. */
export interface Signer {
  readonly algorithm: Algorithm;
  readonly pair: KeyPair;
  /** Its public half, as a set lists it. */
  readonly jwk: JWK;
  /** A token of it; its `kid`, where it has one, stands in the header. */
  sign(headers?: Readonly<Record<string, unknown>>, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

const FAMILIES = { RS: "RSA", PS: "RSA", ES: "P-256", Ed: "Ed25519" } as const;

/** A new key, or `pair` under another name. RSA ones are slow to make: share them within a file. */
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

/** An issuer behind a `fetch` of its own. */
export class FakeIssuer {
  readonly requests: Array<{ readonly url: string; readonly headers: Headers; readonly signal: AbortSignal }> = [];
  readonly clock: TestClock = createTestClock(NOW);
  /** What it answers: a set of keys, any other value as JSON, or whatever a function gives. */
  answer: readonly JWK[] | object | (() => Response | Promise<Response>);

  constructor(...keys: readonly JWK[]) {
    this.answer = keys;
  }

  readonly fetch: KeyFetch = async (url, { headers, signal }) => {
    this.requests.push({ url, headers, signal });
    if (typeof this.answer === "function") return (this.answer as () => Response | Promise<Response>)();
    return Response.json(Array.isArray(this.answer) ? { keys: this.answer as unknown[] } : this.answer);
  };

  /** A client of it, with a cold cache, on its clock. */
  client(options: JWKSClientOptions = {}): JWKSClient {
    return new JWKSClient(KEYS_URL, { fetch: this.fetch, now: this.clock.now, ...options });
  }
}

/** What stands for an issuer that is down. */
export function down(): Response {
  return new Response("no keys here", { status: 500 });
}

/** The name and the reason that `work` is refused with, and how many requests came with it. */
export async function outcomeOf(work: Promise<unknown>): Promise<{ name: string; reason: string | undefined }> {
  const { name, reason } = (await refusalOf(work)) as JWKSClientError;
  return { name, reason };
}

/** Nothing can be said of any token: 503. */
export const UNAVAILABLE = { name: "JWKSClientError", reason: "KEYS_UNAVAILABLE" } as const;
/** The same, since nothing could be fetched. */
export const UNREACHABLE = { name: "JWKSClientConnectionError", reason: "KEYS_UNAVAILABLE" } as const;
/** The set was read and has no such key: 401. */
export const NO_SUCH_KEY = { name: "JWKSClientError", reason: "SIGNATURE_INVALID" } as const;
