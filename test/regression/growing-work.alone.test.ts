/** Work on data of a caller grows no faster than the length of the data. */
// node:inspector counts the steps, which slows the whole process.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, AuthManager, memorySessionStore } from "claimgate";
import { authHttpResponse, createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { type ExecutionResult, execute, type GraphQLSchema, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { MAX_CONNECTION_PARAMS } from "../../src/core/exchange/connection-params.ts";
import { MAX_TRIES, readKeySet } from "../../src/core/jwt/jwks/key-set.ts";
import { createPlanReader } from "../../src/graphql/execution/operation-plans.ts";
import { createAuth } from "../support/create-auth.ts";
import { base64url, forge, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { expectLinear, withStepCounter } from "../support/step-counter.ts";

const requireToken = requireTokenDirective();
const many = <T>(size: number, make: (i: number) => T): T[] => Array.from({ length: size }, (_, i) => make(i));

/** A schema with `count` interfaces and `count` types that implement different sets of them. */
function schemaOf(count: number): GraphQLSchema {
  const implemented = (type: number) =>
    many(count, (i) => i).filter((i) => ((type * 7919 + i * 104_729) >> (i % 5)) % 2 === 0);
  const typeDefs = [
    requireToken.typeDefs,
    "type Query { node: Node, secret: Int @requireToken }",
    "interface Node { id: Int, node: Node }",
    ...many(count, (i) => `interface I${i} { id: Int, node: Node }`),
    ...many(count, (i) => {
      const interfaces = ["Node", ...implemented(i).map((one) => `I${one}`)].join(" & ");
      return `type T${i} implements ${interfaces} { id: Int, node: Node, own${i}: Int @requireToken }`;
    }),
  ];
  return requireToken.apply(makeExecutableSchema({ typeDefs }));
}

const TYPES = 40;
const schema = schemaOf(TYPES);
const readPlans = (source: string, variableValues: Record<string, unknown> = {}) => {
  const document = parse(source, { noLocation: true });
  return () => createPlanReader()({ schema, document, operationName: "Q", variableValues });
};

const cookies = { auth: "auth", refresh: "refresh" };
const { auth } = createAuth({ cookies, cache: false });
const own = { "sec-fetch-site": "same-origin" };
const good = forge();

const ask =
  (headers: Record<string, string | string[]>, rule: object = { type: "auth" }) =>
  () =>
    auth
      .forRequest({ headers, method: "POST" })
      .require(rule, { args: { id: "ada" } })
      .catch(() => undefined);
const askNode = (pairs: readonly (readonly [string, string])[]) => {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) headers[name] = headers[name] ? `${headers[name]}; ${value}` : value;
  const req = { headers, rawHeaders: pairs.flat(), method: "POST" };
  const open = createGraphQLContext(auth);
  return () =>
    open({ req })
      .auth.require()
      .catch(() => undefined);
};
const askWithClaims = (claims: object, rule: object) => {
  const { auth: manager } = createAuth({ cache: false, maxTokenLength: 1_000_000 });
  const token = forge({ payload: goodClaims({ ...claims }) });
  return () =>
    manager
      .forRequest({ token })
      .require(rule, { args: { id: "x" } })
      .catch(() => undefined);
};

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);
const router = t.router({ me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub) });

const entities = requireToken.apply(
  buildSubgraphSchema({
    typeDefs: parse(
      `${requireToken.typeDefs} type Query { open: Int } type User @key(fields: "id") { id: ID!, email: String @requireToken(parent: { sub: "id" }) }`,
    ),
    resolvers: { User: { __resolveReference: (reference: object) => reference } },
  }),
);

/** Walks of data of a size that the caller chooses. */
const WALKS: readonly (readonly [what: string, make: (size: number) => () => unknown])[] = [
  [
    "fragments on abstract types with different members",
    (size) =>
      readPlans(
        `query Q { node { ...F0 } } ${many(size, (i) => `fragment F${i} on Node { ${i + 1 < size ? `... on I${i % TYPES} { ...F${i + 1} } ...F${i + 1}` : "id"} }`).join(" ")}`,
      ),
  ],
  [
    "nested inline fragments on abstract types",
    (size) =>
      readPlans(`query Q { node { ${many(size, (i) => `... on I${i % TYPES} { id `).join("")}${"}".repeat(size)} } }`),
  ],
  ["fields of an interface", (size) => readPlans(`query Q { node { ${many(size, (i) => `a${i}: id`).join(" ")} } }`)],
  [
    "nested fields of an interface type",
    (size) => readPlans(`query Q { ${"node { id ".repeat(size)}${"}".repeat(size)} }`),
  ],
  [
    "spreads of many fragments",
    (size) =>
      readPlans(
        `query Q { node { ${many(size, (i) => `...F${i}`).join(" ")} } } ${many(size, (i) => `fragment F${i} on T${i % TYPES} { id }`).join(" ")}`,
      ),
  ],
  [
    "conditions and default values of their variables",
    (size) =>
      readPlans(
        `query Q(${many(size, (i) => `$v${i}: Boolean = true`).join(" ")}) { secret ${many(size, (i) => `s${i}: secret @include(if: $v${i})`).join(" ")} }`,
      ),
  ],
  ["directives on one field", (size) => readPlans(`query Q { secret ${"@include(if: true) ".repeat(size)} }`)],
  [
    "operations besides the requested operation",
    (size) => readPlans(`${many(size, (i) => `query Q${i} { secret }`).join(" ")} query Q { secret }`),
  ],
  [
    "type extensions in the document",
    (size) => readPlans(`${many(size, (i) => `extend type T${i} { more: Int }`).join(" ")} query Q { secret }`),
  ],
  [
    "aliases of a guarded field that is denied",
    (size) => {
      const document = parse(`{ ${many(size, (i) => `a${i}: secret`).join(" ")} }`);
      return () => {
        const result = execute({ schema, document, contextValue: { auth: auth.forRequest() } }) as ExecutionResult;
        return authHttpResponse(result);
      };
    },
  ],
  [
    "representations from one variable",
    (size) => {
      const document = parse(
        `query ($r: _Any!) { _entities(representations: [${"$r ".repeat(size)}]) { ... on User { id } } }`,
      );
      const r = { __typename: "User", ...Object.fromEntries(many(size, (i) => [`k${i}`, i])) };
      return () =>
        execute({ schema: entities, document, variableValues: { r }, contextValue: { auth: auth.forRequest() } });
    },
  ],
  ["headers passed to forRequest", (size) => ask(Object.fromEntries(many(size, (i) => [`x-${i}`, "value"])))],
  ["headers of a Node request", (size) => askNode(many(size, (i) => [`x-${i}`, "value"]))],
  ["Authorization headers of a Node request", (size) => askNode(many(size, () => ["authorization", `Bearer ${good}`]))],
  ["Authorization headers", (size) => ask({ authorization: many(size, () => `Bearer ${good}`) })],
  ["commas in an Authorization header", (size) => ask({ authorization: `Bearer a${",".repeat(size)}` })],
  ["spaces in an Authorization header", (size) => ask({ authorization: `Bearer a${" ".repeat(size)}b` })],
  ["cookies with other names", (size) => ask({ ...own, cookie: many(size, (i) => `c${i}=v`).join("; ") })],
  ["cookies with the same name", (size) => ask({ ...own, cookie: many(size, () => `auth=${good}`).join("; ") })],
  ["spaces in a cookie", (size) => ask({ ...own, cookie: `auth=a${" ".repeat(size)}b${" ".repeat(size)}` })],
  ["quotes in a cookie", (size) => ask({ ...own, cookie: `auth=${'"'.repeat(size)}x` })],
  [
    "claims of a token",
    (size) =>
      askWithClaims(Object.fromEntries(many(size, (i) => [`c${i}`, { deep: [i] }])), { claims: { c0: { deep: [0] } } }),
  ],
  ["words of a scope", (size) => askWithClaims({ scope: many(size, (i) => `w${i}`).join(" ") }, { scope: "absent" })],
  [
    "items of a list claim, compared with a list in the rule",
    (size) => askWithClaims({ own: many(size, (i) => ({ i })) }, { claims: { own: [{ i: -1 }, { i: -2 }] } }),
  ],
  [
    "items of a list claim, compared with an argument",
    (size) => askWithClaims({ own: many(size, String) }, { args: { own: ["id"] } }),
  ],
  [
    "calls of a batch",
    (size) => {
      const path = many(size, () => "me").join(",");
      const createContext = createTRPCContext(auth);
      return () =>
        fetchRequestHandler({
          endpoint: "",
          req: new Request(`https://api.example/${path}?batch=1`, { headers: { authorization: `Bearer ${good}` } }),
          router,
          createContext,
        }).then((response) => response.text());
    },
  ],
];

const SIZES = [25, 50, 100, 200];

describe("the number of steps grows no faster than the number of", () => {
  it.each(WALKS)("%s", async (what, make) => {
    await withStepCounter(async (count) => {
      const steps: number[] = [];
      for (const size of SIZES) steps.push(await count(make(size)));
      expectLinear(SIZES, steps, what);
    });
  });
});

describe("an operation too large to read completely", () => {
  it("takes steps within a bound by its length for every schema, and each field is still guarded", async () => {
    const large = schemaOf(300);
    await withStepCounter(async (count) => {
      const sizes = [100, 200, 400];
      const steps: number[] = [];
      for (const size of sizes) {
        const source = `{ node { ${many(size, (i) => `n${i}: node { node { id } }`).join(" ")} } secret }`;
        const document = parse(source, { noLocation: true });
        steps.push(await count(() => createPlanReader()({ schema: large, document })));
        expect(steps.at(-1)).toBeLessThan(5000 * size);
      }
      expectLinear(sizes, steps, "a large schema");
    });
    // Within the bound, a type with hundreds of members is read.
    const behind = parse("{ node { id ... on T7 { own7 } } }");
    expect(createPlanReader()({ schema: large, document: behind })).toHaveLength(1);
    const rootValue = { secret: 42, node: null };
    const run = (token: string | undefined) => {
      const contextValue = { auth: auth.forRequest(token === undefined ? {} : { token }) };
      return execute({ schema: large, document: parse("{ node { node { id } } secret }"), rootValue, contextValue });
    };
    expect((await run(good)).data).toMatchObject({ secret: 42 });
    expect((await run(undefined)).data).toMatchObject({ secret: null });
  });
});

it("an operation is read once per combination of its conditions, and a few results are cached", async () => {
  const conditions = many(6, (i) => `v${i}`);
  const source = `query Q(${conditions.map((name) => `$${name}: Boolean!`).join(" ")}) { ${conditions.map((name) => `${name}: secret @include(if: $${name})`).join(" ")} ${many(200, (i) => `a${i}: __typename`).join(" ")} }`;
  const document = parse(source, { noLocation: true });
  const read = createPlanReader();
  const under = (bits: number) => {
    const variableValues = Object.fromEntries(conditions.map((name, i) => [name, ((bits >> i) & 1) === 1]));
    return read({ schema, document, variableValues });
  };
  await withStepCounter(async (count) => {
    const first = await count(() => createPlanReader()({ schema, document, variableValues: {} }));
    for (let bits = 0; bits < 16; bits++) {
      expect(under(bits)).toHaveLength(bits === 0 ? 0 : 1);
      expect(await count(() => under(bits))).toBeLessThan(first / 10);
    }
    // Further combinations are not prepared, and no request reads the operation again.
    for (let bits = 16; bits < 64; bits++) expect(under(bits)).toHaveLength(0);
    expect(under(0)).toHaveLength(0);
    expect(await count(() => under(63))).toBeLessThan(first / 10);
  });
});

describe("connection parameters", () => {
  const HUGE = 200_000;
  const params = (size: number) => Object.fromEntries(many(size, (i) => [`p${i}`, "x"]));
  const socket = { readyState: 1, send: () => undefined };

  /** For each transport, opens a connection and returns one of its later operations. */
  const CONNECTIONS: readonly (readonly [transport: string, open: (params: object) => () => Promise<unknown>])[] = [
    [
      "tRPC",
      (connectionParams) => {
        const context = createTRPCContext(auth)({
          req: { headers: {} },
          res: socket,
          info: { connectionParams: connectionParams as Record<string, unknown> },
        });
        const createCaller = t.createCallerFactory(router);
        return async () =>
          createCaller(await context)
            .me()
            .catch((error: unknown) => error);
      },
    ],
    [
      "GraphQL",
      (connectionParams) => {
        const createContext = createGraphQLContext(auth);
        const extra = { request: { headers: {}, rawHeaders: ["host", "api.example"] } };
        return async () =>
          createContext({ connectionParams, extra })
            .auth.require()
            .catch((error: unknown) => error);
      },
    ],
  ];

  it.each(CONNECTIONS)("over %s are read once per connection, however many there are", async (_, open) => {
    await withStepCounter(async (count) => {
      const few = await count(open({ authorization: `Bearer ${good}` }));
      const operation = open(params(HUGE));
      // The first run reads the parameters and is not counted.
      expect(await count(operation)).toBeLessThan(few * 2);
    });
  });

  it.each(CONNECTIONS)("over %s have their tokens read once, however long they are", async (_, open) => {
    const cases = many(16, (i) =>
      [i & 1 ? "A" : "a", i & 2 ? "U" : "u", i & 4 ? "T" : "t", i & 8 ? "H" : "h"].join(""),
    );
    const heap = Object.fromEntries(cases.map((start) => [`${start}orization`, `Bearer ${good}${" ".repeat(9000)}`]));
    await withStepCounter(async (count) => {
      const few = await count(open({ authorization: `Bearer ${good}` }));
      expect(await count(open(heap))).toBeLessThan(few * 2);
    });
  });

  it.each(CONNECTIONS)("over %s are ambiguous with more commas than credentials can have", async (_, open) => {
    const reasonOf = (error: unknown): unknown =>
      (error as { reason?: unknown }).reason ?? (error as { cause?: { reason?: unknown } }).cause?.reason;
    expect(reasonOf(await open({ authorization: `Bearer a${",".repeat(100)}` })())).toBe("CREDENTIALS_AMBIGUOUS");
    expect(reasonOf(await open({ authorization: `Bearer a${",".repeat(99)}` })())).toBe("TOKEN_MALFORMED");
  });

  it.each(
    CONNECTIONS,
  )("over %s are read up to a limit, beyond which the credentials are ambiguous", async (_, open) => {
    const reasonOf = (error: unknown): unknown =>
      (error as { cause?: { reason?: unknown }; reason?: unknown }).reason ??
      (error as { cause: { reason: unknown } }).cause.reason;
    const filled = { ...params(MAX_CONNECTION_PARAMS - 1), authorization: `Bearer ${good}` };
    expect(await open(filled)()).not.toBeInstanceOf(Error);
    expect(reasonOf(await open({ ...filled, more: 1 })())).toBe("CREDENTIALS_AMBIGUOUS");
    // Not missing: an optional guard would treat the caller as anonymous.
    expect(reasonOf(await open(params(HUGE))())).toBe("CREDENTIALS_AMBIGUOUS");
    expect(reasonOf(await open(params(5))())).toBe("TOKEN_MISSING");
  });
});

describe("the signature checks of one token", () => {
  const pairs = many(8, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));
  const jwkOf = ({ publicKey }: { publicKey: KeyObject }, kid?: string) => ({
    ...publicKey.export({ format: "jwk" }),
    ...(kid === undefined ? {} : { kid }),
  });
  const signedBy = ({ privateKey }: { privateKey: KeyObject }, header: object = {}, claims: object = {}): string => {
    const input = `${base64url(JSON.stringify({ alg: "ES256", typ: "JWT", ...header }))}.${base64url(JSON.stringify(goodClaims({ client_id: "c", ...claims })))}`;
    return `${input}.${sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
  const first = pairs[0] as (typeof pairs)[number];
  const last = pairs.at(-1) as (typeof pairs)[number];

  it("are limited for a fetched set whose keys all have a kid", () => {
    const set = readKeySet({ keys: pairs.map((pair, i) => jwkOf(pair, `k${i}`)) });
    expect(set.find(undefined, "ES256")).toHaveLength(MAX_TRIES);
    expect(set.find("k7", "ES256")).toHaveLength(1);
    const same = readKeySet({ keys: pairs.map((pair) => jwkOf(pair, "k")) });
    expect(same.find("k", "ES256")).toHaveLength(MAX_TRIES);
  });

  it("are limited for an inline set, too", async () => {
    const jwks = { keys: pairs.map((pair, i) => jwkOf(pair, `k${i}`)) };
    const { auth: manager } = createAuth({
      trust: [
        {
          issuer: "https://local.example",
          jwks,
          audience: null,
          require: { client_id: "c" },
          algorithms: ["ES256"],
          typ: "JWT",
          subject: "verbatim",
          claims: [],
        },
      ],
    });
    const claims = { iss: "https://local.example" };
    expect((await manager.verify(signedBy(first, {}, claims))).sub).toBe("ada");
    expect((await manager.verify(signedBy(last, { kid: "k7" }, claims))).sub).toBe("ada");
    expect(await refusalOf(manager.verify(signedBy(last, {}, claims)))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("include every key without kid of a fetched set", () => {
    const keys = pairs.map((pair, i) => jwkOf(pair, i < 6 ? undefined : `k${i}`));
    expect(readKeySet({ keys }).find(undefined, "ES256")).toHaveLength(8);
  });

  it("are limited for a trusted issuer's token without kid, and one check for a token with kid", async () => {
    const jwks = { keys: pairs.map((pair, i) => jwkOf(pair, `k${i}`)) };
    const manager = new AuthManager({
      trust: [
        {
          issuer: "https://issuer.example",
          jwksUri: "https://issuer.example/jwks",
          audience: null,
          require: { client_id: "c" },
          algorithms: ["ES256"],
          typ: "JWT",
          fetch: async () => new Response(JSON.stringify(jwks)),
        },
      ],
      now: () => 1_750_000_000,
    });
    expect((await manager.verify(signedBy(first))).sub).toBe("ada");
    expect((await manager.verify(signedBy(last, { kid: "k7" }))).sub).toBe("ada");
    expect(await refusalOf(manager.verify(signedBy(last)))).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("include every key of the own ring for old tokens without kid", async () => {
    const keys = pairs.map(
      ({ privateKey }, i) => ({ algorithm: "ES256", privateKey, signFrom: i, kid: `k${i}` }) as const,
    );
    const manager = new AuthManager({ issuer: "https://issuer.example", keys, now: () => 1_750_000_000 });
    for (const pair of pairs) expect((await manager.verify(signedBy(pair))).sub).toBe("ada");
  });

  it("are not made for many different refresh cookies", async () => {
    const store = memorySessionStore();
    let finds = 0;
    const find: typeof store.find = (...given) => {
      finds++;
      return store.find(...given);
    };
    const { auth: manager } = createAuth({ cookies, sessions: { ...store, find } });
    const tokens = await Promise.all(many(20, async () => (await manager.login("ada")).refreshToken));
    const cookie = tokens.map((token) => `__Host-refresh=${token}`).join("; ");
    const request = manager.forRequest({ headers: { ...own, cookie }, setCookie: () => undefined });
    expect(await refusalOf(request.refresh())).toMatchObject({ reason: "CREDENTIALS_AMBIGUOUS" });
    expect(finds).toBe(0);
  });
});

it("an integer of a caller is compared without conversion to text", async () => {
  const id = BigInt(`1${"0".repeat(100_000)}`);
  const { auth: manager } = createAuth();
  const held = (own: unknown) => manager.forRequest({ token: forge({ payload: goodClaims({ own }) }) });
  await expect(held("7").require({ args: { own: "id" } }, { args: { id } })).rejects.toMatchObject({
    reason: "CLAIMS_INSUFFICIENT",
  });
  expect((await held("7").require({ args: { own: "id" } }, { args: { id: 7n } })).sub).toBe("ada");
});
