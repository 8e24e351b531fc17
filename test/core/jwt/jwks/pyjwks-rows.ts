/** The parameters of PyJWT 2.10's `PyJWKClient`, and helpers of its tables. */
import { JWKSClient, type JWKSClientOptions } from "claimgate/jwt";
import { expect } from "vitest";
import type { Row } from "../pyjwt-rows.ts";
import { FakeIssuer, KEYS_URL, makeSigner, type Signer } from "./support.ts";

export const ONE: Signer = makeSigner("ES256", { kid: "a" });
export const OTHER: Signer = makeSigner("ES256", { kid: "b" });

/** A client of an issuer with these keys. */
export function clientOf(...keys: ReadonlyArray<Signer["jwk"]>): JWKSClient {
  return new FakeIssuer(...keys).client();
}

/** The kids before and after the issuer replaced its key and `seconds` passed. */
export async function exchanged(seconds: number, options: JWKSClientOptions, refresh = false): Promise<unknown[]> {
  const issuer = new FakeIssuer(ONE.jwk);
  const asked = issuer.client(options);
  const before = await asked.getSigningKeys();
  issuer.answer = [OTHER.jwk];
  issuer.clock.advance(seconds);
  return [...before, ...(await asked.getSigningKeys(refresh))].map(({ kid }) => kid);
}

export const PARAMETERS: readonly Row[] = [
  {
    pyjwt: "uri",
    ours: "the first argument",
    passes: () => build({}),
    gives: expect.any(JWKSClient),
    refuses: () => new JWKSClient("http://issuer.example/jwks.json"),
    error: "TypeError",
    instead: "it accepts any URL",
  },
  {
    pyjwt: "cache_keys",
    ours: "cacheKeys",
    passes: async () => [
      await twice({}, (asked) => asked.getSigningKey("a")),
      await twice({ cacheKeys: false }, (asked) => asked.getSigningKey("a")),
    ],
    gives: [
      [true, 1],
      [false, 1],
    ],
    refuses: () => build({ cacheKeys: "no" }),
    error: "TypeError",
    instead: "default False; it returns a cached key even if the set no longer lists it",
  },
  {
    pyjwt: "max_cached_keys",
    ours: "not an option: a key is cached while the set lists it, and a set has at most 100 keys",
    passes: () => exchanged(300, { cacheKeys: true }),
    gives: ["a", "b"],
    refuses: () =>
      clientOf(...Array.from({ length: 101 }, (_, kid) => ({ ...ONE.jwk, kid: `${kid}` }))).getSigningKeys(),
    error: "JWKSClientError",
    instead: "16 keys; it evicts the least recently used key",
  },
  {
    pyjwt: "cache_jwk_set",
    ours: "always on; the argument refresh bypasses it",
    passes: async () => [
      await twice({}, (asked) => asked.getSigningKeys().then(() => 0)),
      await twice({}, (asked) => asked.getSigningKeys(true).then(() => 0)),
    ],
    gives: [
      [true, 1],
      [true, 2],
    ],
    refuses: () => build({ cacheJwkSet: false }),
    error: "TypeError",
  },
  {
    pyjwt: "lifespan",
    ours: "lifespan, in seconds",
    passes: async () => [await exchanged(239, {}), await exchanged(300, {}), await exchanged(60, { lifespan: 60 })],
    gives: [
      ["a", "a"],
      ["a", "b"],
      ["a", "b"],
    ],
    refuses: () => build({ lifespan: 0 }),
    error: "TypeError",
    instead: "PyJWKClientError",
  },
  {
    pyjwt: "headers",
    ours: "headers",
    passes: async () => {
      const issuer = new FakeIssuer(ONE.jwk);
      await issuer.client({ headers: { authorization: "Bearer of keys" } }).getSigningKeys();
      return issuer.requests[0]?.headers.get("authorization");
    },
    gives: "Bearer of keys",
    refuses: () => build({ headers: { authorization: 5 } }),
    error: "TypeError",
  },
  {
    pyjwt: "timeout",
    ours: "timeout, in seconds, of the whole fetch",
    passes: () => build({ timeout: 30 }),
    gives: expect.any(JWKSClient),
    refuses: () => {
      const issuer = new FakeIssuer();
      issuer.answer = () => new Promise<Response>(() => undefined);
      return issuer.client({ timeout: 0.01 }).getSigningKeys();
    },
    error: "JWKSClientConnectionError",
    instead: "default 30, here 5; it limits each read from the socket",
  },
  {
    pyjwt: "ssl_context",
    ours: "fetch, a custom function with its own agent, proxy or certificates",
    passes: async () => {
      const issuer = new FakeIssuer(ONE.jwk);
      await issuer.client().getSigningKeys();
      return issuer.requests.map(({ url }) => url);
    },
    gives: [KEYS_URL],
    refuses: () => build({ ssl_context: {} }),
    error: "TypeError",
  },
];

function build(options: object): JWKSClient {
  return new JWKSClient(KEYS_URL, options);
}

/** Two results of one client, and the number of their requests. */
async function twice<T>(
  options: JWKSClientOptions,
  ask: (client: JWKSClient) => Promise<T>,
): Promise<[boolean, number]> {
  const issuer = new FakeIssuer(ONE.jwk);
  const asked = issuer.client(options);
  const [first, second] = [await ask(asked), await ask(asked)];
  return [first === second, issuer.requests.length];
}
