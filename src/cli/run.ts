/** Runs a command and returns its exit code. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { InvalidConfigError, MissingConfigError, MissingSignerError } from "../core/errors.ts";
import { InvalidKeyError, isKeysError, isTokenError } from "../core/jwt/errors.ts";
import { addKeysCommands } from "./keys.ts";
import { CommandError, processTerminal, type Terminal } from "./output.ts";
import { addTokenCommands } from "./token.ts";

/**
 * 0: done. 1: the token is rejected. 2: an invalid call, option or file. 3: verification keys are
 * unavailable. `main` adds 70: a bug in claimgate.
 */
export type ExitCode = 0 | 1 | 2 | 3;

const EXIT_CODES = `
Exit codes: 0 done, 1 the token is rejected, 2 an invalid call, option or file, 3 keys unavailable, 70 a bug in claimgate.`;

/** Runs the command in `args`. A mistake of the user is an exit code; other errors are thrown. */
export async function runCommand(args: readonly string[], terminal: Terminal = processTerminal): Promise<ExitCode> {
  const json = args.includes("--json");
  const program = new Command("claimgate")
    .description(
      "Keys and tokens for claimgate. Secrets and tokens come from files and standard input, never from arguments.",
    )
    .version(readVersion(), "-v, --version")
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  addKeysCommands(program, terminal);
  addTokenCommands(program, terminal);
  for (const command of allCommands(program))
    command
      .exitOverride()
      .showHelpAfterError("(run it with --help for the usage)")
      .configureOutput({
        writeOut: (text) => terminal.out(text.trimEnd()),
        writeErr: (text) => {
          if (!json) terminal.err(hideTokens(text.trimEnd()));
        },
      });
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error, json, terminal);
    if (error.exitCode === 0) return 0;
    if (json) printFailure(terminal, { message: error.message.replace(/^error: /, "") });
    return 2;
  }
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function report(error: unknown, json: boolean, terminal: Terminal): ExitCode {
  const { code, reason, message } = describe(error);
  if (json) printFailure(terminal, { reason, message });
  else terminal.err(hideTokens(reason === undefined ? message : `${reason}: ${message}`));
  return code;
}

function printFailure(terminal: Terminal, { reason, message }: { reason?: string | undefined; message: string }): void {
  terminal.out(JSON.stringify({ ok: false, reason, message: hideTokens(message) }));
}

// If a user passes a token as an argument, which is a mistake, no log should get it too.
function hideTokens(text: string): string {
  return text.replace(/eyJ[\w-]*\.[\w-]*\.[\w-]*/g, "(a token)");
}

function describe(error: unknown): { code: ExitCode; reason?: string; message: string } {
  if (isTokenError(error)) return { code: 1, reason: error.reason, message: error.message };
  if (isKeysError(error)) {
    const { cause } = error;
    // The user can repair an unreadable file, but not an issuer that does not answer.
    if (cause instanceof InvalidConfigError || cause instanceof MissingConfigError)
      return { code: 2, message: inOptions(cause.message) };
    return { code: 3, reason: error.reason, message: error.message };
  }
  const isCallers = [
    CommandError,
    InvalidConfigError,
    MissingConfigError,
    MissingSignerError,
    InvalidKeyError,
    TypeError,
  ].some((type) => error instanceof type);
  if (isCallers) return { code: 2, message: inOptions((error as Error).message) };
  throw error;
}

// Replaces the library's option names by those of the command.
function inOptions(message: string): string {
  return message
    .replace(/^Invalid config "keys": /, "")
    .replace(/^Invalid config "(?:trust\.0\.)?(\w+)[.\w]*": /, (whole, name: string) => {
      const option = OPTIONS[name];
      return option === undefined ? whole : `${option} `;
    });
}

const OPTIONS: Readonly<Record<string, string>> = {
  audience: "--audience",
  audienceClaim: "--audience-claim",
  algorithms: "--alg",
  issuer: "--issuer",
  jwksUri: "--jwks-uri",
  require: "--require",
  typ: "--typ",
};
