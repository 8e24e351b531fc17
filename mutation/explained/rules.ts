/** Survivors in core/rules. */
import type { Explanation } from "./explanation.ts";

export const RULES: readonly Explanation[] = [
  {
    file: "src/core/rules/compile.ts",
    why: "A shortcut: without it, each guard compiles a rule of defineRule again, to an equal plan.",
    mutants: [
      [
        "const known = rule && Object.hasOwn(rule, PLAN) ? (rule as { [PLAN]?: Plan })[PLAN] : undefined;",
        "const known = false ? (rule as { [PLAN]?: Plan })[PLAN] : undefined;",
      ],
    ],
  },
  {
    file: "src/core/rules/compile.ts",
    why: "The list stands for a rule without override. A check without a name and a value never holds, so it lifts nothing.",
    mutants: [
      [
        'const override = "override" in checked ? readClaims(checked["override"], "rule.override") : [];',
        'const override = "override" in checked ? readClaims(checked["override"], "rule.override") : ["Stryker was here"];',
      ],
    ],
  },
  {
    file: "src/core/rules/compile.ts",
    why: "A shortcut: without it, guard-set caches no decision, and each guard decides again.",
    mutants: [["isOfTokenOnly: argPaths.length === 0 && !usesParent,", "isOfTokenOnly: false,"]],
  },
  {
    file: "src/core/rules/decision.ts",
    why: "A shortcut for one or two checks. The loop below it has the same answer.",
    mutants: [
      ["if (decisions.length === 2)", "if (false)"],
      ["if (!second) return first;", "if (false) return first;"],
    ],
  },
  {
    file: "src/core/rules/decision.ts",
    why: "The reason of an override decides only whether it holds. No caller gets it.",
    mutants: [
      [
        'const missing = inTurn(override.map((check) => compileClaim(check, "CLAIMS_INSUFFICIENT")));',
        'const missing = inTurn(override.map((check) => compileClaim(check, "")));',
      ],
    ],
  },
  {
    file: "src/core/rules/decision.ts",
    why: "A shortcut. Without branches, the decision about anyOf accepts.",
    mutants: [["if (branches.length === 0) return [];", "if (false) return [];"]],
  },
  {
    file: "src/core/rules/decision.ts",
    why: "A shortcut for a name without dots: findClaim finds the same claim.",
    mutants: [
      [
        "if (path) return (claims) => (matches(findClaim(claims, check)) ? undefined : reason);",
        "if (true) return (claims) => (matches(findClaim(claims, check)) ? undefined : reason);",
      ],
    ],
  },
  {
    file: "src/core/rules/decision.ts",
    why: "A shortcut for a path of one key: readPath reads the same value. A path of one key has a first key.",
    mutants: [
      [
        "if (path.length !== 1 || key === undefined) return (root) => readPath(root, path, read);",
        "if (true) return (root) => readPath(root, path, read);",
      ],
      [
        "if (path.length !== 1 || key === undefined) return (root) => readPath(root, path, read);",
        "if (path.length !== 1 || false) return (root) => readPath(root, path, read);",
      ],
      [
        "if (path.length !== 1 || key === undefined) return (root) => readPath(root, path, read);",
        "if (path.length !== 1 || key !== undefined) return (root) => readPath(root, path, read);",
      ],
    ],
  },
  {
    file: "src/core/rules/match.ts",
    why: "One of the two is a scalar and the other is not: the comparisons below say false too.",
    mutants: [
      [
        "if (!isScalar(claim) || !isScalar(value)) return false;",
        "if (!isScalar(claim) && !isScalar(value)) return false;",
      ],
    ],
  },
  {
    file: "src/core/rules/match.ts",
    why: "A shortcut for scalars: the general comparison has the same answer, and more closures.",
    mutants: [
      [
        "if (isPrimitive(required)) return (held) => held.includes(required);",
        "if (false) return (held) => held.includes(required);",
      ],
      ["if (first && entries.length <= 2 && entries.every(([, value]) => isPrimitive(value)))", "if (false)"],
      [
        "if (first && entries.length <= 2 && entries.every(([, value]) => isPrimitive(value)))",
        "if (first && entries.length < 2 && entries.every(([, value]) => isPrimitive(value)))",
      ],
      [
        "if (first && entries.length <= 2 && entries.every(([, value]) => isPrimitive(value)))",
        "if (first && entries.length <= 2 && entries.every(() => undefined))",
      ],
      [
        'function isPrimitive(value: unknown): boolean { return typeof value !== "object" || value === null; }',
        "function isPrimitive(value: unknown): boolean {}",
      ],
      ['return typeof value !== "object" || value === null;', "return false;"],
      ['return typeof value !== "object" || value === null;', 'return typeof value !== "object" && value === null;'],
      ['return typeof value !== "object" || value === null;', "return false || value === null;"],
      ['return typeof value !== "object" || value === null;', 'return typeof value !== "object" || false;'],
    ],
  },
  {
    file: "src/core/rules/match.ts",
    why: "A shortcut for one or two tests. The loop below it has the same answer.",
    mutants: [
      [
        "if (tests.length === 2) return (held) => first(held) && second(held);",
        "if (false) return (held) => first(held) && second(held);",
      ],
      ["if (!second) return first;", "if (false) return first;"],
    ],
  },
  {
    file: "src/core/rules/match.ts",
    why: "The compiler rejects empty lists, objects and scopes, so that there is always a test. The type needs the line.",
    mutants: [
      ["if (!first) return () => true;", "if (!first) return () => undefined;"],
      ["if (!first) return () => true;", "if (!first) return () => false;"],
      ["if (!first) return () => true;", "if (false) return () => true;"],
    ],
  },
  {
    file: "src/core/rules/find-claim.ts",
    why: "A shortcut for a name without dots: its path has one key, and finds the same claim.",
    mutants: [
      [
        'return { name, path: name.includes(".") ? name.split(".") : undefined };',
        'return { name, path: name.includes("") ? name.split(".") : undefined };',
      ],
    ],
  },
];
