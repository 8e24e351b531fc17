/** Survivors in core/request. */
import type { Explanation } from "./explanation.ts";

export const REQUEST: readonly Explanation[] = [
  {
    file: "src/core/request/request-tokens.ts",
    why: "A shortcut: without the microtask cache, the request verifies again, with the same answer.",
    mutants: [
      ["if (known) return known;", "if (false) return known;"],
      ["if (one && !isPromise(one)) current[slot] = undefined;", "if (true) current[slot] = undefined;"],
      [
        "if (one && !isPromise(one)) current[slot] = undefined;",
        "if (one || !isPromise(one)) current[slot] = undefined;",
      ],
      ["if (current && !isPromise(current)) return current;", "if (false) return current;"],
    ],
  },
  {
    file: "src/core/request/request-tokens.ts",
    why: "The end of a moment clears what it has cleared already.",
    mutants: [
      ["if (!this.#isMoment) return;", "if (false) return;"],
      ["if (!this.#isMoment) {", "if (true) {"],
    ],
  },
  {
    file: "src/core/request/request-tokens.ts",
    why: "A moment begins with a token in the cache, so the list exists.",
    mutants: [["const current = this.#current ?? [];", 'const current = this.#current ?? ["Stryker was here"];']],
  },
  {
    file: "src/core/request/request-tokens.ts",
    why: "There is no token beyond the end of the list.",
    mutants: [
      ["for (let slot = 0; slot < current.length; slot++) {", "for (let slot = 0; slot <= current.length; slot++) {"],
    ],
  },
  {
    file: "src/core/request/request-tokens.ts",
    why: "No verified token has the text undefined, so the conditions behind reject it too. The types need the line.",
    mutants: [
      [
        "const known = text === undefined ? undefined : this.#known.get(text);",
        "const known = false ? undefined : this.#known.get(text);",
      ],
      [
        'if (text === undefined || known?.tokenType !== "auth" || !verifier.isGoodNow(known)) return null;',
        'if (false || known?.tokenType !== "auth" || !verifier.isGoodNow(known)) return null;',
      ],
    ],
  },
  {
    file: "src/core/request/request-tokens.ts",
    why: "The cache exists: it holds the promise that has just failed.",
    mutants: [
      [
        "if (this.#current?.[plan.slot] === mine) this.#current[plan.slot] = undefined;",
        "if (this.#current[plan.slot] === mine) this.#current[plan.slot] = undefined;",
      ],
    ],
  },
  {
    file: "src/core/request/request-tokens.ts",
    why: "Setting the same token again changes nothing.",
    mutants: [
      [
        "if (verified !== known) (this.#known ??= new KnownTokens()).set(text, verified);",
        "if (true) (this.#known ??= new KnownTokens()).set(text, verified);",
      ],
      [
        "if (token !== known) (this.#known ??= new KnownTokens()).set(text, token);",
        "if (true) (this.#known ??= new KnownTokens()).set(text, token);",
      ],
    ],
  },
];
