/** What commands read and print. */
import { readFile } from "node:fs/promises";

/** A wrong call or a file that is not as it should be: its message is for the caller. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** What a caller is told of a file that could not be read or written. */
export function fileError(file: string, verb: "read" | "written", cause: unknown): CommandError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const hint = code === "EBUSY" ? ": mounted by itself? mount its folder" : "";
  return new CommandError(`${file} cannot be ${verb} ${code && `(${code}${hint})`}`.trimEnd(), { cause });
}

/** Where a command reads and writes. */
export interface Terminal {
  /** All of standard input. */
  read(): Promise<string>;
  readonly isInteractive: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** The process's own. */
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

/** Prints one result: as JSON, or as the lines that `text` gives. */
export function print(terminal: Terminal, result: object, json: boolean | undefined, text: () => string): void {
  terminal.out(json ? JSON.stringify({ ok: true, ...result }) : text().replace(CONTROLS, escapeControl));
}

// What a token says must not command the terminal; JSON leaves some of these as they are.
const CONTROLS = /[^\P{Cc}\n]/gu;

function escapeControl(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** What stands in `file`, or on standard input, without the white space around it. */
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
 * A whole number of seconds in an argument, `least` or more and less than 10^10. Throws
 * `CommandError` that names the option.
 */
export function readSeconds(option: string, value: string, least: number = 0): number {
  if (!/^\d{1,10}$/.test(value) || Number(value) < least)
    throw new CommandError(`${option} must be a whole number of seconds${least > 0 ? `, ${least} or more` : ""}`);
  return Number(value);
}

/** A time in seconds since 1970, as people read it. */
export function showTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(".000Z", "Z");
}
