/** Runs one command and says with its exit code how it went. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { InvalidConfigError, MissingConfigError, MissingSignerError } from "../core/errors.ts";
import { InvalidKeyError, isKeysError, isTokenError } from "../core/jwt/errors.ts";
import { addKeysCommands } from "./keys.ts";
import { CommandError, processTerminal, type Terminal } from "./output.ts";
import { addTokenCommands } from "./token.ts";

/** 0: done. 1: the token is refused. 2: a wrong call, option or file. 3: keys that verify the token are out of reach. */
export type ExitCode = 0 | 1 | 2 | 3;

const EXIT_CODES = `
Exit codes: 0 done, 1 the token is refused, 2 a wrong call, option or file, 3 keys out of reach.`;

/** Runs the command that `args` give. Never throws for what a caller can get wrong. */
export async function runCommand(args: readonly string[], terminal: Terminal = processTerminal): Promise<ExitCode> {
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
      .showHelpAfterError("(add --help for how to call it)")
      .configureOutput({
        writeOut: (text) => terminal.out(text.trimEnd()),
        writeErr: (text) => terminal.err(text.trimEnd()),
      });
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error, args.includes("--json"), terminal);
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
  if (json) terminal.out(JSON.stringify({ ok: false, reason, message }));
  else terminal.err(reason === undefined ? message : `${reason}: ${message}`);
  return code;
}

function describe(error: unknown): { code: ExitCode; reason?: string; message: string } {
  if (isTokenError(error)) return { code: 1, reason: error.reason, message: error.message };
  if (isKeysError(error)) {
    const { cause } = error;
    // A file that cannot be read is the caller's to mend; an issuer that does not answer is not.
    if (cause instanceof InvalidConfigError || cause instanceof MissingConfigError)
      return { code: 2, message: cause.message };
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
  if (isCallers) return { code: 2, message: (error as Error).message };
  throw error;
}
