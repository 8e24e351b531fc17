/** The option `trust`: an invalid entry fails at construction, and the error names its path. */
import { AuthManager, type AuthManagerConfig, InvalidConfigError } from "claimgate";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { ISSUER, SECRET } from "../../support/create-auth.ts";
import { API, createIssuer, type Issuer, OTHERS, THEIRS } from "./support.ts";

const OWN = { issuer: ISSUER, algorithm: "HS256", secret: SECRET };
const REMOTE = { issuer: THEIRS, jwksUri: `${THEIRS}/jwks`, audience: API, algorithms: ["RS256"] };
/** An entry with the options that it needs when there is another issuer. */
const ASIDE = { ...REMOTE, subject: "verbatim", claims: [] };

/** The entry with `over` over it; an option that is `undefined` in `over` is removed. */
function entry(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...REMOTE, ...over }).filter(([, value]) => value !== undefined));
}

function build(config: unknown): AuthManager {
  return new AuthManager(config as AuthManagerConfig);
}

/** The error that `config` throws; fails when the manager is built. */
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

describe("an entry of trust", () => {
  it.each<[string, Record<string, unknown>]>([
    ["a jwksUri", {}],
    ["a jwksUri on loopback without TLS", { jwksUri: "http://127.0.0.1:8080/jwks" }],
    ["an issuer that is not a URL, with a jwksUri", { issuer: "accounts" }],
    ["discovery", { jwksUri: undefined, discovery: true }],
    ["discovery on loopback", { jwksUri: undefined, discovery: true, issuer: "http://localhost:8080/realms/x" }],
    ["several audiences", { audience: [API, OTHERS] }],
    ["audience null, with the default typ", { audience: null }],
    ["audience null, with an explicit at+jwt typ", { audience: null, typ: "application/AT+JWT" }],
    ["audience null, with a required claim", { audience: null, typ: null, require: { token_use: "access" } }],
    ["another audience claim", { audienceClaim: "client_id" }],
    ["any typ", { typ: null }],
    ["a scope claim", { scopeClaim: "scp" }],
    ["several scope claims", { scopeClaim: ["scp", "roles"] }],
    ["a scope function", { scopeClaim: () => [] }],
    ["a verbatim subject", { subject: "verbatim" }],
    ["a subject function", { subject: () => "someone" }],
    ["listed claims", { claims: ["email", "https://theirs.example/roles", "jti"] }],
    ["minimal times", { lifespan: 1, timeout: 0.5, cooldown: 0, staleIfError: 0 }],
    ["headers and a fetch function", { headers: { "x-key": "k" }, fetch: () => undefined }],
  ])("is accepted with %s", (_, over) => {
    expect(build({ trust: [entry(over)] })).toBeInstanceOf(AuthManager);
  });

  it("is accepted with an inline key set", () => {
    const over = { jwksUri: undefined, jwks: es.jwks, algorithms: ["RS256", "ES256"] };
    expect(build({ trust: [entry(over)] })).toBeInstanceOf(AuthManager);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["a missing issuer", "issuer", { issuer: undefined }],
    ["an empty issuer", "issuer", { issuer: "" }],
    ["an issuer that is not a text", "issuer", { issuer: new URL(THEIRS) }],
    ["a lifespan for an inline key set", "lifespan", { jwksUri: undefined, jwks: { keys: [] }, lifespan: 60 }],
    ["a fetch for an inline key set", "fetch", { jwksUri: undefined, jwks: { keys: [] }, fetch }],
    ["no source of keys", "", { jwksUri: undefined }],
    ["two sources of keys", "", { discovery: true }],
    ["discovery that is false", "discovery", { discovery: false }],
    ["a relative jwksUri", "jwksUri", { jwksUri: "/jwks" }],
    ["a jwksUri without TLS", "jwksUri", { jwksUri: "http://theirs.example/jwks" }],
    ["a jwksUri with a password", "jwksUri", { jwksUri: "https://me:pass@theirs.example/jwks" }],
    [
      "discovery for an issuer that is not a URL",
      "issuer",
      { jwksUri: undefined, discovery: true, issuer: "accounts" },
    ],
    ["discovery without TLS", "issuer", { jwksUri: undefined, discovery: true, issuer: "http://theirs.example" }],
    [
      "discovery for an issuer with a query",
      "issuer",
      { jwksUri: undefined, discovery: true, issuer: `${THEIRS}/?tenant=1` },
    ],
    [
      "discovery for an issuer with a fragment",
      "issuer",
      { jwksUri: undefined, discovery: true, issuer: `${THEIRS}/#tenant` },
    ],
    ["a missing audience", "audience", { audience: undefined }],
    ["an empty audience", "audience", { audience: "" }],
    ["an empty list of audiences", "audience", { audience: [] }],
    ["a list with an empty audience", "audience.1", { audience: [API, ""] }],
    ["audience null and any typ", "audience", { audience: null, typ: null }],
    ["audience null and another typ", "audience", { audience: null, typ: "JWT" }],
    ["audience null and an audience claim", "audienceClaim", { audience: null, audienceClaim: "client_id" }],
    ["missing algorithms", "algorithms", { algorithms: undefined }],
    ["an empty list of algorithms", "algorithms", { algorithms: [] }],
    ["an unknown algorithm", "algorithms.1", { algorithms: ["RS256", "none"] }],
    ["HS256 for keys that are public", "algorithms", { algorithms: ["RS256", "HS256"] }],
    ["an empty typ", "typ", { typ: "" }],
    ["a typ that is not a text", "typ", { typ: ["at+jwt"] }],
    ["an empty object of required claims", "require", { require: {} }],
    ["a required claim that is undefined", "require.token_use", { require: { token_use: undefined } }],
    ["a required claim that is not JSON", "require.token_use", { require: { token_use: () => "access" } }],
    ["an empty list as a required claim", "require", { require: { groups: [] } }],
    ["a blank scope as a required claim", "require", { require: { scope: " " } }],
    ["an empty scope claim", "scopeClaim", { scopeClaim: "" }],
    ["an empty list of scope claims", "scopeClaim", { scopeClaim: [] }],
    ["a scope claim that is a number", "scopeClaim", { scopeClaim: 1 }],
    ["an unknown value of subject", "subject", { subject: "sub" }],
    ["an empty name of a claim", "claims.0", { claims: [""] }],
    ["claims that are not a list", "claims", { claims: "email" }],
    ["a lifespan of zero", "lifespan", { lifespan: 0 }],
    ["a timeout of zero", "timeout", { timeout: 0 }],
    ["a negative cooldown", "cooldown", { cooldown: -1 }],
    ["an infinite staleIfError", "staleIfError", { staleIfError: Number.POSITIVE_INFINITY }],
    ["a header without a name", "headers", { headers: { "": "x" } }],
    ["a fetch that is not a function", "fetch", { fetch: "fetch" }],
    ["an unknown option", "audiance", { audiance: API }],
  ])("is rejected with %s", (_, option, over) => {
    expect(placeOf({ trust: [entry(over)] })).toBe(option === "" ? "trust.0" : `trust.0.${option}`);
  });

  it.each([
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "type",
    "scope",
    "sid",
    "rid",
  ])("is rejected when it lists the claim %s", (claim) => {
    expect(placeOf({ trust: [entry({ claims: ["email", claim] })] })).toBe("trust.0.claims.1");
  });

  it.each([
    ...Object.keys(REMOTE),
    "typ",
    "claims",
    "subject",
    "discovery",
  ])("is rejected when %s is explicitly undefined", (option) => {
    expect(placeOf({ trust: [{ ...entry({ [option]: undefined }), [option]: undefined }] })).toBe(`trust.0.${option}`);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", THEIRS],
    ["a list", []],
  ])("is rejected when it is %s", (_, value) => {
    expect(placeOf({ ...OWN, trust: [ASIDE, value] })).toMatch(/^trust\.1(\.issuer)?$/);
  });
});

describe("an inline key set", () => {
  const withKeys = (keys: unknown, algorithms = ["ES256"]): unknown => ({
    trust: [entry({ jwksUri: undefined, jwks: { keys }, algorithms })],
  });

  it("is rejected when it is malformed", () => {
    expect(placeOf(withKeys("k"))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([null]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([{ ...es.jwk, more: () => 1 }]))).toBe("trust.0.jwks");
    expect(placeOf({ trust: [entry({ jwksUri: undefined, jwks: null })] })).toBe("trust.0.jwks");
  });

  it("is rejected without a key for each algorithm, and with more than 100 keys", () => {
    expect(placeOf(withKeys([]))).toBe("trust.0.jwks");
    expect(placeOf(withKeys([es.jwk], ["RS256", "ES384"]))).toBe("trust.0.jwks.keys.0");
    expect(placeOf(withKeys([{ ...es.jwk, use: "enc" }]))).toBe("trust.0.jwks.keys.0");
    expect(placeOf(withKeys([{ kty: "oct", k: "" }], ["HS256"]))).toBe("trust.0.jwks.keys.0");
    expect(placeOf(withKeys([{ kty: "oct", k: "AAAA" }], ["HS256"]))).toBe("trust.0.jwks.keys.0");
    expect(placeOf(withKeys(Array.from({ length: 101 }, (_, kid) => ({ ...es.jwk, kid: `k${kid}` }))))).toBe(
      "trust.0.jwks",
    );
    expect(build(withKeys([es.jwk]))).toBeInstanceOf(AuthManager);
  });

  it("is rejected with a private key, which the error does not show", () => {
    const config = withKeys([es.jwk, privateKey]);
    expect(placeOf(config)).toBe("trust.0.jwks.keys.1");
    expect(String((errorOf(config) as Error).stack)).not.toContain(privateKey.d);
  });

  it("is not affected by later changes of the object", async () => {
    const keys = [es.jwk];
    const auth = build({ ...(withKeys(keys) as object), now: () => 1_750_000_000 });
    keys.pop();
    expect((await auth.verify(await es.token())).sub).toBe("42");
  });
});

describe("an entry without an issuer", () => {
  const unnamed = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
    entry({
      issuer: null,
      jwksUri: undefined,
      jwks: es.jwks,
      audience: null,
      algorithms: ["ES256"],
      subject: "verbatim",
      claims: [],
      require: null,
      issuedBefore: 1_750_000_000,
      ...over,
    });

  it.each<[string, Record<string, unknown>]>([
    ["require null", {}],
    ["required claims", { require: { type: "access" } }],
    ["an audience", { audience: API }],
    ["any typ", { typ: null }],
    ["issuedBefore in the past", { issuedBefore: 0 }],
    ["a fraction of a second", { issuedBefore: 1.5 }],
    ["a subject function and listed claims", { subject: () => "someone", claims: ["role"] }],
  ])("is accepted with %s", (_, over) => {
    expect(build({ trust: [unnamed(over)] })).toBeInstanceOf(AuthManager);
    expect(build({ ...OWN, trust: [ASIDE, unnamed(over)] })).toBeInstanceOf(AuthManager);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["no subject", "subject", { subject: undefined }],
    ["no claims", "claims", { claims: undefined }],
    ["no require", "require", { require: undefined }],
    ["an empty object of required claims", "require", { require: {} }],
    ["require false", "require", { require: false }],
    ["no issuedBefore", "issuedBefore", { issuedBefore: undefined }],
    ["issuedBefore in milliseconds", "issuedBefore", { issuedBefore: 1_750_000_000_000 }],
    ["issuedBefore as text", "issuedBefore", { issuedBefore: "1750000000" }],
    ["issuedBefore as a Date", "issuedBefore", { issuedBefore: new Date() }],
    ["an infinite issuedBefore", "issuedBefore", { issuedBefore: Number.POSITIVE_INFINITY }],
    ["issuedBefore NaN", "issuedBefore", { issuedBefore: Number.NaN }],
    ["issuedBefore null", "issuedBefore", { issuedBefore: null }],
    ["a jwksUri", "jwksUri", { jwks: undefined, jwksUri: `${THEIRS}/jwks` }],
    ["a jwksUri beside jwks", "jwksUri", { jwksUri: `${THEIRS}/jwks` }],
    ["discovery", "discovery", { jwks: undefined, discovery: true }],
    ["no keys", "", { jwks: undefined }],
    ["a reserved claim", "claims.0", { claims: ["iss"] }],
  ])("is rejected with %s", (_, option, over) => {
    expect(placeOf({ trust: [unnamed(over)] })).toBe(option === "" ? "trust.0" : `trust.0.${option}`);
  });

  it("is rejected beside another one", () => {
    expect(placeOf({ trust: [unnamed(), ASIDE, unnamed({ issuedBefore: 1 })] })).toBe("trust.2.issuer");
  });

  it("alone can have require null and issuedBefore", () => {
    expect(placeOf({ trust: [entry({ require: null })] })).toBe("trust.0.require");
    expect(placeOf({ trust: [entry({ typ: null, require: null, audience: null })] })).toBe("trust.0.require");
    expect(placeOf({ trust: [entry({ issuedBefore: 1_750_000_000 })] })).toBe("trust.0.issuedBefore");
    expect(placeOf({ trust: [entry({ issuer: "null", issuedBefore: 1 })] })).toBe("trust.0.issuedBefore");
  });
});

describe("a manager with several issuers", () => {
  it.each(["subject", "claims"])("requires an explicit %s when it also has its own issuer", (option) => {
    const { [option]: _, ...unstated } = ASIDE as Record<string, unknown>;
    expect(placeOf({ ...OWN, trust: [unstated] })).toBe(`trust.0.${option}`);
    expect(build({ ...OWN, trust: [ASIDE] })).toBeInstanceOf(AuthManager);
    expect(build({ trust: [unstated] })).toBeInstanceOf(AuthManager);
  });

  it.each(["subject", "claims"])("requires an explicit %s of each trusted issuer", (option) => {
    const { [option]: _, ...unstated } = ASIDE as Record<string, unknown>;
    expect(placeOf({ trust: [ASIDE, { ...unstated, issuer: OTHERS }] })).toBe(`trust.1.${option}`);
    expect(placeOf({ trust: [unstated, { ...ASIDE, issuer: OTHERS }] })).toBe(`trust.0.${option}`);
    expect(build({ trust: [ASIDE, { ...ASIDE, issuer: OTHERS }] })).toBeInstanceOf(AuthManager);
  });

  it("rejects a trusted issuer that is listed twice", () => {
    const twice = { ...ASIDE, jwksUri: `${OTHERS}/jwks` };
    expect(placeOf({ trust: [ASIDE, { ...ASIDE, issuer: OTHERS }, twice] })).toBe("trust.2.issuer");
  });

  it("rejects a trusted issuer that is also its own issuer", () => {
    expect(placeOf({ ...OWN, trust: [ASIDE, { ...ASIDE, issuer: ISSUER }] })).toBe("trust.1.issuer");
    expect(build({ trust: [ASIDE, { ...ASIDE, issuer: ISSUER }] })).toBeInstanceOf(AuthManager);
  });
});

describe("the option trust", () => {
  it.each<[string, unknown]>([
    ["empty", []],
    ["an entry instead of a list", REMOTE],
    ["null", null],
    ["undefined with an own key", undefined],
  ])("is rejected when it is %s", (_, trust) => {
    expect(placeOf({ ...OWN, trust })).toBe("trust");
  });

  it("does not replace issuer or algorithm when the manager has its own key", () => {
    const missing = (configValue: string) => ({ name: "MissingConfigError", configValue });
    expect(errorOf({ algorithm: "HS256", secret: SECRET, trust: [ASIDE] })).toMatchObject(missing("issuer"));
    expect(errorOf({ issuer: ISSUER, trust: [ASIDE] })).toMatchObject(missing("algorithm"));
  });

  it("shows no credential of a header in an error", () => {
    const config = { trust: [entry({ headers: { authorization: "Bearer s3cr\net" } })] };
    expect(placeOf(config)).toBe("trust.0.headers");
    expect(String((errorOf(config) as Error).stack)).not.toContain("s3cr");
  });
});
