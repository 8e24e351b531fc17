/** Input and output of the commands. */
import { readFile } from "node:fs/promises";

/** An error in the call or in a file. The message is for the user of the command. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** The error for a file that cannot be read or written. */
export function fileError(file: string, verb: "read" | "written", cause: unknown): CommandError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const hint = code === "EBUSY" ? "; if only the file is mounted, mount its folder" : "";
  return new CommandError(`${file} cannot be ${verb} ${code && `(${code}${hint})`}`.trimEnd(), { cause });
}

/** The input and output of a command. */
export interface Terminal {
  /** Returns the whole standard input. */
  read(): Promise<string>;
  /** Whether a user types the standard input. */
  readonly isInteractive: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** The standard input and output of the process. */
export const processTerminal: Terminal = {
  async read() {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  },
  get isInteractive() {
    return process.stdin.isTTY;
  },
  out: (text) => console.log(text),
  err: (text) => console.error(text),
};

/** Prints a result, as JSON or as the lines of `text`. */
export function print(terminal: Terminal, result: object, json: boolean | undefined, text: () => string): void {
  terminal.out(json ? JSON.stringify({ ok: true, ...result }) : text().replace(CONTROLS, escapeControl));
}

// A claim must not send control characters to the terminal. JSON does not escape all of them.
const CONTROLS = /[^\P{Cc}\n]/gu;

function escapeControl(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Returns the text of `file` or of standard input, without whitespace around it. */
export async function readInput(terminal: Terminal, file: string | undefined, what: string): Promise<string> {
  if (file === undefined) {
    if (terminal.isInteractive) terminal.err(`Type or paste ${what}, then Ctrl+D:`);
    return (await terminal.read()).trim();
  }
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw fileError(file, "read", cause);
  }
}

/**
 * Reads the value of an option in seconds: a whole number from `least` to less than 10^10. Throws a
 * `CommandError` that names the option.
 */
export function readSeconds(option: string, value: string, least: number = 0): number {
  if (!/^\d{1,10}$/.test(value) || Number(value) < least)
    throw new CommandError(`${option} must be a whole number of seconds, ${least} or more, of at most 10 digits`);
  return Number(value);
}

/** Formats a time in seconds since 1970 by ISO 8601. */
export function showTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(".000Z", "Z");
}
