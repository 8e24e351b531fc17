/** The messages of wrong options of `AuthManager`, and the remedies that they name. */
import { generateKeyPairSync } from "node:crypto";
import { AuthManager, type AuthManagerConfig, jwksHandler, keysFromFile, memorySessionStore } from "claimgate";
import { onTestFinished } from "vitest";
import { type MessageRow, testMessages } from "../support/message-table.ts";

const SECRET = "s".repeat(32);
const KEY = { issuer: "me", algorithm: "HS256", secret: SECRET };
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ES256 = { issuer: "me", algorithm: "ES256" };
const WITH_SESSIONS = { ...KEY, sessions: memorySessionStore() };
const COOKIES = { auth: "auth", refresh: "refresh" };
const ENTRY = { issuer: "they", jwksUri: "https://they.example/jwks", audience: "api", algorithms: ["RS256"] };
const JWKS = { keys: [{ kty: "oct", k: Buffer.from(SECRET).toString("base64url"), alg: "HS256" }] };
const { jwksUri: _, ...ASIDE } = ENTRY;
const UNNAMED = {
  issuer: null,
  jwks: { keys: [{ kty: "oct", k: "A".repeat(43) }] },
  algorithms: ["HS256"],
  audience: null,
  subject: "verbatim",
  claims: [],
  require: null,
  issuedBefore: 5,
};
const LOCAL = { ...ASIDE, jwks: JWKS, algorithms: ["HS256"] };
const DATE = "must be a number of seconds since 1970";
const MILLISECONDS = ["looks like milliseconds", "divide it by 1000"];
const AGE = "must be a whole number of seconds from 1 to 100,000,000,000";
const ALGORITHMS = 'must be "HS256", "HS384", "HS512"';

const withoutUndefined = (options: object): object => JSON.parse(JSON.stringify(options)) as object;
const build = (config: unknown) => () => new AuthManager(config as AuthManagerConfig);
const fault = (
  mistake: string,
  says: readonly string[],
  config: unknown,
  error = "InvalidConfigError",
): MessageRow => ({
  mistake,
  make: build(config),
  error,
  says,
});
const missing = (mistake: string, says: readonly string[], config: unknown): MessageRow =>
  fault(mistake, says, config, "MissingConfigError");
const fromEnv = (
  mistake: string,
  says: readonly string[],
  variables: Readonly<Record<string, string>>,
  error: string,
): MessageRow => ({
  mistake,
  make() {
    const before = { ...process.env };
    onTestFinished(() => {
      process.env = before;
    });
    Object.assign(process.env, variables);
    return AuthManager.fromEnv();
  },
  error,
  says,
});

// Keys.
testMessages([
  missing("options that are not an object", ['"issuer"', "pass an object of options"], null),
  missing("no issuer", ['"issuer"', "set it to the iss of tokens"], {}),
  missing("an issuer from an unset variable", ['"issuer"', "is JWT_ISSUER set?"], { ...KEY, issuer: undefined }),
  missing("a misspelt issuer", ['"isuer" is not an option', 'did you mean "issuer"?'], {
    isuer: "me",
    algorithm: "HS256",
    secret: SECRET,
  }),
  missing("no algorithm", ['"algorithm"', "such as HS256", "or pass keys"], { issuer: "me", secret: SECRET }),
  missing("iss in place of issuer", ['"iss" is not an option', 'did you mean "issuer"?'], {
    iss: "me",
    algorithm: "HS256",
    secret: SECRET,
  }),
  missing("alg in place of algorithm", ['"alg" is not an option', 'did you mean "algorithm"?'], {
    issuer: "me",
    alg: "HS256",
  }),
  missing("a misspelt algorithm option", ['"algoritm" is not an option', 'did you mean "algorithm"?'], {
    issuer: "me",
    algoritm: "HS256",
  }),
  fault("an algorithm that does not exist", ['"algorithm"', ALGORITHMS], { ...KEY, algorithm: "none" }),
  fault("an algorithm in lower case", ['"algorithm"', 'did you mean "HS256"?'], { ...KEY, algorithm: "hs256" }),
  fault("a secret from an unset variable", ['"secret"', "is JWT_SECRET set?"], { ...KEY, secret: undefined }),
  fault("an empty secret", ['"secret"', "is empty"], { ...KEY, secret: "" }),
  fault("a weak secret", ['"secret"', "needs at least 32"], { ...KEY, secret: "short" }),
  fault("a private key from an unset variable", ['"privateKey"', "is the variable of the private key set?"], {
    ...ES256,
    privateKey: undefined,
  }),
  fault("a public key from an unset variable", ['"publicKey"', "is the variable of the public key set?"], {
    ...ES256,
    publicKey: undefined,
  }),
  missing("no secret for HS256", ['"secret"', "HS256 needs secret"], { issuer: "me", algorithm: "HS256" }),
  missing("no key for ES256", ['"privateKey"', "ES256 needs privateKey or publicKey"], ES256),
  fault("a secret for ES256", ['"secret"', "cannot be combined with ES256", "ES256 needs privateKey or publicKey"], {
    ...ES256,
    secret: SECRET,
  }),
  fault("a private key for HS256", ['"privateKey"', "cannot be combined with HS256", "HS256 needs secret"], {
    issuer: "me",
    algorithm: "HS256",
    privateKey,
  }),
  fault(
    "a public key of another pair",
    ['"publicKey"', "must belong to the private key", "pass the public key of the same pair"],
    {
      ...ES256,
      privateKey,
      publicKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey,
    },
  ),
  fault("a key that is a number", ['"secret"', "must be a key: a string, bytes, a JWK"], { ...KEY, secret: 5 }),
  fault("an algorithm beside keys", ['"algorithm"', "cannot be combined with keys", "set it on each key"], {
    ...KEY,
    keys: [],
  }),
  fault("keys that are an object", ['"keys"', "must be a list of keys, or a function", "keysFromFile(path)"], {
    issuer: "me",
    keys: {},
  }),
  fault("no key in a ring", ['"keys"', "must contain a key"], { issuer: "me", keys: [] }),
  missing("a key of a ring without a key", ['"keys.0.secret"', "HS256 needs secret"], {
    issuer: "me",
    keys: [{ algorithm: "HS256" }],
  }),
  fault("a repeated kid", ['"keys.1.kid"', "must be unique"], {
    issuer: "me",
    keys: ["a", "b"].map((end) => ({ algorithm: "HS256", kid: "k", secret: `${SECRET}${end}` })),
  }),
  fault("signFrom in milliseconds", ['"keys.0.signFrom"', ...MILLISECONDS], {
    issuer: "me",
    keys: [{ algorithm: "HS256", secret: SECRET, signFrom: 1_750_000_000_000 }],
  }),
  fault("retireAt before signFrom", ['"keys.0.retireAt"', "must be later than signFrom"], {
    issuer: "me",
    keys: [{ algorithm: "HS256", secret: SECRET, signFrom: 5, retireAt: 4 }],
  }),
  fault("keyRefresh beside a list", ['"keyRefresh"', "cannot be combined with a list of keys", "pass a function"], {
    issuer: "me",
    keys: [{ algorithm: "HS256", secret: SECRET }],
    keyRefresh: {},
  }),
  missing("keyRefresh without keys", ['"keys", which "keyRefresh" needs', "pass a function that loads keys"], {
    ...KEY,
    keyRefresh: {},
  }),
  fault(
    "an interval of 0",
    ['"keyRefresh.interval"', "must be a number of seconds above 0 and at most 1,000,000,000"],
    { issuer: "me", keys: () => [], keyRefresh: { interval: 0 } },
  ),
  {
    mistake: "a file of keys without a path",
    make: () => keysFromFile(""),
    error: "InvalidConfigError",
    says: ['"keys"', "must have the path or the URL of a file"],
  },
]);

// The environment.
testMessages([
  fromEnv(
    "no JWT_AUTHTYPE",
    ['"JWT_AUTHTYPE"', "set the variable, or pass algorithm to fromEnv"],
    { JWT_ISSUER: "me" },
    "MissingConfigError",
  ),
  fromEnv(
    "no JWT_SECRET",
    ['"JWT_SECRET"', "set the variable, or pass secret to fromEnv"],
    { JWT_ISSUER: "me", JWT_AUTHTYPE: "HS256" },
    "MissingConfigError",
  ),
  fromEnv(
    "a blank JWT_SECRET",
    ['"JWT_SECRET"', "must not be blank", "or remove the variable"],
    { JWT_ISSUER: "me", JWT_AUTHTYPE: "HS256", JWT_SECRET: " " },
    "InvalidConfigError",
  ),
  fromEnv(
    "a JWT_AUTHMAXAGE in words",
    ['"JWT_AUTHMAXAGE"', "must be a whole number of seconds"],
    { JWT_ISSUER: "me", JWT_AUTHTYPE: "HS256", JWT_SECRET: SECRET, JWT_AUTHMAXAGE: "1h" },
    "InvalidConfigError",
  ),
  {
    mistake: "a file of variables that does not exist",
    make: () => AuthManager.fromEnv({ path: "/does/not/exist" }),
    error: "InvalidConfigError",
    says: ['"path"', "must be the path of a readable environment file", '"/does/not/exist" does not exist'],
  },
  {
    mistake: "a folder in place of a file of variables",
    make: () => AuthManager.fromEnv({ path: "." }),
    error: "InvalidConfigError",
    says: ['"path"', '"." cannot be read (EISDIR)'],
  },
  {
    mistake: "a path in place of the options of fromEnv",
    make: () => AuthManager.fromEnv(".env" as never),
    error: "TypeError",
    says: ["fromEnv takes its options as one object", 'pass { path: ".env" }'],
  },
  ...[process.env, { JWT_ISSUER: "me" }].map((variables) => ({
    mistake: `${variables === process.env ? "the variables" : "a copy of the variables"} in place of the options of fromEnv`,
    make: () => AuthManager.fromEnv(variables),
    error: "TypeError",
    says: ["fromEnv reads the variables of the process itself", "call fromEnv() without them"],
  })),
]);

// Misspelt options, in each object of options.
testMessages(
  (
    [
      ["audence", "audience", { ...KEY, audence: "api" }],
      ["secrett", "secret", { issuer: "me", algorithm: "HS256", secrett: SECRET }],
      ["header.nam", "name", { ...KEY, header: { nam: "x" } }],
      ["cookies.samesite", "sameSite", { ...WITH_SESSIONS, cookies: { ...COOKIES, samesite: "lax" } }],
      [
        "cookies.former.0.untill",
        "until",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, former: [{ until: 5, untill: 5 }] } },
      ],
      [
        "cookies.former.0.names.reresh",
        "refresh",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, former: [{ until: 5, names: { reresh: "r" } }] } },
      ],
      ["csrf.origin", "origins", { ...KEY, csrf: { origin: [] } }],
      ["responses.expire", "expired", { ...KEY, responses: { expire: () => ({}) } }],
      ["keys.0.signform", "signFrom", { issuer: "me", keys: [{ algorithm: "HS256", secret: SECRET, signform: 5 }] }],
      [
        "keyRefresh.stale_if_error",
        "staleIfError",
        { issuer: "me", keys: () => [], keyRefresh: { stale_if_error: 5 } },
      ],
      ["trust.0.isuer", "issuer", { trust: [{ ...ENTRY, issuer: undefined, isuer: "they" }].map(withoutUndefined) }],
      ["keys.0.alg", "algorithm", { issuer: "me", keys: [{ alg: "HS256", secret: SECRET }] }],
      ["keys.0.key", "secret", { issuer: "me", keys: [{ algorithm: "HS256", key: SECRET }] }],
      ...["secretKey", "jwtSecret", "key"].map(
        (name) => [name, "secret", { issuer: "me", algorithm: "HS256", [name]: SECRET }] as const,
      ),
      ...["expiresIn", "maxAge"].map((name) => [name, "authMaxAge", { ...KEY, [name]: 60 }] as const),
      ["aud", "audience", { ...KEY, aud: "api" }],
      ["trust.0.jwks_uri", "jwksUri", { trust: [{ ...ENTRY, jwks_uri: "https://they.example/jwks" }] }],
    ] as const
  ).map(([place, nearest, config]) =>
    fault(`the misspelt option ${place}`, [`"${place}": is not an option`, `did you mean "${nearest}"?`], config),
  ),
);
testMessages([
  fault("an unknown option without a near one", ['"fooBarBaz"', "is not an option: remove it"], {
    ...KEY,
    fooBarBaz: 1,
  }),
  {
    mistake: "a misspelt option of login",
    make: () => new AuthManager(WITH_SESSIONS as AuthManagerConfig).login("ann", { remeber: false } as object),
    error: "TypeError",
    says: ['login has no option "remeber"', 'did you mean "remember"?'],
  },
  {
    mistake: "a misspelt option of jwksHandler",
    make: () => jwksHandler(new AuthManager(KEY as AuthManagerConfig), { max_age: 5 } as object),
    error: "TypeError",
    says: ['jwksHandler has no option "max_age"', 'did you mean "maxAge"?'],
  },
  {
    mistake: "an unknown option of jwksHandler",
    make: () => jwksHandler(new AuthManager(KEY as AuthManagerConfig), { cors: true } as object),
    error: "TypeError",
    says: ['jwksHandler has no option "cors"', "Its options are maxAge"],
  },
]);

// Values of a wrong type or range.
testMessages(
  (
    [
      ["issuer", "must not be empty", { ...KEY, issuer: "" }],
      ["issuer", "must be a string", { ...KEY, issuer: 5 }],
      ["authMaxAge", "must be a whole number of seconds from 1 to ", { ...KEY, authMaxAge: "1h" }],
      ["refreshMaxAge", "must be a whole number of seconds from 1 to ", { ...KEY, refreshMaxAge: 0 }],
      ["authMaxAge", "must not be more than maxTokenAge", { ...KEY, maxTokenAge: 5, authMaxAge: 6 }],
      ["maxTokenAge", AGE, { ...KEY, maxTokenAge: 1.5 }],
      ["sessionMaxAge", AGE, { ...WITH_SESSIONS, sessionMaxAge: "1d" }],
      ["sessionMaxAge", AGE, { ...WITH_SESSIONS, sessionMaxAge: 1e12 }],
      ["refreshGrace", "must be a number of seconds from 0 to 300", { ...WITH_SESSIONS, refreshGrace: 301 }],
      ["sessionCheckTtl", "must be a number of seconds from 0 to 3,600", { ...WITH_SESSIONS, sessionCheckTtl: 3601 }],
      ["storeTimeout", "must be a number of seconds above 0 and at most 2,000,000", { ...KEY, storeTimeout: 0 }],
      ["leeway", "must be a number of seconds, at least 0", { ...KEY, leeway: -1 }],
      ["sessions", "must be a session store, such as memorySessionStore()", { ...KEY, sessions: {} }],
      ["sessionCheck", 'must be "refresh" or "always"', { ...WITH_SESSIONS, sessionCheck: "never" }],
      ["adoptRefresh", "must be true or false", { ...WITH_SESSIONS, adoptRefresh: 1 }],
      ["audience", "must be a string or a list of strings", { ...KEY, audience: 5 }],
      ["audience", "must not be undefined: set it, or leave the option out", { ...KEY, audience: undefined }],
      ["claimsSchema", "must be a Standard Schema", { ...KEY, claimsSchema: {} }],
      ["authorize", "must be a function", { ...KEY, authorize: 5 }],
      ["header", "must be an object", { ...KEY, header: "x-token" }],
      ["header.name", "must be a header or cookie name", { ...KEY, header: { name: "a b" } }],
      ["header.scheme", "must be a scheme such as Bearer, or blank", { ...KEY, header: { scheme: "a b" } }],
      ["maxTokenLength", "must be a whole number of characters, at least 1", { ...KEY, maxTokenLength: 0 }],
      ["cache", "must be { max }, or false", { ...KEY, cache: true }],
      ["cache.max", "must be a whole number of tokens, at least 1", { ...KEY, cache: { max: 0 } }],
      ["cookies", "must name a cookie: set auth or refresh", { ...KEY, cookies: {} }],
      ["cookies", "must name different cookies", { ...KEY, cookies: { auth: "a", refresh: "a" } }],
      [
        "cookies.domain",
        "must be a domain, such as example.com",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, domain: "https://a.example" } },
      ],
      ["cookies.path", "must be a path that begins with /", { ...WITH_SESSIONS, cookies: { ...COOKIES, path: "app" } }],
      [
        "cookies.sameSite",
        "remove secure: false",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, sameSite: "none", secure: false } },
      ],
      [
        "cookies.partitioned",
        "remove secure: false",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, partitioned: true, secure: false } },
      ],
      [
        "cookies.auth",
        'use "__Secure-"',
        { ...WITH_SESSIONS, cookies: { ...COOKIES, auth: "__Host-a", domain: "a.example" } },
      ],
      [
        "cookies.auth",
        "remove the prefix",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, auth: "__Host-a", secure: false } },
      ],
      ["cookies.former", "must be a list", { ...WITH_SESSIONS, cookies: { ...COOKIES, former: {} } }],
      [
        "cookies.former",
        "must have at most 8 entries",
        {
          ...WITH_SESSIONS,
          cookies: { ...COOKIES, former: Array.from({ length: 9 }, () => ({ until: 5, path: "/a" })) },
        },
      ],
      ["cookies.former.0.until", DATE, { ...WITH_SESSIONS, cookies: { ...COOKIES, former: [{ path: "/a" }] } }],
      [
        "cookies.former.0.until",
        "divide it by 1000",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, former: [{ path: "/a", until: 1.75e12 }] } },
      ],
      [
        "cookies.former.0",
        "set names, domain, path or partitioned",
        { ...WITH_SESSIONS, cookies: { ...COOKIES, former: [{ until: 5 }] } },
      ],
      ["csrf.origins", "must list origins, unless csrf.allow is set", { ...KEY, csrf: {} }],
      [
        "csrf.origins.0",
        "list each origin, or decide in csrf.allow",
        { ...KEY, csrf: { origins: ["https://*.a.example"] } },
      ],
      ["csrf.origins.0", "write https://a.example", { ...KEY, csrf: { origins: ["https://a.example/x"] } }],
      ["audience", "set the audience of each entry instead", { trust: [LOCAL], audience: "api" }],
      ["sessions", "remove it, or pass issuer and a key", { trust: [LOCAL], sessions: memorySessionStore() }],
      ["trust", "must name an issuer", { trust: [] }],
      [
        "trust.0.issuer",
        "must not be undefined: set it, or leave the option out",
        { trust: [{ ...LOCAL, issuer: undefined }] },
      ],
      ["trust.0", "must have exactly one of jwksUri, discovery and jwks", { trust: [ASIDE] }],
      ["trust.0.algorithms.0", ALGORITHMS, { trust: [{ ...LOCAL, algorithms: ["none"] }] }],
      ["trust.0.algorithms", "must not contain HS* without jwks", { trust: [{ ...ENTRY, algorithms: ["HS256"] }] }],
      [
        "trust.0.audience",
        "must be a string, a list of strings, or null",
        { trust: [{ ...LOCAL, audience: undefined, issuer: "they" }].map(({ audience: __, ...rest }) => rest) },
      ],
      [
        "trust.0.audience",
        'cannot be null without typ "at+jwt" or require',
        { trust: [{ ...LOCAL, audience: null, typ: null }] },
      ],
      [
        "trust.0.audienceClaim",
        "cannot be combined with audience: null",
        { trust: [{ ...LOCAL, audience: null, audienceClaim: "aud" }] },
      ],
      ["trust.0.require", "must not have an empty name", { trust: [{ ...LOCAL, require: { "": 1 } }] }],
      ["trust.0.require.a", "must be JSON", { trust: [{ ...LOCAL, require: { a: () => 1 } }] }],
      ["trust.0.lifespan", "cannot be combined with jwks", { trust: [{ ...LOCAL, lifespan: 5 }] }],
      [
        "trust.0.subject",
        'must be set if there is more than one issuer: pass "verbatim", or a function of the claims',
        { ...KEY, trust: [LOCAL] },
      ],
      [
        "trust.0.claims",
        "must be set if there is more than one issuer: list the claims that rules may read",
        { ...KEY, trust: [{ ...LOCAL, subject: "verbatim" }] },
      ],
      ["trust.0.issuer", "null for tokens without iss", { trust: [{ ...LOCAL, issuer: 5 }] }],
      ...(
        [
          ["subject", 'must be set with issuer: null: pass "verbatim", or a function', { subject: undefined }],
          ["claims", "must be set with issuer: null: list the claims", { claims: undefined }],
          ["require", "or pass null if the key has signed nothing else", { require: undefined }],
          ["issuedBefore", "pass the time of the last token to accept", { issuedBefore: undefined }],
          ["issuedBefore", "divide it by 1000", { issuedBefore: 1.75e12 }],
          ["discovery", "cannot be combined with issuer: null; set jwks instead", { discovery: true }],
        ] as const
      ).map(
        ([option, words, over]) =>
          [`trust.0.${option}`, words, { trust: [withoutUndefined({ ...UNNAMED, ...over })] }] as const,
      ),
      ["trust.0.require", "must not be null unless issuer is null", { trust: [{ ...LOCAL, require: null }] }],
      ["trust.0.issuedBefore", "has an effect only with issuer: null", { trust: [{ ...LOCAL, issuedBefore: 5 }] }],
      [
        "trust.0.jwks.keys.0",
        "set allowWeakSecret: true",
        { trust: [{ ...LOCAL, jwks: { keys: [{ kty: "oct", k: "AAAA" }] } }] },
      ],
      ["allowWeakSecret", "unless an entry has a secret in jwks", { trust: [ENTRY], allowWeakSecret: true }],
      ...(
        [
          ['"k" must be base64url without padding: encode a text by Buffer.from', { kty: "oct", k: "my secret!" }],
          ["ES256 needs an EC key on the curve P-256, and this is a secret", JWKS.keys[0], ["ES256"]],
          ["HS256", { ...JWKS.keys[0], alg: "HS512" }],
          ["HS256 needs a secret, and this is a key of type RSA", { kty: "RSA", n: "AQAB", e: "AQAB" }],
        ] as const
      ).map(
        ([words, jwk, algorithms = ["HS256"]]) =>
          ["trust.0.jwks.keys.0", words, { trust: [{ ...LOCAL, jwks: { keys: [jwk] }, algorithms }] }] as const,
      ),
      ["trust.0.jwks", "must contain a key for one of the algorithms", { trust: [{ ...LOCAL, jwks: { keys: [] } }] }],
      [
        "trust.0.jwks.keys.1",
        '"k" must be base64url without padding',
        { trust: [{ ...LOCAL, jwks: { keys: [...JWKS.keys, { kty: "oct", k: "my secret!" }] } }] },
      ],
      ["trust.0.allowHttp", "cannot be combined with jwks", { trust: [{ ...LOCAL, allowHttp: true }] }],
      [
        "trust.0.allowHttp",
        "must be true; to switch it off, leave it out",
        { trust: [{ ...ENTRY, allowHttp: false }] },
      ],
      [
        "trust.0.discovery",
        "must be true; to switch it off, leave it out",
        { trust: [{ ...ENTRY, discovery: false }] },
      ],
      [
        "trust.0.jwksUri",
        "inside a private network, set allowHttp: true",
        { trust: [{ ...ENTRY, jwksUri: "http://idp" }] },
      ],
      [
        "trust.0.jwksUri",
        "a name without dots, or a name that ends in .internal, .local or .svc",
        { trust: [{ ...ENTRY, jwksUri: "http://idp.example", allowHttp: true }] },
      ],
      ["trust.0.issuer", "must differ from the manager's own issuer", { ...KEY, trust: [{ ...LOCAL, issuer: "me" }] }],
    ] as const
  ).map(([place, words, config]) => fault(`a wrong ${place} ("${words}")`, [`"${place}"`, words], config)),
);

// Options that need another one.
testMessages([
  missing("refreshGrace without sessions", ['"sessions", which "refreshGrace" needs', "memorySessionStore()"], {
    ...KEY,
    refreshGrace: 5,
  }),
  missing("cookies.domain without sessions", ['"sessions", which "cookies.domain" needs', "memorySessionStore()"], {
    ...KEY,
    cookies: { ...COOKIES, domain: "a.example" },
  }),
  missing("authorize without sessions", ['"sessions", which "authorize" needs', 'set authorizeAt: "request"'], {
    ...KEY,
    authorize: () => ({}),
  }),
  missing("authorizeAt without authorize", ['"authorize", which "authorizeAt" needs', "pass the function"], {
    ...KEY,
    authorizeAt: "request",
  }),
  missing("one cookie with sessions", ['"cookies.refresh"', "name both cookies"], {
    ...WITH_SESSIONS,
    cookies: { auth: "auth" },
  }),
  {
    mistake: "a login without sessions",
    make: () => new AuthManager(KEY as AuthManagerConfig).login("ann"),
    error: "MissingConfigError",
    says: ['"sessions"', "pass a store, such as memorySessionStore()"],
  },
  ...(["login", "refresh"] as const).map((name) => ({
    mistake: `a ${name} of a request without sessions`,
    make: () => {
      const here = new AuthManager(KEY as AuthManagerConfig).forRequest();
      return name === "login" ? here.login("ann") : here.refresh();
    },
    error: "MissingConfigError",
    says: ['"sessions"', "pass a store, such as memorySessionStore()"],
  })),
  {
    mistake: "cookies of a login without the names of cookies",
    make: () => new AuthManager(WITH_SESSIONS as AuthManagerConfig).forRequest().login("ann", { deliver: "cookies" }),
    error: "MissingConfigError",
    says: ['"cookies"', 'name both cookies, or pass deliver: "body"'],
  },
  {
    mistake: "a manager that is not configured",
    make: () => new AuthManager().authToken("ann"),
    error: "MissingSignerError",
    says: ["is not configured", "call init first"],
  },
  {
    mistake: "a second init",
    make: () => new AuthManager(KEY as AuthManagerConfig).init(KEY as AuthManagerConfig),
    error: "InvalidConfigError",
    says: ['"init"', "must be called once"],
  },
]);
