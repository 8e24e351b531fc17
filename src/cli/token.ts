/** `claimgate token`: reads, verifies and signs tokens by hand. */
import type { Command } from "commander";
import { ALGORITHMS, type Algorithm } from "../core/jwt/algorithms.ts";
import { readCompact, readPayload } from "../core/jwt/compact.ts";
import { keysFromFile } from "../core/key-ring/key-file.ts";
import { AuthManager } from "../core/manager/manager.ts";
import type { Json } from "../core/rules/rule.ts";
import type { TokenType } from "../core/tokens/token-type.ts";
import { CommandError, print, readInput, readSeconds, showTime, type Terminal } from "./output.ts";

interface InspectOptions {
  readonly file?: string;
  readonly json?: boolean;
}

interface VerifyOptions extends InspectOptions {
  readonly issuer: string;
  readonly keys?: string;
  readonly jwksUri?: string;
  readonly discovery?: boolean;
  readonly audience?: string[];
  readonly alg?: string[];
  readonly type?: string;
  readonly audienceClaim?: string;
  readonly typ?: string;
  readonly require?: string;
  readonly leeway: string;
}

interface SignOptions {
  readonly keys: string;
  readonly issuer: string;
  readonly subject: string;
  readonly type: string;
  readonly scope?: string;
  readonly claims?: string;
  readonly audience?: string[];
  readonly maxAge?: string;
  readonly json?: boolean;
}

/** Adds the commands `token inspect`, `token verify` and `token sign` to `program`. */
export function addTokenCommands(program: Command, terminal: Terminal): void {
  const token = program
    .command("token")
    .description("read, verify and sign tokens; tokens are read from standard input");
  const file = ["--file <file>", "read the token from a file instead of standard input"] as const;
  token
    .command("inspect")
    .description("show a token's header and claims WITHOUT verifying them")
    .option(...file)
    .option("--json", "print JSON")
    .action((options: InspectOptions) => inspect(options, terminal));
  token
    .command("verify")
    .description("verify a token by your own keys with --keys, or by those of an issuer with --jwks-uri or --discovery")
    .requiredOption("--issuer <issuer>", "the iss that the token must have")
    .option("--keys <file>", "the file with the keys of your manager")
    .option("--jwks-uri <url>", "the key set of another issuer")
    .option("--discovery", "find the key set in the metadata of the issuer")
    .option("--audience <audience...>", "the accepted audiences: the token must have one of them")
    .option("--alg <algorithm...>", "without --keys: the accepted algorithms; default: all asymmetric ones")
    .option("--audience-claim <claim>", "without --keys: the claim that --audience is compared with; default: aud")
    .option("--typ <typ>", 'without --keys: the typ header that the token must have, or "any"; default: at+jwt')
    .option("--require <json>", "without --keys: claims and values that the token must have, as a JSON object")
    .option("--type <type>", "with --keys: auth, refresh or any; default: auth")
    .option("--leeway <seconds>", "seconds of tolerance for exp, nbf and iat", "0")
    .option(...file)
    .option("--json", "print JSON")
    .action((options: VerifyOptions) => verify(options, terminal));
  token
    .command("sign")
    .description("sign a token with the key of a file that signs now, and print the token")
    .requiredOption("--keys <file>", "the file with the keys")
    .requiredOption("--issuer <issuer>", "the iss of the token")
    .requiredOption("--subject <subject>", "the sub of the token")
    .option("--type <type>", "auth or refresh", "auth")
    .option("--scope <scope>", "the scope: words, or a JSON list or object")
    .option("--claims <json>", "further claims, as a JSON object")
    .option("--audience <audience...>", "the aud of the token")
    .option("--max-age <seconds>", "the lifetime of the token; default: 3600, or 604800 for a refresh token")
    .option("--json", "print JSON")
    .action((options: SignOptions) => sign(options, terminal));
}

async function inspect({ file, json }: InspectOptions, terminal: Terminal): Promise<void> {
  const { header, payload } = readCompact(await readInput(terminal, file, "a token"));
  const claims = readPayload(payload);
  print(terminal, { verified: false, header, claims }, json, () =>
    [
      `header  ${JSON.stringify(header)}`,
      `claims  ${JSON.stringify(claims, undefined, 2)}`,
      ...dates(claims),
      "NOT verified",
    ].join("\n"),
  );
}

async function verify(options: VerifyOptions, terminal: Terminal): Promise<void> {
  const auth = new AuthManager(options.keys === undefined ? trustConfig(options) : ownConfig(options, options.keys));
  const type = readType(options.type ?? "auth", ["auth", "refresh", "any"]);
  // Reports an unreadable file of keys, whatever the token is.
  await auth.ready();
  const token = await auth.verify(await readInput(terminal, options.file, "a token"), { type });
  const { header, claims } = token;
  print(terminal, { verified: true, header, claims }, options.json, () =>
    [`claims  ${JSON.stringify(claims, undefined, 2)}`, ...dates(claims), "verified"].join("\n"),
  );
}

async function sign(options: SignOptions, terminal: Terminal): Promise<void> {
  const { issuer, subject } = options;
  const type = readType(options.type, ["auth", "refresh"]);
  const audience = options.audience === undefined ? {} : { audience: options.audience };
  const auth = new AuthManager({ issuer, keys: keysFromFile(options.keys), ...audience });
  await auth.ready();
  const shared = {
    ...(options.claims === undefined
      ? {}
      : { claims: readJson("--claims", options.claims) as Record<string, unknown> }),
    ...(options.maxAge === undefined ? {} : { maxAge: readSeconds("--max-age", options.maxAge) }),
  };
  const token =
    type === "refresh"
      ? await auth.refreshToken(subject, { ...shared, ...refuseScope(options) })
      : await auth.authToken(subject, {
          ...shared,
          ...(options.scope === undefined ? {} : { scope: readScope(options.scope) }),
        });
  print(terminal, { token: token.signed, kid: token.header["kid"], exp: token.exp }, options.json, () => token.signed);
}

const OF_OTHERS = { alg: "--alg", typ: "--typ", require: "--require", audienceClaim: "--audience-claim" } as const;

function ownConfig(options: VerifyOptions, keys: string) {
  if (options.jwksUri !== undefined || options.discovery)
    throw new CommandError("--keys cannot be combined with --jwks-uri or --discovery: leave one of them out");
  for (const [name, option] of Object.entries(OF_OTHERS) as [keyof typeof OF_OTHERS, string][])
    if (options[name] !== undefined)
      throw new CommandError(`${option} cannot be combined with --keys: it is for tokens of another issuer`);
  return {
    issuer: options.issuer,
    keys: keysFromFile(keys),
    leeway: readSeconds("--leeway", options.leeway),
    ...(options.audience === undefined ? {} : { audience: options.audience }),
  };
}

function trustConfig(options: VerifyOptions) {
  const { issuer, jwksUri, discovery, audience, audienceClaim, alg, typ = "at+jwt", leeway, type } = options;
  if ((jwksUri === undefined) === !discovery)
    throw new CommandError("give exactly one of --keys, --jwks-uri and --discovery");
  if (type !== undefined && type !== "auth")
    throw new CommandError("--type must be auth without --keys: tokens of another issuer have no other type");
  const required = options.require === undefined ? {} : { require: readJson("--require", options.require) as object };
  if (audience === undefined && typ !== "at+jwt" && options.require === undefined)
    throw new CommandError(
      `--typ ${typ} needs --audience or --require, which distinguish an access token from an ID token: add one of them`,
    );
  return {
    leeway: readSeconds("--leeway", leeway),
    trust: [
      {
        issuer,
        ...(jwksUri === undefined ? { discovery: true as const } : { jwksUri }),
        audience: audience ?? null,
        ...(audienceClaim === undefined ? {} : { audienceClaim }),
        algorithms: (alg as Algorithm[] | undefined) ?? ALGORITHMS.filter((algorithm) => !algorithm.startsWith("HS")),
        typ: typ === "any" ? null : typ,
        ...(required as { require?: Record<string, Json> }),
      },
    ],
  };
}

function refuseScope({ scope }: SignOptions): object {
  if (scope !== undefined)
    throw new CommandError(
      "--scope cannot be combined with --type refresh: a refresh token has no scope, so leave it out",
    );
  return {};
}

function readType<T extends TokenType | "any">(type: string, known: readonly T[]): T {
  const found = known.find((one) => one === type);
  if (found === undefined) throw new CommandError(`--type must be one of ${known.join(", ")}`);
  return found;
}

// A scope is words, or JSON of a list or an object.
function readScope(scope: string): unknown {
  return /^[[{]/.test(scope) ? readJson("--scope", scope) : scope;
}

function readJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${option} must be JSON: quote the text for the shell`);
  }
}

function dates(claims: object): string[] {
  return ["iat", "nbf", "exp"].flatMap((name) => {
    const value = (claims as Record<string, unknown>)[name];
    return typeof value === "number" ? [`${name.padEnd(6)}  ${showTime(value)}`] : [];
  });
}
