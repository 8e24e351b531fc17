/** `AuthManager.fromEnv`: the `JWT_...` variables, read from the process or from a file. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthManager } from "claimgate";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { ISSUER, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";

const VARIABLES = [
  "JWT_ISSUER",
  "JWT_AUTHTYPE",
  "JWT_SECRET",
  "JWT_PUBLICKEY",
  "JWT_AUTHMAXAGE",
  "JWT_REFRESHMAXAGE",
  "JWT_AUDIENCE",
];
const saved = VARIABLES.map((name) => [name, process.env[name]] as const);
const folder = mkdtempSync(join(tmpdir(), "claimgate-env-"));
const ec = makePair("P-256");
const privatePem = ec.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const publicPem = ec.publicKey.export({ format: "pem", type: "spki" }) as string;
const HS = { JWT_ISSUER: ISSUER, JWT_AUTHTYPE: "HS256", JWT_SECRET: SECRET };

beforeEach(clear);
afterEach(() => {
  clear();
  for (const [name, value] of saved) if (value !== undefined) process.env[name] = value;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("fromEnv with variables of the process", () => {
  it("builds a manager from them", async () => {
    Object.assign(process.env, { ...HS, JWT_AUTHMAXAGE: "60", JWT_REFRESHMAXAGE: " 120 ", JWT_AUDIENCE: "api" });
    const auth = AuthManager.fromEnv();
    const a = await auth.authToken("ada");
    expect(a).toMatchObject({ iss: ISSUER, alg: "HS256", maxAge: 60 });
    expect(a.claims.aud).toBe("api");
    expect((await auth.refreshToken("ada")).maxAge).toBe(120);
    expect((await auth.verify(a.signed)).sub).toBe("ada");
  });

  it("reads the private key of an asymmetric algorithm from JWT_SECRET, on one line or on many", async () => {
    for (const line of [privatePem, privatePem.trim().replaceAll("\n", "\\n")]) {
      Object.assign(process.env, { ...HS, JWT_AUTHTYPE: "ES256", JWT_SECRET: line });
      const auth = AuthManager.fromEnv();
      await auth.ready();
      expect((await auth.authToken("ada")).alg).toBe("ES256");
    }
  });

  it("builds a manager that only verifies when JWT_PUBLICKEY is the only key", async () => {
    Object.assign(process.env, { ...HS, JWT_AUTHTYPE: "ES256", JWT_SECRET: privatePem });
    const { signed } = await AuthManager.fromEnv().authToken("ada");
    delete process.env["JWT_SECRET"];
    process.env["JWT_PUBLICKEY"] = publicPem.trim().replaceAll("\n", "\\n");
    const verifier = AuthManager.fromEnv();
    expect((await verifier.verify(signed)).sub).toBe("ada");
    expect(await refusalOf(() => verifier.authToken("ada"))).toMatchObject({ name: "MissingSignerError" });
  });

  it("prefers an option to its variable", async () => {
    Object.assign(process.env, { ...HS, JWT_AUTHMAXAGE: "not read" });
    const auth = AuthManager.fromEnv({ issuer: "https://other.example", authMaxAge: 5 });
    expect(await auth.authToken("ada")).toMatchObject({ iss: "https://other.example", maxAge: 5 });
  });

  it("accepts the algorithm as an option", async () => {
    Object.assign(process.env, { JWT_ISSUER: ISSUER, JWT_SECRET: privatePem });
    expect((await AuthManager.fromEnv({ algorithm: "ES256" }).authToken("ada")).alg).toBe("ES256");
  });

  it("ignores the variables of the single key when options have keys, and reads the other variables", async () => {
    Object.assign(process.env, { ...HS, JWT_PUBLICKEY: "not a key", JWT_AUTHMAXAGE: "60" });
    const auth = AuthManager.fromEnv({ keys: [{ kid: "a", algorithm: "ES256", privateKey: privatePem }] });
    expect(await auth.authToken("ada")).toMatchObject({ iss: ISSUER, alg: "ES256", maxAge: 60 });
    delete process.env["JWT_ISSUER"];
    const error = await refusalOf(() =>
      AuthManager.fromEnv({ keys: [{ algorithm: "ES256", privateKey: privatePem }] }),
    );
    expect(error).toMatchObject({ name: "MissingConfigError", configValue: "JWT_ISSUER" });
  });

  it("needs no variables when options have only trust, and adds the manager's own key when they are set", async () => {
    const { publicKey } = makePair("Ed25519");
    const entry = {
      issuer: "https://other.example",
      jwks: { keys: [publicKey.export({ format: "jwk" })] },
      audience: "api",
      algorithms: ["EdDSA"],
    } as const;
    const trusting = AuthManager.fromEnv({ trust: [entry] } as never);
    expect(await refusalOf(trusting.authToken("ada"))).toMatchObject({ name: "MissingSignerError" });
    Object.assign(process.env, HS);
    const both = AuthManager.fromEnv({ trust: [{ ...entry, subject: "verbatim", claims: [] }] } as never);
    expect(await both.authToken("ada")).toMatchObject({ iss: ISSUER });
  });

  it.each([
    ["Ed25519", makePair("Ed25519")],
    ["PS256", generateKeyPairSync("rsa-pss", { modulusLength: 2048 })],
  ] as const)("signs with the algorithm %s of JWT_AUTHTYPE and the keys of two variables", async (algorithm, pair) => {
    const JWT_SECRET = pair.privateKey.export({ format: "pem", type: "pkcs8" });
    const JWT_PUBLICKEY = pair.publicKey.export({ format: "pem", type: "spki" });
    Object.assign(process.env, { JWT_AUTHTYPE: algorithm, JWT_ISSUER: ISSUER, JWT_SECRET, JWT_PUBLICKEY });
    const auth = AuthManager.fromEnv();
    const token = await auth.authToken("ada");
    expect(token.alg).toBe(algorithm);
    expect((await auth.verify(token.signed)).sub).toBe("ada");
    process.env["JWT_AUTHTYPE"] = algorithm.toLowerCase();
    expect(await refusalOf(() => AuthManager.fromEnv())).toMatchObject({ name: "InvalidConfigError" });
  });

  it("is the only reader of the variables: new AuthManager ignores them", async () => {
    Object.assign(process.env, HS);
    const error = await refusalOf(() => new AuthManager({ algorithm: "HS256", secret: SECRET } as never));
    expect(error).toMatchObject({ name: "MissingConfigError", configValue: "issuer" });
  });
});

describe("fromEnv with a file", () => {
  it("prefers a variable of the process to the same variable of the file", async () => {
    process.env["JWT_ISSUER"] = "https://process.example";
    const path = write(`JWT_ISSUER=https://file.example\nJWT_AUTHTYPE=HS256\nJWT_SECRET="${SECRET}"\n# a comment\n`);
    const jwt = await AuthManager.fromEnv({ path }).authToken("ada");
    expect(jwt).toMatchObject({ iss: "https://process.example", alg: "HS256" });
    expect(process.env["JWT_SECRET"]).toBeUndefined();
  });

  it("reads a quoted key, on one line or on many", async () => {
    for (const key of [`"${privatePem}"`, `'${privatePem.trim().replaceAll("\n", "\\n")}'`]) {
      const path = write(`JWT_ISSUER=${ISSUER}\nJWT_AUTHTYPE=ES256\nJWT_SECRET=${key}\n`);
      await expect(AuthManager.fromEnv({ path }).ready()).resolves.toBeUndefined();
    }
  });

  it("rejects an unreadable file with an InvalidConfigError named path", async () => {
    Object.assign(process.env, HS);
    const error = await refusalOf(() => AuthManager.fromEnv({ path: join(folder, "absent") }));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: "path" });
  });
});

describe("fromEnv with a missing or invalid value", () => {
  it.each([
    ["MissingConfigError", "JWT_ISSUER", { JWT_ISSUER: undefined }],
    ["MissingConfigError", "JWT_ISSUER", { JWT_ISSUER: "  " }],
    ["MissingConfigError", "JWT_AUTHTYPE", { JWT_AUTHTYPE: undefined }],
    ["MissingConfigError", "JWT_AUTHTYPE", { JWT_AUTHTYPE: "" }],
    ["MissingConfigError", "JWT_SECRET", { JWT_SECRET: undefined }],
    ["MissingConfigError", "JWT_SECRET", { JWT_SECRET: undefined, JWT_AUTHTYPE: "ES256" }],
    ["InvalidConfigError", "JWT_AUTHTYPE", { JWT_AUTHTYPE: "none" }],
    ["InvalidConfigError", "JWT_SECRET", { JWT_SECRET: "short" }],
    ["InvalidConfigError", "JWT_SECRET", { JWT_SECRET: "" }],
    ["InvalidConfigError", "JWT_SECRET", { JWT_SECRET: publicPem }],
    ["InvalidConfigError", "JWT_SECRET", { JWT_SECRET: publicPem.trim().replaceAll("\n", "\\n") }],
    ["InvalidConfigError", "JWT_SECRET", { JWT_AUTHTYPE: "ES256" }],
    ["InvalidConfigError", "JWT_PUBLICKEY", { JWT_PUBLICKEY: publicPem }],
    ["InvalidConfigError", "JWT_PUBLICKEY", { JWT_AUTHTYPE: "ES256", JWT_SECRET: privatePem, JWT_PUBLICKEY: "x" }],
    ["InvalidConfigError", "JWT_PUBLICKEY", { JWT_AUTHTYPE: "ES256", JWT_SECRET: privatePem, JWT_PUBLICKEY: " " }],
    ["InvalidConfigError", "JWT_AUTHMAXAGE", { JWT_AUTHMAXAGE: "1h" }],
    ["InvalidConfigError", "JWT_AUTHMAXAGE", { JWT_AUTHMAXAGE: "-1" }],
    ["InvalidConfigError", "JWT_AUTHMAXAGE", { JWT_AUTHMAXAGE: "0" }],
    ["InvalidConfigError", "JWT_AUTHMAXAGE", { JWT_AUTHMAXAGE: "1e3" }],
    ["InvalidConfigError", "JWT_AUTHMAXAGE", { JWT_AUTHMAXAGE: "" }],
    ["InvalidConfigError", "JWT_REFRESHMAXAGE", { JWT_REFRESHMAXAGE: "0x10" }],
    ["InvalidConfigError", "JWT_REFRESHMAXAGE", { JWT_REFRESHMAXAGE: "9".repeat(30) }],
    ["InvalidConfigError", "JWT_AUDIENCE", { JWT_AUDIENCE: "" }],
  ])("throws a %s that names %s", async (name, configValue, over) => {
    for (const [variable, value] of Object.entries({ ...HS, ...over })) {
      if (value !== undefined) process.env[variable] = value;
    }
    const error = await refusalOf(() => AuthManager.fromEnv());
    expect(error).toMatchObject({ name, configValue });
    expect((error as Error).message).toContain(configValue);
  });

  it("names the option when the value came from an option", async () => {
    Object.assign(process.env, HS);
    expect(await refusalOf(() => AuthManager.fromEnv({ issuer: "" }))).toMatchObject({ configValue: "issuer" });
    expect(await refusalOf(() => AuthManager.fromEnv({ leeway: -1 }))).toMatchObject({ configValue: "leeway" });
    expect(await refusalOf(() => AuthManager.fromEnv({ other: 1 } as never))).toMatchObject({ configValue: "other" });
  });
});

function clear(): void {
  for (const name of VARIABLES) delete process.env[name];
}

function write(text: string): string {
  const path = join(folder, ".env");
  writeFileSync(path, text);
  return path;
}
