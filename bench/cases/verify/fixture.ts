/** Keys and tokens of one algorithm, the same for every contender. */
import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Algorithm, createSignKey, signInput } from "./algorithms.ts";

export const ISSUER = "https://api.example.com";

/** The key id for contenders that look their key up by name; only their tokens carry it. */
export const KID = "bench";

/** `"oidc"` tokens carry a `kid`, and their scope is a string of about the same length. */
export type Flavour = "plain" | "oidc";

export interface Fixture {
  readonly algorithm: Algorithm;
  /** The secret, or the public key. */
  readonly key: KeyObject;
  /** The secret, or the private key. */
  readonly signKey: KeyObject;
  /** One for each subject: `iss iat exp sub type` and a scope that is an object. */
  readonly tokens: readonly string[];
}

interface Saved {
  readonly jwk: JsonWebKey;
  readonly tokens: readonly string[];
}

/**
 * Returns `count` tokens. RSA signs thousands of them in seconds, so the first process of a run
 * saves them beside the compiled cases for the others.
 */
export async function openFixture(algorithm: Algorithm, count: number, flavour: Flavour = "plain"): Promise<Fixture> {
  const path = fileURLToPath(new URL(`../../fixtures/${algorithm}-${count}-${flavour}.json`, import.meta.url));
  const { jwk, tokens } = existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as Saved)
    : await save(path, await mint(algorithm, count, flavour));
  const secret = jwk.kty === "oct" ? createSecretKey(jwk.k ?? "", "base64url") : null;
  const signKey = secret ?? createPrivateKey({ key: jwk, format: "jwk" });
  return { algorithm, key: secret ?? createPublicKey(signKey), signKey, tokens };
}

async function save(path: string, saved: Saved): Promise<Saved> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(saved));
  return saved;
}

async function mint(algorithm: Algorithm, count: number, flavour: Flavour): Promise<Saved> {
  const key = createSignKey(algorithm);
  const header = encode({ alg: algorithm, typ: "JWT", ...(flavour === "oidc" ? { kid: KID } : {}) });
  const iat = Math.floor(Date.now() / 1000);
  const inputs = Array.from({ length: count }, (_, index) => {
    const scope =
      flavour === "oidc"
        ? "api:admin api:teams:red api:teams:blue"
        : { admin: index % 2 === 0, teams: ["red", "blue"] };
    const claims = { sub: `user-${100_000 + index}`, type: "auth", scope, iss: ISSUER, iat, exp: iat + 86_400 };
    return `${header}.${encode(claims)}`;
  });
  const tokens = await Promise.all(
    inputs.map(async (input) => `${input}.${(await signInput(algorithm, key, input)).toString("base64url")}`),
  );
  return { jwk: key.export({ format: "jwk" }), tokens };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
