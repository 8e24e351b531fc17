/** Survivors in graphql. */
import type { Explanation } from "./explanation.ts";

export const GRAPHQL: readonly Explanation[] = [
  {
    file: "src/graphql/execution/guard-set.ts",
    why: "Fewer decisions are cached. The guards then decide again, with the same answer.",
    mutants: [
      ["if (moments.auth !== auth) return false;", "if (true) return false;"],
      [
        "export function isPassed(pass: Pass, auth: unknown): boolean { const { moments } = pass; if (moments.auth !== auth) return false; if (pass.at === moments.number) return true; const { claims } = moments; if (claims === undefined || moments.slot !== pass.slot || !accepts(pass, claims)) return false; pass.at = moments.number; return true; }",
        "export function isPassed(pass: Pass, auth: unknown): boolean {}",
      ],
      ["if (pass.at === moments.number) return true;", "if (false) return true;"],
      ["if (pass.at === moments.number) return true;", "if (pass.at === moments.number) return false;"],
      [
        "if (claims === undefined || moments.slot !== pass.slot || !accepts(pass, claims)) return false;",
        "if (true) return false;",
      ],
      [
        "if (claims === undefined || moments.slot !== pass.slot || !accepts(pass, claims)) return false;",
        "if (claims !== undefined || moments.slot !== pass.slot || !accepts(pass, claims)) return false;",
      ],
      ["return true;", "return false;"],
      [
        "function accepts({ test }: Pass, claims: HeldClaims): boolean { try { return test(claims) === undefined; } catch { // The guards then test the claims themselves, and reject them with this error as the cause. return false; } }",
        "function accepts({ test }: Pass, claims: HeldClaims): boolean {}",
      ],
      ["try { return test(claims) === undefined; } catch {", "try {} catch {"],
      ["return test(claims) === undefined;", "return false;"],
      [
        "} catch { // The guards then test the claims themselves, and reject them with this error as the cause. return false; }",
        "} catch {}",
      ],
      [
        "export function markPassed(pass: Pass, auth: object, token: JWT | null): void { const { moments, slot } = pass; if (moments.auth !== auth) begin(moments, auth); if (token && slot !== undefined) { moments.slot = slot; moments.claims = claimsOf(token); } pass.at = moments.number; }",
        "export function markPassed(pass: Pass, auth: object, token: JWT | null): void {}",
      ],
      ["if (moments.auth !== auth) begin(moments, auth);", "if (true) begin(moments, auth);"],
      ["if (token && slot !== undefined) {", "if (false) {"],
      [
        "if (token && slot !== undefined) { moments.slot = slot; moments.claims = claimsOf(token); }",
        "if (token && slot !== undefined) {}",
      ],
      [
        "if (!guards.every(({ plan }) => plan.isOfTokenOnly)) return { guards, pass: undefined };",
        "if (true) return { guards, pass: undefined };",
      ],
      [
        "if (!guards.every(({ plan }) => plan.isOfTokenOnly)) return { guards, pass: undefined };",
        "if (!guards.every(() => undefined)) return { guards, pass: undefined };",
      ],
      [
        "if (!pass) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));",
        "if (true) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));",
      ],
      [
        "if (!pass) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));",
        "if (pass) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));",
      ],
      [
        "if (!pass) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));",
        "if (false) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));",
      ],
      [
        "function commonSlot(guards: readonly Guard[]): number | undefined { const slot = guards[0]?.plan.slot; return guards.every(({ plan }) => plan.slot === slot) ? slot : undefined; }",
        "function commonSlot(guards: readonly Guard[]): number | undefined {}",
      ],
      [
        "return guards.every(({ plan }) => plan.slot === slot) ? slot : undefined;",
        "return guards.every(() => undefined) ? slot : undefined;",
      ],
      [
        "return guards.every(({ plan }) => plan.slot === slot) ? slot : undefined;",
        "return guards.every(({ plan }) => false) ? slot : undefined;",
      ],
      [
        "return guards.every(({ plan }) => plan.slot === slot) ? slot : undefined;",
        "return guards.every(({ plan }) => plan.slot !== slot) ? slot : undefined;",
      ],
      [
        'function testAll(guards: readonly Guard[]): Pass["test"] { const tests = guards.map(({ plan }) => plan.test); const [only] = tests; if (only && tests.length === 1) return only; return (claims) => { for (const test of tests) { const reason = test(claims); if (reason !== undefined) return reason; } return undefined; }; }',
        'function testAll(guards: readonly Guard[]): Pass["test"] {}',
      ],
      ["const tests = guards.map(({ plan }) => plan.test);", "const tests = guards.map(() => undefined);"],
    ],
  },
  {
    file: "src/graphql/execution/guard-set.ts",
    why: "Without claims the tests throw, which counts as no.",
    mutants: [
      [
        "if (claims === undefined || moments.slot !== pass.slot || !accepts(pass, claims)) return false;",
        "if (false || moments.slot !== pass.slot || !accepts(pass, claims)) return false;",
      ],
    ],
  },
  {
    file: "src/graphql/execution/guard-set.ts",
    why: "There is always a guard. The types need the question mark.",
    mutants: [["const slot = guards[0]?.plan.slot;", "const slot = guards[0].plan.slot;"]],
  },
  {
    file: "src/graphql/execution/guard-set.ts",
    why: "A shortcut for one test. The loop below it has the same answer.",
    mutants: [["if (only && tests.length === 1) return only;", "if (false) return only;"]],
  },
  {
    file: "src/graphql/execution/guarded-resolvers.ts",
    why: "Without the cached decision the guards decide again, with the same answer.",
    mutants: [
      [
        "if (pass !== undefined && isPassed(pass, (context as { readonly auth?: unknown } | null | undefined)?.auth))",
        "if (false)",
      ],
      [
        "if (pass !== undefined && seen === context) markPassed(pass, auth, token);",
        "if (false) markPassed(pass, auth, token);",
      ],
    ],
  },
  {
    file: "src/graphql/execution/guarded-resolvers.ts",
    why: "A decision is cached for guards that do not read the parent.",
    mutants: [
      [
        "const parent = pass !== undefined || gate.isMadeByClient(source) ? undefined : source;",
        "const parent = false || gate.isMadeByClient(source) ? undefined : source;",
      ],
    ],
  },
  {
    file: "src/graphql/execution/guarded-resolvers.ts",
    why: "A shortcut for one guard: enforce asks it too.",
    mutants: [["const only = guards.length === 1 ? last : undefined;", "const only = false ? last : undefined;"]],
  },
  {
    file: "src/graphql/execution/guarded-resolvers.ts",
    why: "A map has no type undefined, and the loop over no guards accepts. The types need the conditions.",
    mutants: [
      [
        "const guards = typeName === undefined ? undefined : byName.get(typeName);",
        "const guards = false ? undefined : byName.get(typeName);",
      ],
      ["if (!guards || guards.length === 0) return typeName;", "if (false) return typeName;"],
      ["if (!guards || guards.length === 0) return typeName;", "if (!guards && guards.length === 0) return typeName;"],
      ["if (!guards || guards.length === 0) return typeName;", "if (!guards || false) return typeName;"],
    ],
  },
  {
    file: "src/graphql/schema/apply-guards.ts",
    why: "A field of an object type belongs to an object type. The types need the condition.",
    mutants: [
      [
        "const guards = isObjectType(type) ? fieldGuards.field(type, fieldName) : [];",
        'const guards = isObjectType(type) ? fieldGuards.field(type, fieldName) : ["Stryker was here"];',
      ],
    ],
  },
  {
    file: "src/graphql/schema/apply-guards.ts",
    why: "Nothing calls the subscribe of a field that is not a subscription.",
    mutants: [
      [
        "return guardField(distrusting ?? given, makeSet(guards), typeName === subscriptionName);",
        "return guardField(distrusting ?? given, makeSet(guards), true);",
      ],
    ],
  },
  {
    file: "src/graphql/schema/apply-guards.ts",
    why: "A type resolver that is wrapped again asks the same guards again.",
    mutants: [
      ['if (key === "" || isGuardedBy(type.resolveType, key))', "if (false)"],
      [
        'if (key === "" || isGuardedBy(type.resolveType, key))',
        'if (key === "" && isGuardedBy(type.resolveType, key))',
      ],
      ['if (key === "" || isGuardedBy(type.resolveType, key))', "if (false || isGuardedBy(type.resolveType, key))"],
      [
        'if (key === "" || isGuardedBy(type.resolveType, key))',
        'if (key === "Stryker was here!" || isGuardedBy(type.resolveType, key))',
      ],
    ],
  },
  {
    file: "src/graphql/schema/field-guards.ts",
    why: "The possible types of an interface or union are object types. The types need the condition.",
    mutants: [
      ["if (!isObjectType(type)) return [];", 'if (!isObjectType(type)) return ["Stryker was here"];'],
      ["if (!isObjectType(type)) return [];", "if (false) return [];"],
    ],
  },
  {
    file: "src/graphql/schema/field-guards.ts",
    why: "The guards of the field have decided already; here they decide again, with the same answer.",
    mutants: [["return beforeValue(type).filter((guard) => !known.includes(guard));", "return beforeValue(type);"]],
  },
  {
    file: "src/graphql/schema/field-guards.ts",
    why: "A shortcut: what is made again is equal.",
    mutants: [
      ["if (!known.has(key)) known.set(key, make(key, ...rest));", "if (true) known.set(key, make(key, ...rest));"],
    ],
  },
  {
    file: "src/graphql/schema/schema-check.ts",
    why: "A shortcut: a schema that was checked passes again.",
    mutants: [["if (guarded.has(schema)) return;", "if (false) return;"]],
  },
];
