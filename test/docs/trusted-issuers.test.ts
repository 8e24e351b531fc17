/** The entries of docs/trusted-issuers.md build, alone and next to a manager's own keys. */
import { generateKeyPairSync } from "node:crypto";
import { AuthManager } from "claimgate";
import { describe, expect, it } from "vitest";
import { PAGE, readTrustEntries } from "../support/trust-entries.ts";

const publicJwk = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
const base64urlOfTheSecret = Buffer.alloc(32, 1).toString("base64url");
const entries = readTrustEntries({ publicJwk, base64urlOfTheSecret });

describe("docs/trusted-issuers.md", () => {
  it("has only entries that this test can read", () => {
    expect(entries).toHaveLength((PAGE.match(/```ts\n\{/g) ?? []).length);
    expect(entries.length).toBeGreaterThan(5);
  });

  it.each(entries)("has an entry for %s that builds", (_, entry) => {
    expect(() => new AuthManager({ trust: [entry] })).not.toThrow();
    const own = { issuer: "me", algorithm: "HS256", secret: "s".repeat(32) } as const;
    const stated = { subject: "verbatim", claims: [], ...entry } as const;
    expect(() => new AuthManager({ ...own, trust: [stated] })).not.toThrow();
  });
});
