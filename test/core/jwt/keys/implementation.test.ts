/** The implementation of a key: `node:crypto` where the sources see it, and WebCrypto elsewhere. */
import { beforeEach, expect, it } from "vitest";
import { prepareKey } from "../../../../src/core/jwt/keys/keys.ts";
import { SignatureQueue } from "../../../../src/core/jwt/signatures/signature-queue.ts";
import { makePair } from "./key-kinds.ts";

const hasNodeCrypto = process.getBuiltinModule("node:crypto") !== undefined;
const key = prepareKey(makePair("Ed25519").privateKey, "EdDSA", "sign");

// The turn before may have spent its budget.
beforeEach(() => new Promise<void>((resolve) => setImmediate(resolve)));

it("is that of the project: synchronous signatures by node:crypto, and promises by WebCrypto", async () => {
  const opened = key.open();
  expect(opened instanceof Promise).toBe(!hasNodeCrypto);
  const signature = (await opened).sign("data", new SignatureQueue());
  expect(signature instanceof Promise).toBe(!hasNodeCrypto);
  expect(await signature).toHaveLength(64);
});
