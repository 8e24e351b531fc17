/** The guards of one place, as the run time needs them. */
import { isOfTokenOnly } from "../core/rules/compile.ts";
import type { Guard } from "./read-guards.ts";

/** Guards that must all hold. */
export interface GuardSet {
  readonly guards: readonly Guard[];
  /** Whether none of them looks at arguments or parent: then what they let pass once in a request, they let pass wherever they stand. */
  readonly isOfTokenOnly: boolean;
  /** The same object for all sets that say the same. */
  readonly passKey: object;
}

/** Makes the sets of one schema. */
export function createGuardSets(): (guards: readonly Guard[]) => GuardSet {
  const passKeys = new Map<string, object>();
  return (guards) => {
    const text = JSON.stringify(guards.map(({ rule }) => rule));
    let passKey = passKeys.get(text);
    if (!passKey) passKeys.set(text, (passKey = { rules: text }));
    return { guards, isOfTokenOnly: guards.every(({ plan }) => isOfTokenOnly(plan)), passKey };
  };
}
