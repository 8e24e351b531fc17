/** An oxlint plugin: the language of comments, messages and test names, by the word list. */
import { findFaults } from "./find-faults.js";

const MAX_COLUMNS = 100;
const MAX_INNER_LINES = 2;
/** Comments for tools. */
const DIRECTIVE = /^\s*(?:oxlint-|biome-|eslint-|@ts-|#region|#endregion|#__|v8 ignore|c8 ignore|\/|!)/;
const TEST_FUNCTIONS = new Set(["describe", "it", "test"]);
const ERROR_CLASS = /Error$/;

const comments = {
  create(context) {
    const { sourceCode } = context;
    return {
      Program() {
        const all = sourceCode
          .getAllComments()
          .filter(({ type, value }) => type !== "Shebang" && !DIRECTIVE.test(value));
        for (const comment of all.filter(({ type }) => type === "Block")) {
          const faults = [...findFaults(proseOf(comment.value)), ...wideLines(sourceCode, comment)];
          const { start, end } = comment.loc;
          if (start.line === 1 && end.line > 1)
            faults.push("the file header has one line: say only what the file owns");
          report(context, comment, faults);
        }
        for (const block of blocksOf(
          all.filter(({ type }) => type === "Line"),
          sourceCode,
        )) {
          const first = block[0];
          const faults = findFaults(block.map(({ value }) => value.trim()).join(" "));
          if (block.length > MAX_INNER_LINES)
            faults.push(
              `${block.length} lines, more than ${MAX_INNER_LINES}: shorten it, or give the code a name that says it`,
            );
          report(context, first, [...faults, ...block.flatMap((line) => wideLines(sourceCode, line))]);
        }
      },
    };
  },
};

const texts = {
  create(context) {
    return {
      CallExpression({ callee, arguments: [name] }) {
        if (TEST_FUNCTIONS.has(rootOf(callee))) reportText(context, name);
      },
      Property({ key, value }) {
        if (nameOf(key) === "message") reportText(context, value);
      },
      NewExpression({ callee, arguments: given }) {
        if (ERROR_CLASS.test(nameOf(callee) ?? "")) for (const argument of given) reportText(context, argument);
      },
    };
  },
};

// oxlint expects a plugin as the default export.
// oxlint-disable-next-line import/no-default-export
export default { meta: { name: "prose" }, rules: { comments, texts } };

/** The prose of a block comment: without stars, examples and the tags that name code. */
function proseOf(value) {
  const lines = value.split("\n").map((line) => line.replace(/^\s*\*+ ?/, "").trimEnd());
  const prose = [];
  let isExample = false;
  for (const line of lines) {
    const tag = /^\s*@(\w+)/.exec(line)?.[1];
    if (tag !== undefined) isExample = tag === "example";
    if (isExample || tag === "see") continue;
    prose.push(tag === undefined ? line : `\n\n${line.replace(/^\s*@\w+(?: \{[^}]*\})?(?: \w+ -)?\s*/, "")}`);
  }
  return prose.join("\n").replaceAll(/```[\s\S]*?```/g, "");
}

/** Line comments that follow each other without code between them. */
function blocksOf(lines, { lines: text }) {
  const blocks = [];
  for (const comment of lines) {
    const before = blocks.at(-1)?.at(-1);
    const isAlone = text[comment.loc.start.line - 1].trimStart().startsWith("//");
    const follows = before !== undefined && before.loc.start.line + 1 === comment.loc.start.line;
    const isSameColumn = before?.loc.start.column === comment.loc.start.column;
    if (isAlone && follows && isSameColumn) blocks.at(-1).push(comment);
    else blocks.push([comment]);
  }
  return blocks;
}

/** Finds the wide lines of a comment. A line with a URL and a comment after code may be wider. */
function wideLines({ lines }, { loc, type }) {
  const wide = [];
  for (let i = loc.start.line; i <= loc.end.line; i++) {
    const line = lines[i - 1];
    const isAlone = type === "Block" ? /^\s*(?:\/\*|\*)/.test(line) : /^\s*\/\//.test(line);
    if (isAlone && line.length > MAX_COLUMNS && !/https?:\/\//.test(line))
      wide.push(`line ${i} has ${line.length} columns, more than ${MAX_COLUMNS}`);
  }
  return wide;
}

function reportText(context, node) {
  const text = textOf(node);
  if (text !== undefined) report(context, node, findFaults(text));
}

function report(context, at, faults) {
  for (const message of faults) context.report({ loc: at.loc, message });
}

/** The text of a string or a template, whose expressions count as one word each. */
function textOf(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked ?? "").join("`x`");
  if (node?.type === "BinaryExpression" && node.operator === "+") {
    const parts = [textOf(node.left), textOf(node.right)];
    return parts.every((part) => part !== undefined) ? parts.join("") : undefined;
  }
  if (node?.type === "ConditionalExpression")
    return [textOf(node.consequent), textOf(node.alternate)].filter(Boolean).join(". ");
  return undefined;
}

function rootOf(callee) {
  if (callee.type === "CallExpression") return rootOf(callee.callee);
  if (callee.type === "MemberExpression") return rootOf(callee.object);
  if (callee.type === "TaggedTemplateExpression") return rootOf(callee.tag);
  return nameOf(callee);
}

function nameOf(node) {
  return node?.type === "Identifier" ? node.name : undefined;
}
