/** What `trust` may hold. What is wrong fails when the manager is built, and the error names the place. */
import { AuthManager, type AuthManagerConfig, InvalidConfigError, MissingConfigError } from "claimgate";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { ISSUER, SECRET } from "../../support/create-auth.ts";
import { API, createIssuer, type Issuer, OTHERS, THEIRS } from "./support.ts";

const OWN = { issuer: ISSUER, algorithm: "HS256", secret: SECRET };
const REMOTE = { issuer: THEIRS, jwksUri: `${THEIRS}/jwks`, audience: API, algorithms: ["RS256"] };
/** Enough to stand beside other issuers. */
const ASIDE = { ...REMOTE, subject: "verbatim", claims: [] };

/** The entry with `over` laid over it; what is `undefined` in `over` is left out. */
function entry(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...REMOTE, ...over }).filter(([, value]) => value !== undefined));
}

function build(config: unknown): AuthManager {
  return new AuthManager(config as AuthManagerConfig);
}

/** The error that `config` leads to. Throws where it leads to none. */
function errorOf(config: unknown): unknown {
  try {
    build(config);
  } catch (error) {
    return error;
  }
  throw new Error("The manager was built");
}

function placeOf(config: unknown): string {
  const error = errorOf(config);
  expect(error).toBeInstanceOf(InvalidConfigError);
  return (error as InvalidConfigError).configValue;
}

let es: Issuer;
let privateKey: JWK;
beforeAll(async () => {
  es = await createIssuer();
  privateKey = await exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey);
});

describe("an entry", () => {
  it.each<[string, Record<string, unknown>]>([
    ["a URL of keys", {}],
    ["a URL of keys on loopback without TLS", { jwksUri: "http://127.0.0.1:8080/jwks" }],
    ["an issuer that is no URL, with a URL of keys", { issuer: "accounts" }],
    ["discovery", { jwksUri: undefined, discovery: true }],
    ["discovery on loopback", { jwksUri: undefined, discovery: true, issuer: "http://localhost:8080/realms/x" }],
    ["several audiences", { audience: [API, OTHERS] }],
    ["no audience, with the default typ", { audience: null }],
    ["no audience, with the typ written out", { audience: null, typ: "application/AT+JWT" }],
    ["no audience, with a claim that is required", { audience: null, typ: null, require: { token_use: "access" } }],
    ["another claim for the audience", { audienceClaim: "client_id" }],
    ["any typ", { typ: null }],
    ["a scope claim", { scopeClaim: "scp" }],
    ["several scope claims", { scopeClaim: ["scp", "roles"] }],
    ["a function for the scope", { scopeClaim: () => [] }],
    ["a verbatim subject", { subject: "verbatim" }],
    ["a function for the subject", { subject: () => "someone" }],
    ["claims", { claims: ["email", "https://theirs.example/roles", "jti"] }],
    ["times", { lifespan: 1, timeout: 0.5, cooldown: 0, staleIfError: 0 }],
    ["headers and a fetch of its own", { headers: { "x-key": "k" }, fetch: () => undefined }],
  ])("may have %s", (_, over) => {
    expect(build({ trust: [entry(over)] })).toBeInstanceOf(AuthManager);
  });

  it("may have its key set in place", () => {
    const over = { jwksUri: undefined, jwks: es.jwks, algorithms: ["RS256", "ES256"] };
    expect(build({ trust: [entry(over)] })).toBeInstanceOf(AuthManager);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["no issuer", "issuer", { issuer: undefined }],
    ["an empty issuer", "issuer", { issuer: "" }],
    ["an issuer that is no text", "issuer", { issuer: new URL(THEIRS) }],
    ["a lifespan of keys that are there", "lifespan", { jwksUri: undefined, jwks: { keys: [] }, lifespan: 60 }],
    ["a fetch of keys that are there", "fetch", { jwksUri: undefined, jwks: { keys: [] }, fetch }],
    ["no keys", "", { jwksUri: undefined }],
    ["two places for keys", "", { discovery: true }],
    ["discovery that is false", "discovery", { discovery: false }],
    ["a URL of keys that is none", "jwksUri", { jwksUri: "/jwks" }],
    ["a URL of keys without TLS", "jwksUri", { jwksUri: "http://theirs.example/jwks" }],
    ["a URL of keys with a password", "jwksUri", { jwksUri: "https://me:pass@theirs.example/jwks" }],
    ["discovery by an issuer that is no URL", "issuer", { jwksUri: undefined, discovery: true, issuer: "accounts" }],
    ["discovery without TLS", "issuer", { jwksUri: undefined, discovery: true, issuer: "http://theirs.example" }],
    ["discovery by a query", "issuer", { jwksUri: undefined, discovery: true, issuer: `${THEIRS}/?tenant=1` }],
    ["discovery by a fragment", "issuer", { jwksUri: undefined, discovery: true, issuer: `${THEIRS}/#tenant` }],
    ["no audience stated", "audience", { audience: undefined }],
    ["an empty audience", "audience", { audience: "" }],
    ["a list of no audiences", "audience", { audience: [] }],
    ["a list with an empty audience", "audience.1", { audience: [API, ""] }],
    ["no audience for any typ", "audience", { audience: null, typ: null }],
    ["no audience for another typ", "audience", { audience: null, typ: "JWT" }],
    ["a claim for no audience", "audienceClaim", { audience: null, audienceClaim: "client_id" }],
    ["no algorithms stated", "algorithms", { algorithms: undefined }],
    ["a list of no algorithms", "algorithms", { algorithms: [] }],
    ["an unknown algorithm", "algorithms.1", { algorithms: ["RS256", "none"] }],
    ["HS* for keys that all can read", "algorithms", { algorithms: ["RS256", "HS256"] }],
    ["an empty typ", "typ", { typ: "" }],
    ["a typ that is no text", "typ", { typ: ["at+jwt"] }],
    ["nothing to require", "require", { require: {} }],
    ["a required claim that is undefined", "require.token_use", { require: { token_use: undefined } }],
    ["a required claim that is no JSON", "require.token_use", { require: { token_use: () => "access" } }],
    ["a required list that is empty", "require", { require: { groups: [] } }],
    ["a required scope that is blank", "require", { require: { scope: " " } }],
    ["an empty scope claim", "scopeClaim", { scopeClaim: "" }],
    ["a list of no scope claims", "scopeClaim", { scopeClaim: [] }],
    ["a scope claim that is a number", "scopeClaim", { scopeClaim: 1 }],
    ["an unknown word for the subject", "subject", { subject: "sub" }],
    ["a claim without a name", "claims.0", { claims: [""] }],
    ["claims that are no list", "claims", { claims: "email" }],
    ["a lifespan of nothing", "lifespan", { lifespan: 0 }],
    ["a timeout of nothing", "timeout", { timeout: 0 }],
    ["a negative cooldown", "cooldown", { cooldown: -1 }],
    ["an endless stand-in", "staleIfError", { staleIfError: Number.POSITIVE_INFINITY }],
    ["a header without a name", "headers", { headers: { "": "x" } }],
    ["a fetch that is none", "fetch", { fetch: "fetch" }],
    ["an unknown option", "audiance", { audiance: API }],
  ])("may not have %s", (_, option, over) => {
    expect(placeOf({ trust: [entry(over)] })).toBe(option === "" ? "trust.0" : `trust.0.${option}`);
  });

  it.each(["iss", "sub", "aud", "exp", "iat", "type", "scope", "sid", "rid"])("may not list the claim %s", (claim) => {
    expect(placeOf({ trust: [entry({ claims: ["email", claim] })] })).toBe("trust.0.claims.1");
  });

  it.each([...Object.keys(REMOTE), "typ", "claims", "subject", "discovery"])("may not have %s undefined", (option) => {
    expect(placeOf({ trust: [{ ...entry({ [option]: undefined }), [option]: undefined }] })).toBe(`trust.0.${option}`);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", THEIRS],
    ["a list", []],
  ])("may not be %s", (_, value) => {
    expect(placeOf({ ...OWN, trust: [ASIDE, value] })).toMatch(/^trust\.1(\.issuer)?$/);
  });
});

describe("a key set in place", () => {
  const withKeys = (keys: unknown, algorithms = ["ES256"]): unknown => ({
    trust: [entry({ jwksUri: undefined, jwks: { keys }, algorithms })],
  });

  it("may not be something else", () => {
    expect(placeOf(withKeys("k"))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([null]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([{ ...es.jwk, more: () => 1 }]))).toBe("trust.0.jwks");
    expect(placeOf({ trust: [entry({ jwksUri: undefined, jwks: null })] })).toBe("trust.0.jwks");
  });

  it("may not lack a key for each of the algorithms, nor be endless", () => {
    expect(placeOf(withKeys([]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([es.jwk], ["RS256", "ES384"]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([{ ...es.jwk, use: "enc" }]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([{ kty: "oct", k: "AAAA" }], ["HS256"]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys(Array.from({ length: 101 }, (_, kid) => ({ ...es.jwk, kid: `k${kid}` }))))).toBe(
      "trust.0.jwks",
    );
    expect(build(withKeys([es.jwk]))).toBeInstanceOf(AuthManager);
  });

  it("may not hold a private key, and shows none in the error", () => {
    const config = withKeys([es.jwk, privateKey]);
    expect(placeOf(config)).toBe("trust.0.jwks.keys.1");
    expect(String((errorOf(config) as Error).stack)).not.toContain(privateKey.d);
  });

  it("is not exchanged by who changes the object later", async () => {
    const keys = [es.jwk];
    const auth = build({ ...(withKeys(keys) as object), now: () => 1_750_000_000 });
    keys.pop();
    expect((await auth.verify(await es.token())).sub).toBe("42");
  });
});

describe("more than one issuer", () => {
  it.each(["subject", "claims"])("needs %s stated, beside our own", (option) => {
    const { [option]: _, ...unstated } = ASIDE as Record<string, unknown>;
    expect(placeOf({ ...OWN, trust: [unstated] })).toBe(`trust.0.${option}`);
    expect(build({ ...OWN, trust: [ASIDE] })).toBeInstanceOf(AuthManager);
    expect(build({ trust: [unstated] })).toBeInstanceOf(AuthManager);
  });

  it.each(["subject", "claims"])("needs %s stated, of each that is trusted", (option) => {
    const { [option]: _, ...unstated } = ASIDE as Record<string, unknown>;
    expect(placeOf({ trust: [ASIDE, { ...unstated, issuer: OTHERS }] })).toBe(`trust.1.${option}`);
    expect(placeOf({ trust: [unstated, { ...ASIDE, issuer: OTHERS }] })).toBe(`trust.0.${option}`);
    expect(build({ trust: [ASIDE, { ...ASIDE, issuer: OTHERS }] })).toBeInstanceOf(AuthManager);
  });

  it("may not be one of them twice", () => {
    const twice = { ...ASIDE, jwksUri: `${OTHERS}/jwks` };
    expect(placeOf({ trust: [ASIDE, { ...ASIDE, issuer: OTHERS }, twice] })).toBe("trust.2.issuer");
  });

  it("may not be our own", () => {
    expect(placeOf({ ...OWN, trust: [ASIDE, { ...ASIDE, issuer: ISSUER }] })).toBe("trust.1.issuer");
    expect(build({ trust: [ASIDE, { ...ASIDE, issuer: ISSUER }] })).toBeInstanceOf(AuthManager);
  });
});

describe("the list", () => {
  it.each<[string, unknown]>([
    ["empty", []],
    ["one entry without a list", REMOTE],
    ["null", null],
    ["undefined beside a key", undefined],
  ])("may not be %s", (_, trust) => {
    expect(placeOf({ ...OWN, trust })).toBe("trust");
  });

  it("does not take the place of an issuer where there is a key of our own", () => {
    expect(errorOf({ algorithm: "HS256", secret: SECRET, trust: [ASIDE] })).toEqual(new MissingConfigError("issuer"));
    expect(errorOf({ issuer: ISSUER, trust: [ASIDE] })).toEqual(new MissingConfigError("algorithm"));
  });

  it("shows no credential of a header in an error", () => {
    const config = { trust: [entry({ headers: { authorization: "Bearer s3cr\net" } })] };
    expect(placeOf(config)).toBe("trust.0.headers");
    expect(String((errorOf(config) as Error).stack)).not.toContain("s3cr");
  });
});
