/** Random input of any type: nearly valid tokens, keys and options, and objects that throw. */
import { createSecretKey } from "node:crypto";
import { ALGORITHMS } from "claimgate/jwt";
import fc from "fast-check";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { base64url, forge } from "../../support/forge.ts";
import { jsonObject, text } from "./json-arbitraries.ts";
import { makePair } from "./keys/key-kinds.ts";

const THROWN = [new Error("boom"), new TypeError("boom"), new RangeError("boom"), "boom", undefined];

// fast-check inspects the values that it generates, so `build` makes the objects that throw.
class Recipe {
  readonly members: Readonly<Record<string, unknown>>;
  readonly shape: "plain" | "inherited" | "getters" | "proxy" | "list proxy" | "list with a getter" | "revoked";
  readonly thrown: number;

  constructor(members: Recipe["members"], shape: Recipe["shape"], thrown: number) {
    this.members = members;
    this.shape = shape;
    this.thrown = thrown;
  }
}

const thrown = fc.nat({ max: THROWN.length - 1 });

/** The generated value in the form for the code under test, with objects that throw when read. */
export function build(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(build);
  if (!(value instanceof Recipe)) return value;
  const raise = (): never => {
    throw THROWN[value.thrown];
  };
  const everyTrap = new Proxy({}, { get: () => raise });
  const members = Object.fromEntries(Object.entries(value.members).map(([name, member]) => [name, build(member)]));
  if (value.shape === "inherited") return Object.create(members);
  if (value.shape === "proxy") return new Proxy({}, everyTrap);
  if (value.shape === "list proxy") return new Proxy([], everyTrap);
  if (value.shape === "list with a getter") return Object.defineProperty(["HS256"], 0, { get: raise });
  if (value.shape === "getters") {
    for (const name of Object.keys(members)) Object.defineProperty(members, name, { enumerable: true, get: raise });
  }
  if (value.shape !== "revoked") return members;
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const throwing = fc
  .tuple(fc.constantFrom("proxy", "list proxy", "list with a getter", "revoked"), thrown)
  .map(([shape, what]) => new Recipe({}, shape as Recipe["shape"], what));

/** A value of any type. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  throwing,
  fc.constantFrom<unknown>(Symbol("s"), () => "x", Promise.resolve({}), new Date(Number.NaN), /x/, globalThis),
);

/** An object with some of these members, which may be inherited or getters that throw. */
function objectOf(members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Recipe> {
  const shape = fc.oneof(
    { weight: 6, arbitrary: fc.constant("plain" as const) },
    { weight: 1, arbitrary: fc.constantFrom("inherited" as const, "getters" as const) },
  );
  return fc
    .tuple(fc.record({ ...members }, { requiredKeys: [] }), shape, thrown)
    .map(([held, shape, what]) => new Recipe(held, shape, what));
}

const algorithm = fc.constantFrom<unknown>(...ALGORITHMS);
const flag = fc.oneof(fc.boolean(), anything);
const expected = fc.oneof(text, fc.array(text), anything);
const seconds = fc.oneof(fc.double(), fc.constant(NOW), anything);

/** Options of `decode`, valid and invalid. */
export const decodeOptions: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: anything },
  {
    weight: 5,
    arbitrary: objectOf({
      algorithms: fc.oneof({ weight: 4, arbitrary: fc.constant([...ALGORITHMS]) }, fc.array(algorithm), anything),
      verifySignature: flag,
      allowWeakSecret: flag,
      now: seconds,
      leeway: seconds,
      require: expected,
      issuer: expected,
      audience: expected,
      subject: expected,
      strictAud: flag,
      verifyExp: flag,
      verifySub: flag,
    }),
  },
  { weight: 5, arbitrary: objectOf({ algorithms: fc.constant([...ALGORITHMS]), now: seconds, leeway: seconds }) },
  { weight: 5, arbitrary: fc.constant({ algorithms: [...ALGORITHMS], verifyExp: false, verifyAud: false }) },
);

/** Options of `encode`, valid and invalid. */
export const encodeOptions: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: anything },
  {
    weight: 5,
    arbitrary: objectOf({
      algorithm: fc.oneof(algorithm, anything),
      headers: fc.oneof(
        jsonObject,
        objectOf({ kid: anything, typ: anything, crit: anything, b64: anything, alg: anything }),
        anything,
      ),
      jsonEncoder: fc.oneof(fc.func(anything), anything),
      allowWeakSecret: flag,
    }),
  },
  { weight: 2, arbitrary: fc.record({ algorithm }) },
);

/** Claims, valid and invalid. */
export const claims: fc.Arbitrary<unknown> = fc.oneof(
  jsonObject,
  anything,
  objectOf({ exp: anything, iss: anything, own: anything, toJSON: fc.func(anything) }),
);

const pairs = [makePair("RSA"), makePair("P-256"), makePair("Ed25519")];
const realKeys = pairs.flatMap(({ privateKey, publicKey }) => [privateKey, publicKey]);
const realJwks = realKeys.map((key) => key.export({ format: "jwk" }));
const member = fc.oneof(text, text.map(base64url), anything);
const jwk = objectOf({
  kty: fc.oneof(fc.constantFrom("oct", "RSA", "EC", "OKP"), anything),
  crv: fc.oneof(fc.constantFrom("P-256", "Ed25519"), anything),
  alg: fc.oneof(algorithm, anything),
  use: anything,
  key_ops: fc.oneof(fc.constant(["sign", "verify"]), anything),
  ...Object.fromEntries(["k", "n", "e", "d", "x", "y"].map((name) => [name, member])),
});
const lookalike = fc
  .tuple(
    fc.constantFrom("CryptoKey", "KeyObject"),
    fc.record(
      { type: fc.constantFrom("secret", "public"), algorithm: anything, usages: anything },
      { requiredKeys: [] },
    ),
  )
  .map(([tag, members]) => Object.defineProperty(members, Symbol.toStringTag, { value: tag }));

/** Keys, valid and invalid. */
export const keys: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(SECRET) },
  anything,
  text,
  fc.uint8Array({ maxLength: 80 }),
  jwk,
  fc
    .tuple(fc.constantFrom(...realJwks), jwk)
    .map(([real, wrong]) => new Recipe({ ...real, ...wrong.members }, "plain", 0)),
  lookalike,
  fc.constantFrom<unknown>(SECRET, createSecretKey(Buffer.alloc(64, 7)), ...realKeys, ...realJwks),
  text.map((body) => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`),
  fc.record({ "~prepare": fc.func(anything) }),
);

const header = fc
  .tuple(
    fc.record(
      { alg: fc.oneof(algorithm, text), kid: fc.oneof(text, fc.integer()), crit: fc.constant(["x"]) },
      { requiredKeys: ["alg"] },
    ),
    jsonObject,
  )
  .map(([known, own]) => ({ ...own, ...known }));
const payload = fc
  .tuple(jsonObject, fc.record({ exp: fc.oneof(fc.double(), text), sub: text, aud: text }, { requiredKeys: [] }))
  .map(([own, known]) => ({ ...own, ...known }));
const segment = fc.oneof(
  text,
  text.map(base64url),
  header.map((members) => base64url(JSON.stringify(members))),
);

/** Tokens, valid and invalid. */
export const tokens: fc.Arbitrary<unknown> = fc.oneof(
  anything,
  text,
  fc.array(segment, { minLength: 2, maxLength: 4 }).map((segments) => segments.join(".")),
  fc.tuple(header, payload).map(([header, payload]) => forge({ header, payload })),
  { weight: 4, arbitrary: payload.map((payload) => forge({ payload })) },
);
