/** `keysFromFile`: loading and reloading keys, and errors that show no key. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { AuthManager, keysFromFile } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { ISSUER, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const folder = mkdtempSync(join(tmpdir(), "claimgate-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pair = await generateKeyPair("ES256", { extractable: true });
const privateJwk = { ...(await exportJWK(pair.privateKey)), alg: "ES256", kid: "private", use: "sig" };
const publicJwk = { ...(await exportJWK(pair.publicKey)), alg: "ES256", kid: "private", use: "sig" };
const secretJwk = { kty: "oct", k: Buffer.alloc(32, 9).toString("base64url"), alg: "HS256", kid: "secret" };

let files = 0;
function write(content: unknown): string {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}
const open = (file: string, clock = createTestClock(NOW)): AuthManager =>
  new AuthManager({ issuer: ISSUER, keys: keysFromFile(file), now: clock.now });

describe("keysFromFile", () => {
  it("signs with private keys and secrets, and verifies with public keys", async () => {
    const signing = open(write({ keys: [secretJwk, privateJwk] }));
    const token = await signing.authToken("ada");
    expect(token.header).toEqual({ alg: "ES256", typ: "JWT", kid: "private" });
    const verifying = open(write({ keys: [publicJwk] }));
    expect(await verdictOf(verifying, token.signed)).toBe("allowed");
    expect(await refusalOf(verifying.authToken("ada"))).toMatchObject({ name: "MissingSignerError" });
    const other = open(write({ keys: [secretJwk] }));
    expect(await verdictOf(other, token.signed)).toBe("SIGNATURE_INVALID");
  });

  it("applies signFrom and retireAt of each key", async () => {
    const clock = createTestClock(NOW);
    const file = write({
      keys: [
        { ...secretJwk, retireAt: NOW + 20 },
        { ...privateJwk, signFrom: NOW + 10 },
      ],
    });
    const auth = open(file, clock);
    const first = await auth.authToken("ada");
    expect(first.header["kid"]).toBe("secret");
    clock.advance(10);
    expect((await auth.authToken("ada")).header["kid"]).toBe("private");
    expect(await verdictOf(auth, first.signed)).toBe("allowed");
    clock.advance(10);
    expect(await verdictOf(auth, first.signed)).toBe("SIGNATURE_INVALID");
  });

  it("reads the file again after the interval", async () => {
    const clock = createTestClock(NOW);
    const file = write({ keys: [secretJwk] });
    const auth = open(file, clock);
    expect((await auth.authToken("ada")).header["kid"]).toBe("secret");
    writeFileSync(file, JSON.stringify({ keys: [secretJwk, privateJwk] }));
    clock.advance(60);
    expect((await auth.authToken("ada")).header["kid"]).toBe("private");
  });

  it.each<[string, unknown, string]>([
    ["text that is not JSON", '{"keys":[{"d":"a-private-value"', "keys"],
    ["a list instead of a key set", [privateJwk], "keys"],
    ["keys that are not objects", { keys: ["a-private-value"] }, "keys"],
    ["an empty key set", { keys: [] }, "keys"],
    ["a key without alg", { keys: [{ ...privateJwk, alg: undefined }] }, "keys.0.alg"],
    ["an unknown alg", { keys: [{ ...privateJwk, alg: "ES256K" }] }, "keys.0.algorithm"],
    ["a kid that is not a text", { keys: [{ ...privateJwk, kid: 5 }] }, "keys.0.kid"],
    ["a signFrom that is not a number", { keys: [{ ...privateJwk, signFrom: "soon" }] }, "keys.0.signFrom"],
    ["a key of another kind than its alg", { keys: [{ ...privateJwk, alg: "RS256" }] }, "keys.0.privateKey"],
  ])("rejects a file with %s at ready, names the place, and shows no content", async (_, content, configValue) => {
    const error = await refusalOf(open(write(content)).ready());
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue });
    const shown = inspect(error, { depth: 20 });
    expect(shown).not.toContain("a-private-value");
    expect(shown).not.toContain(privateJwk.d);
  });

  it("accepts a URL, and a path relative to the working directory of the call", async () => {
    const file = write({ keys: [privateJwk] });
    expect((await keysFromFile(pathToFileURL(file))()).map(({ kid }) => kid)).toEqual(["private"]);
    const before = process.cwd();
    process.chdir(folder);
    const load = keysFromFile(basename(file));
    process.chdir(before);
    expect((await load()).map(({ kid }) => kid)).toEqual(["private"]);
  });

  it("rejects a missing file at ready, and a missing path at once", async () => {
    expect(await refusalOf(open(join(folder, "none.json")).ready())).toMatchObject({
      name: "InvalidConfigError",
      message: expect.stringContaining(`${join(folder, "none.json")} cannot be read (ENOENT)`),
      cause: { code: "ENOENT" },
    });
    for (const path of ["", undefined, 5]) expect(() => keysFromFile(path as never)).toThrow(/path/);
  });
});
