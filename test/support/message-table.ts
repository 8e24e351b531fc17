/** Tests messages by a table: the mistake, the code that makes it, and the words of its remedy. */
import { expect, test } from "vitest";

/** One message. */
export interface MessageRow {
  /** The mistake, as the end of "names the remedy for ...". */
  readonly mistake: string;
  /** Makes the mistake. Throws, rejects, or returns the message where it is not an error. */
  readonly make: () => unknown;
  /** The `name` of the error; absent where `make` returns the message. */
  readonly error?: string;
  /** Words that the message contains, the remedy among them. */
  readonly says: readonly string[];
}

/** One test for each row. */
export function testMessages(rows: readonly MessageRow[]): void {
  for (const { mistake, make, error, says } of rows) {
    test(`names the remedy for ${mistake}`, async () => {
      const shown = await messageOf(make);
      expect(shown.error).toBe(error);
      for (const words of says) expect(shown.message).toContain(words);
    });
  }
}

async function messageOf(make: () => unknown): Promise<{ message: string; error: string | undefined }> {
  try {
    return { message: String(await make()), error: undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { message: error.message, error: error.name };
  }
}
