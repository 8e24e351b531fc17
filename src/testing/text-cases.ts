/** Cases of the session store suite about texts, which a store must not change. */
import type { SessionRecord } from "../core/stores/session-store.ts";
import { type Cases, makeSessionRecord, nextOf, rotated, same, soon } from "./suite-support.ts";

/**
 * Texts that careless storage changes. U+0000 and halves of surrogate pairs never reach a store.
 */
const TEXTS: Readonly<Record<string, string>> = {
  "a space": " ",
  "white space around": " \t a \n ",
  "control characters": "\u0001\u0008\u001b\u007f\u0085",
  "line separators": "a\r\nb\u2028c\u2029d",
  "quotes and backslashes": "'\"`\\'' \\u0000 \\\\ \\x00 \\",
  "SQL and format directives": "'; drop table x; -- %s %n $1 ? :a {0} {{b}} <c>",
  patterns: "%_*[a-z]?^$",
  "Lua and JSON": ']]..\'"},null,["',
  "names of every object": "__proto__ constructor toString",
  "the name __proto__": "__proto__",
  "the text null": "null",
  "a number": "007",
  "a byte order mark": "\ufeffa\ufeff",
  noncharacters: "\uffff\ufffe\ufdd0",
  "the replacement character": "\ufffd",
  "combining marks": "e\u0301 a\u030a\u0323",
  "composed letters": "\u00e9 \u1ea1\u030a",
  "right-to-left marks": "\u200f\u202e\u05d0\u05d1\u202c\u200e",
  "joined emoji": "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f1e9}\u{1f1ea}",
  "astral characters": "\u{10000}\u{10ffff}\u{1d4b3}",
  "200 characters": "x".repeat(200),
  "100 emoji of two units": "\u{1f600}".repeat(100),
  "200 characters of three bytes": "\u4e2d".repeat(200),
};

/** Subjects that careless comparison takes for one. */
const ALIKE: readonly string[] = [
  "ann",
  "Ann",
  "ann ",
  " ann",
  "ann\u00a0",
  "\u00e5nn",
  "a\u030ann",
  "ann\u200b",
  "an%",
  "an_",
];

// The longest subject of a session, in the characters with the most bytes for their length.
const LONGEST_SUBJECT = 800;

/** A subject that no other run has, with the text in it. */
function subjectWith(text: string): string {
  return `${crypto.randomUUID()}${text}`;
}

/** The record with the text in every place that a caller can fill. */
function recordWith(text: string): Promise<SessionRecord> {
  return makeSessionRecord({
    subject: subjectWith(text),
    label: text,
    grant: {
      scope: [text, { [text]: text }],
      // JSON makes `__proto__` a member of its own, which an object literal cannot have.
      claims: { text, team: JSON.parse(`{${JSON.stringify(text)}: [${JSON.stringify(text)}]}`) as unknown },
    },
  });
}

export const TEXT_CASES: Cases = {
  ...Object.fromEntries(
    Object.entries(TEXTS).map(([what, text]) => [
      `texts stay as they are: ${what}`,
      async (store) => {
        const record = await recordWith(text);
        same(await store.create(record, soon()), true, "create");
        same(await store.create(record, soon()), true, "the repeated create");
        same(await store.find(record.id, soon()), record, "find");
        const after = rotated(record, nextOf(record, "rid-2"));
        same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), after, "rotate");
        same(await store.list(String(record.subject), soon()), [after], "list");
        same(await store.endAll(String(record.subject), soon()), [record.id], "endAll");
        same(await store.find(record.id, soon()), null, "find after the end");
      },
    ]),
  ),

  async "an empty label and empty texts in the grant stay as they are"(store) {
    const record = await makeSessionRecord({ label: "", grant: { scope: "", claims: { "": "", list: [""] } } });
    await store.create(record, soon());
    same(await store.find(record.id, soon()), record, "find");
    same(await store.list(String(record.subject), soon()), [record], "list");
  },

  async "the longest subject has its sessions"(store) {
    const subject = randomText(LONGEST_SUBJECT);
    const record = await makeSessionRecord({ subject });
    same(await store.create(record, soon()), true, "create");
    same(await store.list(subject, soon()), [record], "list");
    same(await store.list(subject.slice(0, -1), soon()), [], "list of its beginning");
    same(await store.endAll(subject, soon()), [record.id], "endAll");
  },

  async "subjects that look alike have their own sessions"(store) {
    const prefix = crypto.randomUUID();
    const records = await Promise.all(ALIKE.map((text) => makeSessionRecord({ subject: `${prefix}${text}` })));
    for (const record of records) same(await store.create(record, soon()), true, "create");
    for (const record of records)
      same(await store.list(String(record.subject), soon()), [record], `list of ${JSON.stringify(record.subject)}`);
    const [first, ...others] = records;
    same(await store.endAll(String(first?.subject), soon()), [first?.id], "endAll");
    for (const record of others) same(await store.find(record.id, soon()), record, "a session of another subject");
    for (const record of others) await store.end(record.id, soon());
  },
};

/** A text of characters with three bytes each, which a database cannot compress. */
function randomText(length: number): string {
  const units = crypto.getRandomValues(new Uint16Array(length));
  return String.fromCharCode(...units.map((unit) => 0x4e00 + (unit % 0x5000)));
}
