/** The prose rules of the linter: each finds its fault in a file, and none in the corrected one. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface WordList {
  readonly PHRASES: readonly (readonly [RegExp, string])[];
  readonly WORDS: Readonly<Record<string, readonly string[]>>;
}

/** A name, code with one fault, the message of the linter, and the corrected code. */
type Fault = readonly [name: string, faulty: string, message: string, corrected: string];

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CONFIG = {
  jsPlugins: [join(ROOT, "scripts/prose/plugin.js")],
  plugins: [],
  categories: { correctness: "off" },
  rules: { "prose/comments": "error", "prose/texts": "error" },
};
// By URL: the compiler reads no JavaScript.
const { PHRASES, WORDS } = (await import(
  new URL("../../scripts/prose/word-list.js", import.meta.url).href
)) as WordList;

const HEADER = "/** Owns the sums. */\n\n";
const comment = (text: string): string => `${HEADER}// ${text}\nexport const sum = 1;\n`;
const repeat = (count: number): string => Array.from({ length: count }, () => "a").join(" ");
const OPENER = 'a sentence begins with "What": begin with a noun or a verb';

const RULES: readonly Fault[] = [
  ["a clause in an inner comment", comment("What counts is 1."), OPENER, comment("The sum is 1. What is it?")],
  [
    "a clause in a doc comment",
    `${HEADER}/**\n * The sum. What counts is 1.\n */\nexport const sum = 1;\n`,
    OPENER,
    `${HEADER}/**\n * The sum.\n *\n * @example\n * What counts is 1.\n */\nexport const sum = 1;\n`,
  ],
  [
    "a clause after a tag",
    `${HEADER}/** @throws {Error} What counts is not 1 */\nexport const sum = 1;\n`,
    OPENER,
    `${HEADER}/** @throws {Error} if the sum is not 1 */\nexport const sum = 1;\n`,
  ],
  [
    "a clause on the second line of an inner comment",
    `${HEADER}// The sum is 1.\n// What counts is 1.\nexport const sum = 1;\n`,
    OPENER,
    `${HEADER}// The sum is 1. It is\n// constant.\nexport const sum = 1;\n`,
  ],
  [
    "a long sentence",
    comment(`The ${repeat(25)}.`),
    `a sentence has 26 words, more than 25: "The ${repeat(18)} ..."`,
    comment(`The ${repeat(24)}. The sum.`),
  ],
  ["a wide inner comment", comment("s".repeat(98)), "line 3 has 101 columns, more than 100", comment("s".repeat(97))],
  [
    "a wide line of a doc comment",
    `${HEADER}/**\n * ${"s".repeat(98)}\n */\nexport const sum = 1;\n`,
    "line 4 has 101 columns, more than 100",
    `${HEADER}/**\n * https://sums.example/${"s".repeat(98)}\n */\nexport const sum = 1;\n`,
  ],
  [
    "an inner comment of three lines",
    `${HEADER}// One\n// two\n// three.\nexport const sum = 1;\n`,
    "3 lines, more than 2: shorten it, or give the code a name that says it",
    `${HEADER}// One two\n// three.\nexport const sum = 1;\n// One more.\n`,
  ],
  [
    "a header of two lines",
    "/**\n * Owns the sums.\n */\nexport const sum = 1;\n",
    "the file header has one line: say only what the file owns",
    `${HEADER}/**\n * The\n * sum.\n */\nexport const sum = 1;\n`,
  ],
  [
    "a clause in a test name",
    'it("What counts is 1", add);\n',
    OPENER,
    'it("adds 1", add);\nadd("What counts is 1");\n',
  ],
  [
    "a clause in the name of a table test",
    'it.each([1])("What counts is %s", add);\n',
    OPENER,
    'it.each([1])("%s", add);\n',
  ],
  ["a clause in a suite name", 'describe("What counts", add);\n', OPENER, 'describe("the sum", add);\n'],
  [
    "a clause in an error message",
    'throw new TypeError("What counts is not 1");\n',
    OPENER,
    'throw new TypeError("sum must be 1");\nadd(new Sum("What counts"));\n',
  ],
  [
    "a clause in a property message",
    'export const refusal = { message: "What counts is not 1" };\n',
    OPENER,
    'export const refusal = { message: "The sum is not 1", text: "What counts" };\n',
  ],
  [
    "a clause in a message with an expression",
    `throw new TypeError(\`What counts is not \${sum}\`);\n`,
    OPENER,
    `throw new TypeError(\`sum must be \${sum}\`);\n`,
  ],
];

/** A sentence with each phrase of the list but the single words, and the corrected sentence. */
const SENTENCES: readonly (readonly [phrase: string, faulty: string, corrected: string])[] = [
  ["are none", "There are none.", "There are not any."],
  ["is no", "It is no sum.", "There is no sum, and it is no longer 1."],
  ["stands", "The sum stands.", "The name stands for a sum."],
  ["is asked", "The sum is asked.", "The client asks."],
  ["are told", "They are told.", "The server tells them."],
  ["one's own", "It has one's own sum.", "It has its own sum."],
  ["held against", "It is held against 1.", "It is compared with 1."],
  ["lets in", "It lets in sums.", "It lets the sum grow."],
  ["good token", "It is a good token.", "It is a good sum."],
  ["nothing less", "It is nothing less.", "It is nothing."],
  ["promise on its way", "It is a promise on its way.", "It is a pending promise."],
];

const WORD_ROWS = Object.entries(WORDS).map(
  ([word, better]) => [word, `It says ${word}.`, `It says ${better[0]}.`] as const,
);
const PHRASE_ROWS = [...WORD_ROWS, ...SENTENCES].map(([phrase, faulty, corrected]): Fault => {
  const remedies = PHRASES.flatMap(([pattern, remedy]) => (pattern.test(faulty) ? [remedy] : []));
  return [`"${phrase}"`, comment(faulty), `"${phrase}": ${remedies[0]}`, comment(corrected)];
});
const FAULTS = [...RULES, ...PHRASE_ROWS].map((fault, i) => [...fault, i] as const);

describe("the prose rules", () => {
  let folder: string;
  let messages: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "claimgate-prose-"));
    await writeFile(join(folder, "oxlintrc.json"), JSON.stringify(CONFIG));
    for (const [, faulty, , corrected, i] of FAULTS) {
      await writeFile(join(folder, `faulty-${i}.ts`), faulty);
      await writeFile(join(folder, `corrected-${i}.ts`), corrected);
    }
    messages = await lint(folder);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(FAULTS)("report %s once, and accept the corrected text", (_name, _faulty, message, _corrected, i) => {
    expect(messages.get(`faulty-${i}.ts`)).toEqual([message]);
    expect(messages.get(`corrected-${i}.ts`)).toBeUndefined();
  });

  it("have one sentence here for each phrase of the list", () => {
    const sentences = [...WORD_ROWS, ...SENTENCES].map(([, faulty]) => faulty);
    for (const [pattern] of PHRASES)
      expect([String(pattern), sentences.filter((sentence) => pattern.test(sentence)).length]).toEqual([
        String(pattern),
        1,
      ]);
  });
});

/** Returns the messages of the linter by file name. */
async function lint(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const output = await new Promise<string>((resolve) => {
    const args = [join(ROOT, "node_modules/oxlint/bin/oxlint"), "-c", "oxlintrc.json", "--format=json", "."];
    // The linter exits with 1 because it finds faults.
    execFile(process.execPath, args, { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: readonly { message: string; filename: string }[] };
  const byFile = new Map<string, string[]>();
  for (const { filename, message } of diagnostics) byFile.set(filename, [...(byFile.get(filename) ?? []), message]);
  return byFile;
}
