/** Keys kept in a file: a JSON Web Key Set whose keys also say when they sign and when they retire. */
import { InvalidConfigError } from "../errors.ts";
import { loadBuiltin } from "../util/builtins.ts";
import type { KeyConfig, KeyLoader } from "./key-options.ts";

/**
 * A key as it stands in the file: a JWK (RFC 7517) with `alg` and `kid`, and with `signFrom` and
 * `retireAt` in seconds since 1970.
 */
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
 * A loader for the option `keys`: reads the file anew at each refresh, as `claimgate keys` writes
 * it. `path` is a path, from the working directory as it is now, or a `file:` URL. A key with
 * private members signs, one without verifies only. The loader rejects with `InvalidConfigError`
 * where the file cannot be read; nothing of the file is ever shown.
 */
export function keysFromFile(path: string | URL): KeyLoader {
  if (!(path instanceof URL) && (typeof path !== "string" || path === ""))
    throw new InvalidConfigError("keys", "needs the path of a file, or its URL");
  const fs = loadBuiltin("node:fs/promises") as FileSystem | undefined;
  const paths = loadBuiltin("node:path") as { resolve(path: string): string } | undefined;
  if (!fs || !paths) throw new InvalidConfigError("keys", "this runtime cannot read a file");
  const file = path instanceof URL ? path : paths.resolve(path);
  return async () => {
    const text = await fs.readFile(file, "utf8").catch((cause: unknown) => explain(file, cause));
    return readKeyFile(text, String(file)).map(toKeyConfig);
  };
}

interface FileSystem {
  readFile(path: string | URL, encoding: "utf8"): Promise<string>;
}

/** The keys in the text of `file`. Throws `InvalidConfigError`. */
export function readKeyFile(text: string, file: string): FileKey[] {
  const keys = (parse(text, file) as { keys?: unknown } | null)?.keys;
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
  if (!isList) throw new InvalidConfigError("keys", `${file} is no JSON Web Key Set`);
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
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidConfigError("keys", `${file} is not JSON`);
  }
}

function explain(file: string | URL, cause: unknown): never {
  const { code = "" } = cause as { code?: string };
  throw new InvalidConfigError("keys", `${String(file)} cannot be read ${code && `(${code})`}`.trimEnd(), { cause });
}
