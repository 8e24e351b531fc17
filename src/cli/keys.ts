/** `claimgate keys`: makes a secret, and makes, rotates and lists files of keys. */
import { randomBytes } from "node:crypto";
import { type Command, Option } from "commander";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, generateSecret, type JWK } from "jose";
import { ALGORITHMS, type Algorithm, isAlgorithm, traitsOf } from "../core/jwt/algorithms.ts";
import type { FileKey } from "../core/key-ring/key-file.ts";
import { newestOf } from "../core/key-ring/ring-snapshot.ts";
import { changeKeyFile, createKeyFile, createSecretFile, readKeys } from "./key-store.ts";
import { CommandError, print, readSeconds, showTime, type Terminal } from "./output.ts";

interface Shared {
  readonly json?: boolean;
}

interface GenerateOptions extends Shared {
  readonly type: "key" | "secret";
  readonly alg?: string;
  readonly kid?: string;
}

interface RotateOptions extends Shared {
  readonly alg?: string;
  readonly kid?: string;
  readonly signIn: string;
  readonly maxTokenAge: string;
  readonly now?: boolean;
}

// The margin covers clocks that differ, and processes that read the file late.
const MARGIN_SECONDS = 300;
const RSA_BITS = 3072;

/** Adds the commands `keys generate`, `keys rotate` and `keys list` to `program`. */
export function addKeysCommands(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("make, rotate and list the keys of a file (a JWKS with mode 0600)");
  const algorithms = `one of ${ALGORITHMS.join(", ")}`;
  keys
    .command("generate")
    .description("make a new file with one key that signs at once, or with one secret")
    .argument("<file>", "the file to make")
    .addOption(
      new Option(
        "--type <type>",
        "key: a JWKS, for the option keys; secret: the text of an HMAC secret, for JWT_SECRET",
      )
        .choices(["key", "secret"])
        .default("key"),
    )
    .option("--alg <algorithm>", `${algorithms}; default: ES256, or HS256 for a secret`)
    .option("--kid <kid>", "default: the key's RFC 7638 thumbprint; a secret has none")
    .option("--json", "print JSON")
    .action((file: string, options: GenerateOptions) => generate(file, options, terminal));
  keys
    .command("rotate")
    .description("add a key that signs later, and retire the earlier keys after their last token has expired")
    .argument("<file>", "the file to change")
    .option("--alg <algorithm>", `${algorithms}; default: the algorithm of the newest key`)
    .option("--kid <kid>", "default: the key's RFC 7638 thumbprint")
    .option(
      "--sign-in <seconds>",
      "seconds until the new key signs; by then, every process and cache must have read it",
      "600",
    )
    .option(
      "--max-token-age <seconds>",
      "the longest lifetime of a token in seconds: the option maxTokenAge of the manager",
      "604800",
    )
    .addOption(
      new Option(
        "--now",
        "for a leaked key: the new key signs at once; the earlier keys and their tokens become invalid at once",
      ).conflicts(["signIn", "maxTokenAge"]),
    )
    .option("--json", "print JSON")
    .action((file: string, options: RotateOptions) => rotate(file, options, terminal));
  keys
    .command("list")
    .description("list the keys, without their private members")
    .argument("<file>", "the file to read")
    .option("--json", "print JSON")
    .action((file: string, options: Shared) => list(file, options, terminal));
}

async function generate(file: string, options: GenerateOptions, terminal: Terminal): Promise<void> {
  if (options.type === "secret") return generateSecretText(file, options, terminal);
  const { alg = "ES256", kid, json } = options;
  const key = await makeKey(readAlgorithm(alg), kid);
  await createKeyFile(file, [key]);
  const result = { file, ...describe(key), state: "signs" };
  print(terminal, result, json, () => `Made ${file} with the ${alg} key ${String(key.kid)}`);
}

async function generateSecretText(
  file: string,
  { alg = "HS256", kid, json }: GenerateOptions,
  terminal: Terminal,
): Promise<void> {
  if (kid !== undefined) throw new CommandError("--kid cannot be combined with --type secret: a secret has no kid");
  const traits = isAlgorithm(alg) ? traitsOf(alg) : undefined;
  if (traits?.family !== "HMAC")
    throw new CommandError("--alg must be HS256, HS384 or HS512 with --type secret: other algorithms need --type key");
  const bytes = traits.secretBytes;
  await createSecretFile(file, randomBytes(bytes).toString("hex"));
  print(terminal, { file, type: "secret", alg, bytes }, json, () =>
    [
      `Made ${file} with an ${alg} secret: ${bytes} random bytes in hexadecimal`,
      `Set it with JWT_SECRET="$(cat ${quote(file)})"`,
    ].join("\n"),
  );
}

function quote(file: string): string {
  return /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}

async function rotate(file: string, options: RotateOptions, terminal: Terminal): Promise<void> {
  const at = now();
  const signFrom = at + (options.now ? 0 : readSeconds("--sign-in", options.signIn));
  const retireAt = options.now
    ? at
    : signFrom + readSeconds("--max-token-age", options.maxTokenAge, 1) + MARGIN_SECONDS;
  let made: FileKey | undefined;
  let removed: readonly FileKey[] = [];
  await changeKeyFile(file, terminal, async (keys) => {
    if (!options.now) refuseToOvertake(keys, signFrom, at);
    const newest = keys.at(-1);
    if (!newest && options.alg === undefined)
      throw new CommandError(`${file} has no key whose algorithm could be used: give --alg`);
    made = await makeKey(readAlgorithm(options.alg ?? newest?.alg), options.kid);
    const { kid } = made;
    if (keys.some((key) => key.kid === kid))
      throw new CommandError(`${file} already has a key with the kid ${String(kid)}: give another --kid`);
    // A key's earlier `retireAt` already covers its last token, so that only --now shortens it.
    const kept = keys.map((key) => ({
      ...key,
      retireAt: options.now || typeof key.retireAt !== "number" ? retireAt : key.retireAt,
    }));
    removed = kept.filter((key) => key.retireAt <= at);
    return [...kept.filter((key) => !removed.includes(key)), options.now ? made : { ...made, signFrom }];
  });
  const result = { file, kid: made?.kid, signFrom, retireAt, removed: removed.map((key) => key.kid) };
  print(terminal, result, options.json, () =>
    [
      `Added the key ${String(made?.kid)} to ${file}; it signs from ${showTime(signFrom)}`,
      ...(options.now
        ? []
        : [`The earlier keys verify until ${showTime(retireAt)}, unless an earlier rotation has set their end`]),
      ...removed.map((key) => `Removed the retired key ${String(key.kid)}`),
    ].join("\n"),
  );
}

// A key that begins to sign after the new key would sign until it retires, so its last tokens would
// become invalid too early.
function refuseToOvertake(keys: readonly FileKey[], signFrom: number, at: number): void {
  const later = keys.find((key) => canSign(key) && startOf(key) > signFrom && readTime(key.retireAt) > at);
  if (!later) return;
  const wait = Math.ceil(startOf(later)) - at;
  throw new CommandError(
    `The key ${String(later.kid)} begins to sign at ${showTime(startOf(later))}, and the new key must not begin earlier: give --sign-in ${wait} or more, or --now`,
  );
}

async function list(file: string, { json }: Shared, terminal: Terminal): Promise<void> {
  const keys = await readKeys(file, terminal);
  const at = now();
  const signing = signingKey(keys, at);
  const rows = keys.map((key) => ({ ...describe(key), state: stateOf(key, signing, at) }));
  print(terminal, { file, keys: rows }, json, () =>
    rows
      .map(({ kid, alg, state, signFrom, retireAt }) =>
        [
          String(kid).padEnd(43),
          String(alg).padEnd(5),
          state.padEnd(9),
          signFrom === undefined ? "" : `signs from ${showTime(signFrom)}`,
          retireAt === undefined ? "" : `retires ${showTime(retireAt)}`,
        ]
          .filter(Boolean)
          .join("  ")
          .trimEnd(),
      )
      .join("\n"),
  );
}

/** The members of a key that may be shown: an allow-list, so that no secret is printed. */
function describe({ kid, alg, kty, ...times }: FileKey) {
  const [signFrom, retireAt] = [times.signFrom, times.retireAt].map((time) =>
    typeof time === "number" ? time : undefined,
  );
  return { kid, alg, kty, signFrom, retireAt };
}

/** The state of a key at the time `at`. `signing` is the key that then signs. */
function stateOf(key: FileKey, signing: FileKey | undefined, at: number): "retired" | "signs" | "waits" | "verifies" {
  if (readTime(key.retireAt) <= at) return "retired";
  if (key === signing) return "signs";
  return canSign(key) && startOf(key) > at ? "waits" : "verifies";
}

/** The key that a manager signs with at the time `at`. */
function signingKey(keys: readonly FileKey[], at: number): FileKey | undefined {
  const signing = keys.filter((key) => canSign(key) && startOf(key) <= at && readTime(key.retireAt) > at);
  return newestOf(signing, startOf);
}

function canSign({ kty, d }: FileKey): boolean {
  return kty === "oct" || d !== undefined;
}

function startOf({ signFrom }: FileKey): number {
  return typeof signFrom === "number" ? signFrom : 0;
}

async function makeKey(alg: Algorithm, kid: string | undefined): Promise<FileKey> {
  if (kid === "") throw new CommandError("--kid must not be empty");
  const jwk: JWK = alg.startsWith("HS")
    ? await exportJWK(await generateSecret(alg, { extractable: true }))
    : await exportJWK((await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS })).privateKey);
  return { ...jwk, kid: kid ?? (await calculateJwkThumbprint(jwk)), alg, use: "sig" };
}

function readAlgorithm(alg: unknown): Algorithm {
  if (!isAlgorithm(alg)) throw new CommandError(`--alg must be one of ${ALGORITHMS.join(", ")}`);
  return alg;
}

function readTime(time: unknown): number {
  return typeof time === "number" ? time : Number.POSITIVE_INFINITY;
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
