/** Keys kept in a file: a JSON Web Key Set whose keys also say when they sign and when they retire. */
import { InvalidConfigError } from "./errors.ts";
import { loadBuiltin } from "./jwt/node-crypto.ts";
import type { KeyConfig, KeyLoader } from "./key-config.ts";

/** A key as it stands in the file: a JWK (RFC 7517) with `alg` and `kid`, and with `signFrom` and `retireAt` in seconds since 1970. */
export interface FileKey {
  readonly kty?: unknown;
  readonly alg?: unknown;
  readonly kid?: unknown;
  readonly d?: unknown;
  readonly signFrom?: unknown;
  readonly retireAt?: unknown;
  readonly [member: string]: unknown;
}

/**
 * A loader for the option `keys`: reads the file anew at each refresh, as `claimgate keys` writes it. A key with private members signs, one
 * without verifies only. The loader rejects with `InvalidConfigError` where the file cannot be read; nothing of the file is ever shown.
 */
export function keysFromFile(path: string): KeyLoader {
  if (typeof path !== "string" || path === "") throw new InvalidConfigError("keys", "needs the path of a file");
  const fs = loadBuiltin("node:fs/promises") as
    | { readFile(path: string, encoding: "utf8"): Promise<string> }
    | undefined;
  if (!fs) throw new InvalidConfigError("keys", "this runtime cannot read a file");
  return async () => readKeyFile(await fs.readFile(path, "utf8").catch(explain)).map(toKeyConfig);
}

/** The keys in the text of a file. Throws `InvalidConfigError`. */
export function readKeyFile(text: string): FileKey[] {
  const keys = (parse(text) as { keys?: unknown } | null)?.keys;
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
  if (!isList) throw new InvalidConfigError("keys", "the file is no JSON Web Key Set");
  return keys as FileKey[];
}

function toKeyConfig({ signFrom, retireAt, ...jwk }: FileKey, index: number): KeyConfig {
  if (typeof jwk.alg !== "string") throw new InvalidConfigError(`keys.${index}.alg`, "must be given in a file of keys");
  const half = jwk.kty === "oct" ? "secret" : jwk.d === undefined ? "publicKey" : "privateKey";
  const config = { kid: jwk.kid, algorithm: jwk.alg, [half]: jwk, signFrom, retireAt };
  // What is wrong with it is found where every list of keys is read.
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as Partial<KeyConfig> as KeyConfig;
}

// Without the cause: a parser's message quotes what it read.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidConfigError("keys", "the file is not JSON");
  }
}

function explain(cause: unknown): never {
  throw new InvalidConfigError("keys", "the file cannot be read", { cause });
}
