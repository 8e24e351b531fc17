/** Survivors in core/exchange. */
import type { Explanation } from "./explanation.ts";

export const EXCHANGE: readonly Explanation[] = [
  {
    file: "src/core/exchange/credentials.ts",
    why: "What was read is read again, with the same answer. Only many calls of one request notice, by their time.",
    mutants: [
      ["if (known) return known;", "if (false) return known;"],
      ["if (this.#header !== undefined) return this.#header;", "if (false) return this.#header;"],
      ["if (this.#headerFault) throw this.#headerFault.error;", "if (false) throw this.#headerFault.error;"],
      ["if (known) return settle(known);", "if (false) return settle(known);"],
      ["if (isAuthError(error)) found.set(slot, { error });", "if (false) found.set(slot, { error });"],
    ],
  },
  {
    file: "src/core/exchange/credentials.ts",
    why: "A shortcut: one token never differs from the first.",
    mutants: [
      [
        'if (tokens.length > 1 && tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");',
        'if (true && tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");',
      ],
      [
        'if (tokens.length > 1 && tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");',
        'if (tokens.length >= 1 && tokens.some((token) => token !== tokens[0])) throw refusal("CREDENTIALS_AMBIGUOUS");',
      ],
    ],
  },
  {
    file: "src/core/exchange/credentials.ts",
    why: "A shortcut for the common header: tokensOf finds the same token in it.",
    mutants: [
      ["if (value === undefined || sent.length > 1 || connectionParams)", "if (true)"],
      [
        "if (value === undefined || sent.length > 1 || connectionParams)",
        "if (value === undefined || sent.length >= 1 || connectionParams)",
      ],
      [
        'function plainToken(value: string, scheme: string): string | undefined { const at = scheme.length + 1; const isPlain = scheme !== "" && value.length > at && value.startsWith(scheme) && value[at - 1] === " " && !value.includes(" ", at) && !value.includes(",") && !value.includes("\\t"); return isPlain ? value.slice(at) : undefined; }',
        "function plainToken(value: string, scheme: string): string | undefined {}",
      ],
      ["const at = scheme.length + 1;", "const at = scheme.length - 1;"],
      [
        'scheme !== "" && value.length > at && value.startsWith(scheme) && value[at - 1] === " " && !value.includes(" ", at) && !value.includes(",") && !value.includes("\\t");',
        "false;",
      ],
      ['scheme !== "" &&', "true &&"],
      ['scheme !== "" &&', 'scheme === "" &&'],
      ['scheme !== "" &&', 'scheme !== "Stryker was here!" &&'],
      ['value[at - 1] === " " &&', 'value[at + 1] === " " &&'],
      ['value[at - 1] === " " &&', 'value[at - 1] === "" &&'],
      ['!value.includes(" ", at) &&', '!value.includes("", at) &&'],
      ['!value.includes(",") &&', '!value.includes("") &&'],
      ['!value.includes("\\t");', '!value.includes("");'],
    ],
  },
  {
    file: "src/core/exchange/credentials.ts",
    why: "A shortcut for a header without commas, which is its only part.",
    mutants: [
      [
        'if (value.includes(",")) return partsOf(value, scheme).flatMap((part) => tokensIn(part, scheme));',
        "if (true) return partsOf(value, scheme).flatMap((part) => tokensIn(part, scheme));",
      ],
      [
        'if (value.includes(",")) return partsOf(value, scheme).flatMap((part) => tokensIn(part, scheme));',
        'if (value.includes("")) return partsOf(value, scheme).flatMap((part) => tokensIn(part, scheme));',
      ],
    ],
  },
  {
    file: "src/core/exchange/credentials.ts",
    why: "A first part that starts no credential holds no token, so it may get lost.",
    mutants: [
      [
        'if (scheme === "" || last < 0 || starts) credentials.push(part);',
        'if (scheme === "" || false || starts) credentials.push(part);',
      ],
    ],
  },
  {
    file: "src/core/exchange/csrf.ts",
    why: "The list of safe methods has no undefined. The type needs the condition.",
    mutants: [
      [
        "const isSafe = !source.isUpgrade && source.method !== undefined && SAFE_METHODS.includes(source.method);",
        "const isSafe = !source.isUpgrade && true && SAFE_METHODS.includes(source.method);",
      ],
    ],
  },
  {
    file: "src/core/exchange/cookies.ts",
    why: "The default stands for both sides of each comparison, and is not the value of an attribute.",
    mutants: [
      [
        '{ domain = "", path = "", partitioned = false }: Partial<Pick<CookieAttributes, "domain" | "path" | "partitioned">>,',
        '{ domain = "", path = "Stryker was here!", partitioned = false }: Partial<Pick<CookieAttributes, "domain" | "path" | "partitioned">>,',
      ],
      [
        '{ domain = "", path = "", partitioned = false }: Partial<Pick<CookieAttributes, "domain" | "path" | "partitioned">>,',
        '{ domain = "Stryker was here!", path = "", partitioned = false }: Partial<Pick<CookieAttributes, "domain" | "path" | "partitioned">>,',
      ],
    ],
  },
  {
    file: "src/core/exchange/cookies.ts",
    why: "Only the place and the lifetime of the cookie are read, never its value.",
    mutants: [
      [
        "const { name, domain, path, partitioned, maxAge } = parseSetCookie(header, { decode: (text) => text });",
        "const { name, domain, path, partitioned, maxAge } = parseSetCookie(header, {});",
      ],
      [
        "const { name, domain, path, partitioned, maxAge } = parseSetCookie(header, { decode: (text) => text });",
        "const { name, domain, path, partitioned, maxAge } = parseSetCookie(header, { decode: () => undefined });",
      ],
    ],
  },
  {
    file: "src/core/exchange/cookies.ts",
    why: "undefined <= 0 is false. The types need the first condition.",
    mutants: [
      [
        "return { place: placeOf(name, attributes), isCleared: maxAge !== undefined && maxAge <= 0 };",
        "return { place: placeOf(name, attributes), isCleared: true && maxAge <= 0 };",
      ],
    ],
  },
];
