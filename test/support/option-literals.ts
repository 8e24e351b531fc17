/** Writes code that sets every option of a public type, with a marker in front of each. */
import { join } from "node:path";
import ts from "typescript-5.9";

/**
 * Object literals that set every option of a type that `claimgate` exports in `workspace`: one
 * literal, or one for each member of a union. A marker `Type_option` is in front of each option.
 */
export function createOptionLiterals(workspace: string, type: string): string[] {
  const file = join(workspace, "dist/index.d.ts");
  const checker = programOf(file).getTypeChecker();
  const source = programOf(file).getSourceFile(file);
  const entry = source && checker.getSymbolAtLocation(source);
  const symbol = entry && checker.getExportsOfModule(entry).find(({ name }) => name === type);
  if (!symbol) throw new Error(`claimgate does not export ${type}`);
  const declared = checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(symbol));
  return (declared.isUnion() ? declared.types : [declared]).map((member) => {
    const { name } = member.aliasSymbol ?? member.symbol;
    const options = checker.getPropertiesOfType(member).flatMap((property) => {
      const value = valueOf(checker.getTypeOfSymbol(property), checker);
      return value === undefined ? [] : [`/*|${name}_${property.name}*/ ${property.name}: ${value}`];
    });
    return `{ ${options.join(", ")} }`;
  });
}

let program: ts.Program | undefined;

function programOf(file: string): ts.Program {
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, strict: true, skipLibCheck: true };
  program ??= ts.createProgram([file], options);
  return program;
}

/**
 * Code of a value: text or a list if the type allows one, so that the compiler can tell the members
 * of a union apart. Otherwise the code is `value`; it is `undefined` for an option of type `never`.
 */
function valueOf(type: ts.Type, checker: ts.TypeChecker): string | undefined {
  const members = (type.isUnion() ? type.types : [type]).filter(
    ({ flags }) => (flags & (ts.TypeFlags.Never | ts.TypeFlags.Undefined)) === 0,
  );
  if (members.length === 0) return undefined;
  for (const member of members) {
    if (member.isStringLiteral()) return JSON.stringify(member.value);
    if (member.flags & ts.TypeFlags.String) return '""';
    if (checker.isArrayType(member)) return "[]";
  }
  return "value";
}
