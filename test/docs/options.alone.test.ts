/** The options of `AuthManager` agree in their types, in the README and in their schemas. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { AuthManager, memorySessionStore } from "claimgate";
import { describe, expect, it, vi } from "vitest";
import { resolveConfig } from "../../src/core/config/resolve-config.ts";
import { resolveTrust } from "../../src/core/issuers/resolve-trust.ts";
import { parseKeyList, parseKeyRefresh } from "../../src/core/key-ring/key-options.ts";

type Shape = Readonly<Record<string, { safeParse(value: unknown): { readonly data?: unknown } }>>;

// Records the options of every strict schema before the first import, so that a test finds each.
const shapes = vi.hoisted((): Shape[] => []);
vi.mock("zod/mini", async (importOriginal) => {
  const zod = await importOriginal<{ strictObject(shape: Shape, ...rest: unknown[]): unknown }>();
  const strictObject = (shape: Shape, ...rest: unknown[]): unknown => {
    shapes.push(shape);
    return zod.strictObject(shape, ...rest);
  };
  return { ...zod, strictObject };
});

/** An option as its type documents it. */
interface Documented {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly text: string;
  /** The text after `@default`. */
  readonly default: string | undefined;
}

const resolved = resolveConfig({
  issuer: "me",
  algorithm: "HS256",
  secret: "s".repeat(32),
  sessions: memorySessionStore(),
  cookies: { auth: "auth", refresh: "refresh", former: [{ names: { auth: "former" }, until: 1 }] },
  authorize: () => ({}),
});

// A schema is made at its first use.
parseKeyRefresh({});
parseKeyList([{ algorithm: "HS256", secret: "s".repeat(32) }]);

/** The places that define the options of a type. */
interface Place {
  readonly file: string;
  /** The types that define the rest of its options, and their files. */
  readonly others?: Readonly<Record<string, string>>;
  /** An option that only this type's schema reads. */
  readonly key: string;
  /** The heading above the README's table. */
  readonly table?: string;
  /** Defaults that the code applies after the schema. */
  readonly applied?: Readonly<Record<string, unknown>>;
}

const TYPES: Readonly<Record<string, Place>> = {
  AuthManagerOptions: {
    file: "core/config/options.ts",
    others: {
      ClaimsOptions: "core/config/options.ts",
      GeneralOptions: "core/config/options.ts",
      OwnIssuerOptions: "core/config/options.ts",
      SecretKeyConfig: "core/config/options.ts",
      PrivateKeyOptions: "core/config/options.ts",
      PublicKeyOptions: "core/config/options.ts",
      KeyRingConfig: "core/config/options.ts",
      SessionOptions: "core/config/session-options.ts",
    },
    key: "authMaxAge",
    table: "## Options",
    applied: {
      authMaxAge: resolved.own?.authMaxAge,
      refreshMaxAge: resolved.own?.refreshMaxAge,
      ...resolved.sessions,
      authorizeAt: resolved.authorizeIssue ? "issue" : "request",
      keyRefresh: defaultsIn(shapeWith("interval")),
    },
  },
  CookieConfig: {
    file: "core/config/cookie-options.ts",
    key: "sameSite",
    table: "### Cookies",
    applied: { partitioned: false, ...resolved.cookies.attributes },
  },
  FormerCookies: {
    file: "core/config/cookie-options.ts",
    key: "until",
    applied: { partitioned: false, ...resolved.cookies.former[0]?.attributes },
  },
  CsrfConfig: { file: "core/config/csrf-options.ts", key: "origins" },
  KeyConfig: { file: "core/key-ring/key-options.ts", key: "retireAt" },
  KeyRefreshConfig: { file: "core/key-ring/key-options.ts", key: "interval" },
  ResponseLoaders: { file: "core/refusal-words.ts", key: "unauthorized" },
  TrustedIssuer: {
    file: "core/issuers/trusted-issuer.ts",
    key: "jwksUri",
    table: "### Other people's issuers",
    applied: readIssuer(),
  },
};

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

describe.each(Object.entries(TYPES))("%s", (type, place) => {
  const options = optionsOf(type);
  const shape = shapeWith(place.key);

  it("has the options that its schema reads, and no others", () => {
    expect(namesOf(options)).toEqual(Object.keys(shape).toSorted());
  });

  it("describes every option, with a unit for each number", () => {
    const silent = options.filter((option) => option.text === "");
    const withoutUnit = options.filter(
      (option) => option.type === "number" && !/seconds|characters/i.test(option.text),
    );
    expect([...silent, ...withoutUnit]).toEqual([]);
  });

  it("documents the defaults that the code applies", () => {
    const real = options
      .map(({ name }) => [name, defaultIn(shape, name) ?? place.applied?.[name]])
      // "none" stands for `undefined` and for an empty value.
      .filter(([, value]) => !isNothing(value));
    expect(defaultsOf(options)).toEqual(Object.fromEntries(real));
  });
});

describe.each(Object.entries(TYPES).filter(([, { table }]) => table !== undefined))("%s", (type, { table = "" }) => {
  const options = optionsOf(type);
  const rows = rowsBelow(table);

  it("has the same options and defaults as the README's table", () => {
    expect([...rows.keys()].toSorted()).toEqual(namesOf(options));
    expect(defaultsOf([...rows].map(([name, value]) => ({ name, default: value })))).toEqual(defaultsOf(options));
  });

  it("has its required options marked in the README's table", () => {
    const required = options.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
    expect(required.filter((name) => rows.get(name)?.startsWith("required") !== true)).toEqual([]);
  });
});

it.each(Object.entries(TYPES).filter(([, { table }]) => table === undefined))("%s is listed in the README", (type) => {
  const listed = [...README.matchAll(/\{ (\w+\??(?:(?:, | \| )\w+\??)*) \}/g)].map(([, list = ""]) =>
    list.split(/, | \| /).map((name) => name.replace("?", "")),
  );
  const defaults = [...rowsBelow("## Options").values()].map((value) => Object.keys(Object(literalIn(value))));
  expect([...listed, ...defaults].map((list) => list.toSorted())).toContainEqual(namesOf(optionsOf(type)));
});

it("the static defaults of AuthManager are those of its options", () => {
  const { authMaxAge, refreshMaxAge } = defaultsOf(optionsOf("AuthManagerOptions"));
  expect([AuthManager.defaultAuthMaxAge, AuthManager.defaultRefreshMaxAge]).toEqual([authMaxAge, refreshMaxAge]);
});

function shapeWith(key: string): Shape {
  const found = shapes.filter((shape) => Object.hasOwn(shape, key));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} schemas read ${key}`);
  return found[0];
}

function defaultIn(shape: Shape, name: string): unknown {
  return shape[name]?.safeParse(undefined).data;
}

function defaultsIn(shape: Shape): Record<string, unknown> {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, defaultIn(shape, name)]));
}

/** The options in a type's text and in the types beside it, without those that a type excludes. */
function optionsOf(type: string): Documented[] {
  const { file, others = {} } = TYPES[type] as Place;
  return [[type, file] as const, ...Object.entries(others)]
    .flatMap(([name, place]) => optionsIn(name, place))
    .filter((option) => option.type !== "never");
}

function optionsIn(type: string, file: string): Documented[] {
  const code = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");
  const [, body = ""] =
    new RegExp(`^export (?:interface|type) ${type}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(code) ?? [];
  return [...body.matchAll(/(?:^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^ {2}readonly (\w+)(\??): ([^;]*)/gm)].map(
    ([, comment = "", name = "", optional, optionType = ""]) => {
      const [text = "", ...tags] = comment.replace(/\n? +\*(?: |$)/g, " ").split(/ @(?=\w)/);
      const stated = tags.find((tag) => tag.startsWith("default "))?.slice("default ".length);
      return { name, type: optionType, isOptional: optional === "?", text: text.trim(), default: stated?.trim() };
    },
  );
}

function namesOf(options: readonly Documented[]): string[] {
  return options.map(({ name }) => name).toSorted();
}

/** The defaults that are values. */
function defaultsOf(options: readonly Pick<Documented, "name" | "default">[]): Record<string, unknown> {
  const values = options.map((option) => [option.name, literalIn(option.default)]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Record<string, unknown>;
}

/** The defaults in the first table below a heading, by option. */
function rowsBelow(heading: string): Map<string, string> {
  const section = README.slice(README.indexOf(`\n${heading}\n`));
  const [, table = ""] = /\n\|---[^\n]*\n((?:\|[^\n]*\n)*)/.exec(section) ?? [];
  const rows = table
    .trimEnd()
    .split("\n")
    .flatMap((line) => {
      const [, first = "", second = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const names = [...first.matchAll(/`(\w+)[^`]*`/g)].map(([, name = ""]) => name);
      // A row with several options has one default for each, or one for all.
      const defaults = second.split(/, (?![^{]*\})/);
      const isEach = defaults.length === names.length;
      return names.map((name, i): [string, string] => [name, (isEach ? defaults[i] : second) ?? ""]);
    });
  return new Map(rows);
}

/**
 * The value of a default: a number, a text, a flag or an object; `undefined` for words such as
 * `none`.
 */
function literalIn(text: string | undefined): unknown {
  const bare = text?.replace(/^`(.*)`$/, "$1") ?? "";
  const isLiteral = /^(?:[\d.]+|true|false|"[^"]*"|\{.*\})$/.test(bare);
  return isLiteral ? (runInThisContext(`(${bare})`) as unknown) : undefined;
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === Number.POSITIVE_INFINITY ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/**
 * The defaults of a trusted issuer outside the schema: `aud` and `typ` are checked, and the subject
 * is unchanged.
 */
function readIssuer(): Readonly<Record<string, unknown>> {
  const jwk = { kty: "oct", k: Buffer.from("s".repeat(32)).toString("base64url"), alg: "HS256" };
  const entry = { issuer: "they", jwks: { keys: [jwk] }, audience: "me", algorithms: ["HS256"] };
  const issuer = resolveTrust([entry], {
    ownIssuer: undefined,
    leeway: 0,
    allowWeakSecret: false,
    now: () => 0,
    onFailure: () => undefined,
  }).get("they");
  const claims = { iss: "they", sub: "ann", iat: 0, exp: 60 };
  const read = issuer?.accept({ typ: "at+jwt" }, { ...claims, aud: "me" });
  expect(() => issuer?.accept({ typ: "at+jwt" }, { ...claims, client_id: "me" })).toThrow();
  expect(() => issuer?.accept({ typ: "JWT" }, { ...claims, aud: "me", scope: "" })).toThrow();
  return { audienceClaim: "aud", typ: "at+jwt", subject: read?.["sub"] === "ann" ? "verbatim" : "another" };
}
