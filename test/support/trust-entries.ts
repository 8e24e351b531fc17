/** The entries of docs/trusted-issuers.md, as a reader would paste them. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import type { TrustedIssuer } from "claimgate";

/** The text of the page. */
export const PAGE: string = readFileSync(new URL("../../docs/trusted-issuers.md", import.meta.url), "utf8");

/** The values that a reader fills in. */
interface Filled {
  readonly publicJwk: object;
  readonly base64urlOfTheSecret: string;
}

/** The entries by the names above them. */
export function readTrustEntries(filled: Filled): (readonly [name: string, entry: TrustedIssuer])[] {
  const blocks = PAGE.matchAll(/\*\*([^*]+)\*\*[^`]*(?:`[^`\n]+`[^`]*)*```ts\n(\{[\s\S]*?)```/g);
  return [...blocks].map(([, name = "", code = ""]) => {
    // Object literals in plain JavaScript, from the documentation of this repository.
    const fill = runInThisContext(`({ publicJwk, base64urlOfTheSecret }) => (${code})`) as (_: Filled) => TrustedIssuer;
    return [name, fill(filled)] as const;
  });
}
