/** Completion and hover as editors show them, in TypeScript 5.9 and 7. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript-5.9";
import { TYPESCRIPT } from "../../scripts/compilers.ts";
import { LspClient } from "./lsp-client.ts";

/** An editor with files open. Positions are offsets in their code. */
export interface Editor {
  /** The properties that the editor offers, sorted. */
  complete(file: string, position: number): Promise<readonly string[]>;
  /** The documentation that the editor shows beside a property it offers. */
  explain(file: string, position: number, name: string): Promise<string>;
  hover(file: string, position: number): Promise<Hover>;
  close(): Promise<void>;
}

/** The code of the open files, by path in the workspace; files need not exist on disk. */
export type OpenFiles = ReadonlyMap<string, string>;

/** A hover; both are empty where the editor shows nothing. */
export interface Hover {
  readonly signature: string;
  readonly documentation: string;
}

/** Code without its markers, such as `/*|name*\/`, and the offset of each. */
export interface Marked {
  readonly code: string;
  readonly positions: ReadonlyMap<string, number>;
}

/** `Field` and `Property` of the protocol's `CompletionItemKind`. */
const PROPERTY_KINDS = [5, 10];
/** The sort text of globals; names to import sort after them, properties before. */
const GLOBAL_SORT_TEXT = "15";

/** The part of the protocol's `CompletionItem` that the tests read. */
interface Item {
  readonly label: string;
  readonly kind: number;
  readonly sortText: string;
  readonly documentation?: string | { readonly value: string };
}

/** The editors, by the version of TypeScript. */
export const EDITORS: readonly {
  readonly version: string;
  readonly open: (workspace: string, files: OpenFiles) => Promise<Editor>;
}[] = [
  { version: "5.9", open: openInService },
  { version: "7", open: openInServer },
];

/**
 * Removes the markers, each with the space that the formatter puts after it. A marker is in front
 * of the name to hover, or at the place to complete.
 */
export function readMarkers(code: string): Marked {
  const positions = new Map<string, number>();
  let without = "";
  for (const [i, part] of code.split(/\/\*\|(\w+)\*\/ ?/).entries()) {
    if (i % 2 === 0) without += part;
    else positions.set(part, without.length);
  }
  return { code: without, positions };
}

async function openInService(workspace: string, files: OpenFiles): Promise<Editor> {
  const { config } = ts.readConfigFile(join(workspace, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, workspace);
  const open = new Map([...files].map(([file, code]) => [join(workspace, file), code]));
  const readFile = (path: string): string | undefined => open.get(path) ?? ts.sys.readFile(path);
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getCurrentDirectory: () => workspace,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [...open.keys()],
    getScriptVersion: () => "1",
    getScriptSnapshot(path) {
      const text = readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    fileExists: (path) => open.has(path) || ts.sys.fileExists(path),
    readFile,
    directoryExists: ts.sys.directoryExists,
    ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
  });
  return {
    async complete(file, position) {
      const completions = service.getCompletionsAtPosition(join(workspace, file), position, undefined);
      const properties = completions?.entries.filter(({ kind }) => kind === ts.ScriptElementKind.memberVariableElement);
      return (properties ?? []).map(({ name }) => name).toSorted();
    },
    async explain(file, position, name) {
      const path = join(workspace, file);
      const details = service.getCompletionEntryDetails(path, position, name, {}, undefined, undefined, undefined);
      return ts.displayPartsToString(details?.documentation);
    },
    async hover(file, position) {
      const info = service.getQuickInfoAtPosition(join(workspace, file), position);
      return {
        signature: ts.displayPartsToString(info?.displayParts),
        documentation: ts.displayPartsToString(info?.documentation),
      };
    },
    close: async () => service.dispose(),
  };
}

async function openInServer(workspace: string, files: OpenFiles): Promise<Editor> {
  const client = new LspClient(process.execPath, [TYPESCRIPT.tsc, "--lsp", "--stdio"], workspace);
  const uriOf = (file: string): string => pathToFileURL(join(workspace, file)).href;
  await client.request("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(workspace).href,
    capabilities: { textDocument: { hover: { contentFormat: ["markdown"] } } },
  });
  client.notify("initialized");
  for (const [file, text] of files)
    client.notify("textDocument/didOpen", {
      textDocument: { uri: uriOf(file), languageId: "typescript", version: 1, text },
    });
  const place = (file: string, position: number): object => {
    const before = files.get(file)?.slice(0, position).split("\n") ?? [];
    return {
      textDocument: { uri: uriOf(file) },
      position: { line: before.length - 1, character: before.at(-1)?.length },
    };
  };
  const offer = async (file: string, position: number): Promise<readonly Item[]> => {
    type Answer = { readonly items: readonly Item[] } | null;
    const answer = await client.request<Answer>("textDocument/completion", place(file, position));
    const isProperty = ({ kind, sortText }: Item): boolean =>
      PROPERTY_KINDS.includes(kind) && sortText < GLOBAL_SORT_TEXT;
    return answer?.items.filter(isProperty) ?? [];
  };
  return {
    async complete(file, position) {
      return (await offer(file, position)).map(nameOf).toSorted();
    },
    async explain(file, position, name) {
      const item = (await offer(file, position)).find((one) => nameOf(one) === name);
      const { documentation } = await client.request<Item>("completionItem/resolve", item);
      return typeof documentation === "string" ? documentation : (documentation?.value ?? "");
    },
    async hover(file, position) {
      type Answer = { readonly contents: { readonly value: string } } | null;
      const answer = await client.request<Answer>("textDocument/hover", place(file, position));
      const [, signature = "", documentation = ""] =
        /^```\w+\n([\s\S]*?)\n```\n?([\s\S]*)$/.exec(answer?.contents.value ?? "") ?? [];
      return { signature, documentation: documentation.trim() };
    },
    close: () => client.close(),
  };
}

/** The server offers an optional property as `name?`. */
function nameOf({ label }: Item): string {
  return label.replace(/\?$/, "");
}
