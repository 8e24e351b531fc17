/** Reads the public names of every entry, with their doc comments. */
import { join, relative } from "node:path";
import ts from "typescript-5.9";
import { ROOT } from "../../scripts/run.ts";
import { SOURCES } from "./sources.ts";

/** A public name, or a member of one. */
export interface PublicName {
  /** Such as `claimgate AuthManager.login`. */
  readonly name: string;
  readonly kind: "function" | "class" | "error" | "type" | "value" | "member";
  /** The place of its declaration. */
  readonly place: string;
  /** Its doc comment without tags. */
  readonly documentation: string;
  readonly tags: readonly string[];
  readonly isOptional: boolean;
  /** The name of the type that has the member. */
  readonly owner?: string;
}

/** Every name that an entry exports, each once, and its members. */
export function readPublicNames(): PublicName[] {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const program = ts.createProgram(Object.values(SOURCES), { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  return Object.entries(SOURCES).flatMap(([entry, file]) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} exports nothing`);
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (seen.has(symbol) || !isOurs(symbol)) return [];
      seen.add(symbol);
      const isType = exported.declarations?.some(ts.isTypeOnlyExportDeclaration) === true;
      const own = describe(symbol, `${entry} ${exported.name}`, isType ? "type" : kindOf(symbol, checker));
      const members = membersOf(symbol, checker).filter((member) => !seen.has(member) && seen.add(member));
      return [own, ...members.map((member) => memberOf(member, own.name, exported.name))];
    });
  });

  function memberOf(member: ts.Symbol, ownerName: string, owner: string): PublicName {
    return { ...describe(member, `${ownerName}.${member.name}`, "member"), owner };
  }

  function describe(symbol: ts.Symbol, name: string, kind: PublicName["kind"]): PublicName {
    return {
      name,
      kind,
      place: placeOf(symbol),
      documentation: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      tags: symbol.getJsDocTags(checker).map((tag) => tag.name),
      isOptional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
    };
  }
}

function kindOf(symbol: ts.Symbol, checker: ts.TypeChecker): PublicName["kind"] {
  if (symbol.flags & ts.SymbolFlags.Function) return "function";
  if (symbol.flags & ts.SymbolFlags.Class) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    return checker.getPropertyOfType(type, "stack") ? "error" : "class";
  }
  return symbol.flags & ts.SymbolFlags.Value ? "value" : "type";
}

/** The members that users read, write or call, without those of the type `never`. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol[] {
  const types: ts.Type[] = [];
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))
    types.push(checker.getDeclaredTypeOfSymbol(symbol));
  if (symbol.flags & ts.SymbolFlags.Class) types.push(checker.getTypeOfSymbol(symbol));
  return types
    .flatMap((type) => checker.getPropertiesOfType(type))
    .filter((member) => isPublic(member, symbol, checker));
}

function isPublic(member: ts.Symbol, symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  const isNamed = /^[A-Za-z]\w*$/.test(member.name) && member.name !== "prototype";
  const isInternal = member.getJsDocTags(checker).some(({ name }) => name === "internal");
  const { flags } = checker.getTypeOfSymbol(member);
  const isNameOfError = member.name === "name" && symbol.name.endsWith("Error");
  const isRuledOut = (flags & (ts.TypeFlags.Never | ts.TypeFlags.Undefined)) !== 0;
  return isNamed && !isInternal && !isRuledOut && !isNameOfError && isOurs(member);
}

function isOurs(symbol: ts.Symbol): boolean {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return file?.startsWith(join(ROOT, "src/")) === true;
}

function placeOf(symbol: ts.Symbol): string {
  const declaration = symbol.declarations?.[0];
  if (!declaration) return "";
  const file = declaration.getSourceFile();
  return `${relative(ROOT, file.fileName)}:${file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1}`;
}
