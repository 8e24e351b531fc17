/** The entries of docs/trusted-issuers.md build, alone and next to a manager's own keys. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { AuthManager, type TrustedIssuer } from "claimgate";
import { describe, expect, it } from "vitest";

const text = readFileSync(new URL("../../docs/trusted-issuers.md", import.meta.url), "utf8");
const publicJwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
const entries = [...text.matchAll(/\*\*([^*]+)\*\*[^`]*(?:`[^`\n]+`[^`]*)*```ts\n(\{[\s\S]*?)```/g)].map(
  ([, name = "", code = ""]) =>
    // Object literals in plain JavaScript, from the documentation of this repository.
    [name, (runInThisContext(`(publicJwk) => (${code})`) as (jwk: object) => TrustedIssuer)(publicJwk)] as const,
);

describe("docs/trusted-issuers.md", () => {
  it("has only entries that this test can read", () => {
    expect(entries).toHaveLength((text.match(/```ts\n\{/g) ?? []).length);
    expect(entries.length).toBeGreaterThan(5);
  });

  it.each(entries)("has an entry for %s that builds", (_, entry) => {
    expect(() => new AuthManager({ trust: [entry] })).not.toThrow();
    const own = { issuer: "me", algorithm: "HS256", secret: "s".repeat(32) } as const;
    const stated = { subject: "verbatim", claims: [], ...entry } as const;
    expect(() => new AuthManager({ ...own, trust: [stated] })).not.toThrow();
  });
});
