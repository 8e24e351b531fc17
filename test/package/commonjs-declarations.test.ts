/** The declarations for CommonJS packages. */
import { expect, it } from "vitest";
import { toCommonJS } from "../../scripts/commonjs-declarations.ts";

it.each([
  'import type { A } from "./a.ts";',
  'export { B } from "../b.ts";',
  'declare module "../c.ts" {}',
  'export declare const d: import("./d.ts").D;',
])("leads %s to the declarations for CommonJS", (code) => {
  expect(toCommonJS(code)).toBe(code.replace(".ts", ".cts"));
});

it("imports the types of a package that has only ES modules as such", () => {
  expect(toCommonJS('import { type CryptoKey, type JWK } from "jose";\n')).toBe(
    'import type { CryptoKey, JWK } from "jose" with { "resolution-mode": "import" };\n',
  );
});

it("keeps the imports of other packages", () => {
  const code = 'import type { TRPCError } from "@trpc/server";\n';
  expect(toCommonJS(code)).toBe(code);
});
