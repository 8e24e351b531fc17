/** `KnownTokens`: the verified tokens of one request or connection. */
import type { JWT } from "../tokens/token.ts";

/** Verified tokens by their text. Most requests have one, for which no map is created. */
export class KnownTokens {
  #text: string | undefined;
  #token: JWT | undefined;
  #others: Map<string, JWT> | undefined;

  /** Whether there is no token. */
  get isEmpty(): boolean {
    return this.#token === undefined;
  }

  /** The verified token of exactly this text. */
  get(text: string): JWT | undefined {
    return this.#text === text ? this.#token : this.#others?.get(text);
  }

  /** Remembers a verified token, in place of a former one of the same text. */
  set(text: string, token: JWT): void {
    if (this.#text === undefined || this.#text === text) {
      this.#text = text;
      this.#token = token;
    } else (this.#others ??= new Map()).set(text, token);
  }
}
