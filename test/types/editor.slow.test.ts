/** Editors complete rules and explain options, in TypeScript 5.9 and 7. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EDITORS, type Editor, type Hover, type Marked, readMarkers } from "../support/editors.ts";
import { createOptionLiterals } from "../support/option-literals.ts";
import { createTypesWorkspace } from "../support/types-workspace.ts";

const RULE_KEYS = ["anyOf", "args", "claims", "location", "optional", "override", "scope", "type"];
const BRANCH_KEYS = ["args", "claims", "scope"];
/** The markers in front of the keys of a rule. */
const RULE_MARKERS = [
  "scope",
  "type",
  "branchScope",
  "ownScope",
  "ownClaims",
  "ownAnyOf",
  "ownBranchClaims",
  "usedScope",
  "usedOwnScope",
  "definedScope",
  "definedClaims",
  "managerScope",
  "managerBranchClaims",
  "fieldScope",
  "fieldOnDeny",
  "requiredScope",
];
/** The types of options, each with the code that hands a literal to it. */
const OPTION_TYPES: Readonly<Record<string, (literal: string) => string>> = {
  AuthManagerConfig: (literal) => `new AuthManager(${literal});`,
  ...Object.fromEntries(
    ["CookieConfig", "CsrfConfig", "KeyConfig", "KeyRefreshConfig", "TrustedIssuer"].map((type) => [
      type,
      (literal: string) => `void (${literal} satisfies ${type});`,
    ]),
  ),
};
/**
 * `trust` is optional beside keys and required without them. Any kind of config may begin with it,
 * and an editor explains no property that differs between the possible kinds.
 */
const UNDECIDED = ["KeylessConfig_trust"];
const TRPC = "types/editor/trpc.ts";
const OPTIONS = "types/editor/options.ts";

const trpc = readMarkers(readFileSync(new URL("editor/trpc.ts", import.meta.url), "utf8"));
let workspace: string;
let options: Marked;

beforeAll(async () => {
  workspace = await createTypesWorkspace();
  options = readMarkers(codeOfOptions());
});

describe.each(EDITORS)("TypeScript $version", ({ open }) => {
  let editor: Editor;

  beforeAll(async () => {
    const files = { [TRPC]: trpc.code, [OPTIONS]: options.code };
    editor = await open(workspace, new Map(Object.entries(files)));
  });

  afterAll(() => editor.close());

  const complete = (marker: string): Promise<readonly string[]> => editor.complete(TRPC, positionOf(trpc, marker));
  const hover = (marker: string): Promise<Hover> => editor.hover(TRPC, positionOf(trpc, marker));

  it.each([
    ["rule", RULE_KEYS],
    ["ruleWithScope", RULE_KEYS.filter((key) => key !== "scope")],
    ["branch", BRANCH_KEYS],
    ["ownRule", RULE_KEYS],
    ["usedRule", RULE_KEYS],
    ["ownBranch", BRANCH_KEYS],
  ])("completes the keys of a rule at %s", async (marker, keys) => {
    expect(await complete(marker)).toEqual(keys);
  });

  it.each(["rule", "ownRule", "usedRule", "branch", "ownBranch"])("documents each key at %s", async (marker) => {
    const documented = await Promise.all(
      (await complete(marker)).map((name) => editor.explain(TRPC, positionOf(trpc, marker), name)),
    );
    expect(documented).not.toHaveLength(0);
    expect(documented).not.toContain("");
  });

  it.each(RULE_MARKERS)("shows the documentation of the key at %s", async (marker) => {
    expect((await hover(marker)).documentation).toMatch(/claim|token|branches|401/);
  });

  it("completes only the members of the schema in a claim that is an object", async () => {
    expect(await complete("scopeValue")).toEqual(["admin"]);
  });

  it.each([
    "claims",
    "override",
    "args",
    "usedClaims",
    "usedArgs",
  ])("completes the claims of the schema at %s", async (marker) => {
    expect(await complete(marker)).toEqual(expect.arrayContaining(["plan", "seats", "sub"]));
  });

  it("shows the type of a token behind a guard", async () => {
    expect((await hover("token")).signature).toContain("JWT<{");
    expect((await hover("claim")).signature).toContain('"free" | "pro"');
  });

  it("leads from the token of a public procedure to authenticate()", async () => {
    const { signature, documentation } = await hover("publicToken");
    expect(signature).toContain("CallAuthenticateToGetTheToken");
    expect(documentation).toContain("ctx.auth.authenticate()");
  });

  it("shows the documentation of every option", { timeout: 60_000 }, async () => {
    const undocumented: string[] = [];
    for (const [marker, position] of options.positions) {
      const { documentation } = await editor.hover(OPTIONS, position);
      if (documentation === "") undocumented.push(marker);
    }
    expect(options.positions.size).toBeGreaterThan(40);
    expect(undocumented.filter((marker) => !UNDECIDED.includes(marker))).toEqual([]);
  });
});

/** A file that sets every option. */
function codeOfOptions(): string {
  const types = Object.keys(OPTION_TYPES);
  const statements = Object.entries(OPTION_TYPES).flatMap(([type, handOver]) => {
    const literals = createOptionLiterals(workspace, type);
    return literals.map(handOver);
  });
  return [
    `import { AuthManager, ${types.map((type) => `type ${type}`).join(", ")} } from "claimgate";`,
    "declare const value: any;",
    ...statements,
  ].join("\n");
}

function positionOf({ positions }: Marked, marker: string): number {
  const position = positions.get(marker);
  if (position === undefined) throw new Error(`the fixture has no marker ${marker}`);
  return position;
}
