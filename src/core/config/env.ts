/** Reads `JWT_…` variables, named as in Flask_PyJWT, from a file and from the process. */

import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import { loadBuiltin } from "../util/builtins.ts";
import { checkOptionsObject } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";

type Variables = Readonly<Record<string, string | undefined>>;

interface EnvConfig {
  /** The options that variables set. */
  readonly options: Record<string, unknown>;
  /** The variable of each option. */
  readonly variables: Readonly<Record<string, string>>;
}

const host = globalThis as { readonly process?: { readonly env?: Variables } };

const REQUIRED = ["JWT_ISSUER", "JWT_AUTHTYPE"];

/**
 * Reads the variables. Those of the process take precedence over those of the file. Throws a config
 * error with the name of the variable.
 */
export function readEnv(path: string | undefined, given: Readonly<Record<string, unknown>>): EnvConfig {
  const env: Variables = { ...(path === undefined ? {} : readEnvFile(path)), ...host.process?.env };
  // A ring of keys replaces the key that the variables describe.
  const ofOneKey = Object.hasOwn(given, "keys") ? ["JWT_AUTHTYPE", "JWT_SECRET", "JWT_PUBLICKEY"] : [];
  const algorithm = typeof given["algorithm"] === "string" ? given["algorithm"] : env["JWT_AUTHTYPE"];
  const variables = {
    issuer: "JWT_ISSUER",
    algorithm: "JWT_AUTHTYPE",
    [algorithm?.startsWith("HS") ? "secret" : "privateKey"]: "JWT_SECRET",
    publicKey: "JWT_PUBLICKEY",
    authMaxAge: "JWT_AUTHMAXAGE",
    refreshMaxAge: "JWT_REFRESHMAXAGE",
    audience: "JWT_AUDIENCE",
  };
  const options: Record<string, unknown> = {};
  for (const [option, variable] of Object.entries(variables)) {
    const value = env[variable];
    if (value === undefined || Object.hasOwn(given, option) || ofOneKey.includes(variable)) continue;
    if (value.trim() === "")
      throw REQUIRED.includes(variable)
        ? new MissingConfigError(variable, undefined, remedyFor(option))
        : new InvalidConfigError(variable, "must not be blank: set it, or remove the variable");
    options[option] = readValue(option, variable, value);
  }
  return { options, variables };
}

/** Throws `TypeError` for a path or the variables themselves in place of the options. */
export function checkEnvOptions(options: unknown): void {
  checkOptionsObject("fromEnv", options, 'pass { path: ".env" }');
  if (options === host.process?.env || Object.keys(options).some((name) => name.startsWith("JWT_")))
    throw new TypeError("fromEnv reads the variables of the process itself: call fromEnv() without them");
}

/** Runs `build`, and replaces the option in a config error by its variable. */
export function namingVariables<T>(config: EnvConfig, given: Readonly<Record<string, unknown>>, build: () => T): T {
  return withErrorContext(build, (error) => {
    if (!(error instanceof MissingConfigError || error instanceof InvalidConfigError)) return error;
    const variable = Object.hasOwn(given, error.configValue) ? undefined : config.variables[error.configValue];
    if (variable === undefined) return error;
    if (error instanceof MissingConfigError)
      return new MissingConfigError(variable, undefined, remedyFor(error.configValue));
    return new InvalidConfigError(variable, error.message.replace(/^.*?": /, ""), { cause: error.cause });
  });
}

function remedyFor(option: string): string {
  return `set the variable, or pass ${option} to fromEnv`;
}

function readValue(option: string, variable: string, value: string): unknown {
  if (option === "authMaxAge" || option === "refreshMaxAge") {
    if (!/^\d+$/.test(value.trim())) throw new InvalidConfigError(variable, "must be a whole number of seconds");
    return Number(value);
  }
  // Shells and dashboards keep a PEM key in one line.
  return value.startsWith("-----BEGIN ") && !value.includes("\n") ? value.replaceAll("\\n", "\n") : value;
}

function readEnvFile(path: string): Variables {
  const fs = loadBuiltin("node:fs") as { readFileSync(path: string, encoding: "utf8"): string } | undefined;
  const util = loadBuiltin("node:util") as { parseEnv?(content: string): Variables } | undefined;
  const parse = util?.parseEnv?.bind(util);
  if (!fs || !parse) throw new InvalidConfigError("path", "cannot be read in this runtime; pass the options instead");
  return withErrorContext(
    () => parse(fs.readFileSync(path, "utf8")),
    (cause) =>
      new InvalidConfigError("path", `must be the path of a readable environment file, and ${faultOf(path, cause)}`, {
        cause,
      }),
  );
}

function faultOf(path: unknown, cause: unknown): string {
  if (typeof path !== "string") return "is not a text";
  const { code } = cause as { readonly code?: unknown };
  return `"${path}" ${code === "ENOENT" ? "does not exist" : `cannot be read (${String(code)})`}`;
}
