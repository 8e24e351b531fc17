/** Compares a compiler's errors with the directives and the words that expect them. */

/** An error, by the line it begins in, from 1 on. */
export interface CompilerError {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** A `@ts-expect-error`, and the words above it. */
interface Expectation {
  /** The line that the directive applies to, as compilers count it. */
  readonly line: number;
  readonly words: readonly string[];
}

const DIRECTIVE = /^\s*(?:\/\/|\{?\/\*)\s*@ts-expect-error\b/;
/** `// expect-error: words`, or `// expect-error 5.7: words` for one version. */
const WORDS = /^\s*\/\/ expect-error(?: (?<version>[\d.]+))?: (?<words>.+?)\s*$/;
const ERROR = /^(?<file>\S[^(]*)\((?<line>\d+),\d+\): error (?<message>TS\d+: .*)$/;

/** Code without its directives, so that compilers report the errors. */
export function hideDirectives(code: string): string {
  return code.replaceAll("@ts-expect-error", "@ts-error-expected");
}

/** The errors that a compiler printed with `--pretty false`. */
export function errorsIn(output: string): CompilerError[] {
  const errors: { file: string; line: number; message: string }[] = [];
  for (const text of output.split("\n")) {
    const { file, line, message } = ERROR.exec(text)?.groups ?? {};
    const last = errors.at(-1);
    if (file !== undefined && message !== undefined) errors.push({ file, line: Number(line), message });
    else if (text.startsWith(" ") && last) last.message += ` ${text.trim()}`;
    else if (text.trim() !== "") errors.push({ file: "", line: 0, message: text });
  }
  return errors;
}

/** The differences between the directives in `code` and the errors of the compiler of `version`. */
export function compareErrors(code: string, errors: readonly CompilerError[], version: string): string[] {
  const expectations = expectationsIn(code, version);
  const expectedLines = new Set(expectations.map(({ line }) => line));
  const unexpected = errors.filter(({ line }) => !expectedLines.has(line));
  return [
    ...unexpected.map(({ line, message }) => `line ${line}: ${message}`),
    ...expectations.flatMap(({ line, words }) => {
      const messages = errors.filter((error) => error.line === line).map(({ message }) => message);
      if (messages.length === 0) return [`line ${line}: no error`];
      const missing = words.filter((one) => !messages.some((message) => message.includes(one)));
      return missing.map((one) => `line ${line}: no "${one}" in ${messages.join(" ")}`);
    }),
  ];
}

function expectationsIn(code: string, version: string): Expectation[] {
  const lines = code.split("\n");
  const unused = new Set(lines.flatMap((line, i) => (WORDS.test(line) ? [i] : [])));
  const expectations = lines.flatMap((line, i) => {
    if (!DIRECTIVE.test(line)) return [];
    const words: string[] = [];
    for (let above = i - 1; unused.delete(above); above--) {
      const { version: only, words: asked = "" } = WORDS.exec(lines[above] ?? "")?.groups ?? {};
      if (only === undefined || isOf(version, only)) words.unshift(asked);
    }
    return [{ line: nextCodeLine(lines, i), words }];
  });
  const [stray] = unused;
  if (stray !== undefined) throw new Error(`line ${stray + 1}: expect-error must be directly above @ts-expect-error`);
  return expectations;
}

/** The line, from 1 on, that a directive in the line of index `at` applies to. */
function nextCodeLine(lines: readonly string[], at: number): number {
  const next = lines.findIndex((line, i) => i > at && line.trim() !== "" && !line.trim().startsWith("//"));
  return next + 1;
}

/** Whether `version`, such as `5.7.3`, is one of `line`, such as `5.7` or `7`. */
function isOf(version: string, line: string): boolean {
  return `${version}.`.startsWith(`${line}.`);
}
