/** Loads the keys of a file: a JSON Web Key Set with the times at which keys sign and retire. */
import { InvalidConfigError } from "../errors.ts";
import { withoutNulls } from "../jwt/keys/members.ts";
import { loadBuiltin } from "../util/builtins.ts";
import type { KeyConfig, KeyLoader } from "./key-options.ts";

/**
 * A key of the file: a JWK with `alg` and `kid`, and with `signFrom` and `retireAt` in seconds
 * since 1970.
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
 * Creates a loader for the option `keys` from a file that `claimgate keys` writes. The loader reads
 * the file at each refresh. A key with private members signs; any other key only verifies.
 *
 * `path` is a `file:` URL or a path, relative to the current working directory. The loader rejects
 * with `InvalidConfigError` if the file cannot be read. No message contains the file's content.
 * @throws `InvalidConfigError` if `path` is empty, or if the runtime cannot read files.
 * @see RFC 7517, section 5
 * @example
 * ```ts
 * import { AuthManager, keysFromFile } from "claimgate";
 *
 * const keys = keysFromFile("keys.json");
 * const auth = new AuthManager({ issuer: "https://api.example.com", keys });
 * ```
 */
export function keysFromFile(path: string | URL): KeyLoader {
  if (!(path instanceof URL) && (typeof path !== "string" || path === ""))
    throw new InvalidConfigError("keys", "must have the path or the URL of a file: keysFromFile(path)");
  const fs = loadBuiltin("node:fs/promises") as FileSystem | undefined;
  const paths = loadBuiltin("node:path") as { resolve(path: string): string } | undefined;
  if (!fs || !paths)
    throw new InvalidConfigError("keys", "cannot come from a file in this runtime; pass a list or a function");
  const file = path instanceof URL ? path : paths.resolve(path);
  return async () => {
    const text = await fs.readFile(file, "utf8").catch((cause: unknown) => explain(file, cause));
    return readKeyFile(text, String(file)).map(toKeyConfig);
  };
}

interface FileSystem {
  readFile(path: string | URL, encoding: "utf8"): Promise<string>;
}

/** Reads the keys in the text of a file. Throws `InvalidConfigError`. */
export function readKeyFile(text: string, file: string): FileKey[] {
  const keys = (parse(text, file) as { keys?: unknown } | null)?.keys;
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
  if (!isList) throw new InvalidConfigError("keys", `${file} must be a JSON Web Key Set: write it with claimgate keys`);
  return keys as FileKey[];
}

function toKeyConfig({ signFrom, retireAt, ...members }: FileKey, index: number): KeyConfig {
  const jwk = withoutNulls(members);
  if (typeof jwk.alg !== "string") throw new InvalidConfigError(`keys.${index}.alg`, "must be set in a file of keys");
  const half = jwk.kty === "oct" ? "secret" : jwk.d === undefined ? "publicKey" : "privateKey";
  const config = { kid: jwk.kid, algorithm: jwk.alg, [half]: jwk, signFrom, retireAt };
  // parseKeyList checks the values.
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as Partial<KeyConfig> as KeyConfig;
}

// Without the cause: the parser's message quotes the file.
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidConfigError("keys", `${file} must be JSON: write it with claimgate keys`);
  }
}

function explain(file: string | URL, cause: unknown): never {
  const { code = "" } = cause as { code?: string };
  throw new InvalidConfigError(
    "keys",
    `${String(file)} cannot be read${code && ` (${code})`}: check its path and permissions`,
    { cause },
  );
}
