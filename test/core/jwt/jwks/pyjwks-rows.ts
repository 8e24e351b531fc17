/** The parameters of PyJWT 2.10's `PyJWKClient`, and what the tables about it share. */
import { JWKSClient, type JWKSClientOptions } from "claimgate/jwt";
import { expect } from "vitest";
import type { Row } from "../pyjwt-rows.ts";
import { FakeIssuer, KEYS_URL, makeSigner, type Signer } from "./support.ts";

export const ONE: Signer = makeSigner("ES256", { kid: "a" });
export const OTHER: Signer = makeSigner("ES256", { kid: "b" });

/** A client of a set of these keys. */
export function clientOf(...keys: ReadonlyArray<Signer["jwk"]>): JWKSClient {
  return new FakeIssuer(...keys).client();
}

/** The kids in use before and after the issuer exchanged its key and `seconds` went by. */
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
    instead: "takes any URL",
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
    instead: "default False; a cached key is returned although the set no longer has it",
  },
  {
    pyjwt: "max_cached_keys",
    ours: "nothing to set: a key is kept while the set lists it, and a set has 100 at most",
    passes: () => exchanged(300, { cacheKeys: true }),
    gives: ["a", "b"],
    refuses: () =>
      clientOf(...Array.from({ length: 101 }, (_, kid) => ({ ...ONE.jwk, kid: `${kid}` }))).getSigningKeys(),
    error: "JWKSClientError",
    instead: "16 keys, the least recently used leaves",
  },
  {
    pyjwt: "cache_jwk_set",
    ours: "always on; the argument refresh goes round it",
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
    instead: "default 30, here 5; of each read from the socket",
  },
  {
    pyjwt: "ssl_context",
    ours: "fetch: one's own, with whatever agent, proxy or certificates",
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

/** Two answers of one client, and how many requests they took. */
async function twice<T>(
  options: JWKSClientOptions,
  ask: (client: JWKSClient) => Promise<T>,
): Promise<[boolean, number]> {
  const issuer = new FakeIssuer(ONE.jwk);
  const asked = issuer.client(options);
  const [first, second] = [await ask(asked), await ask(asked)];
  return [first === second, issuer.requests.length];
}
