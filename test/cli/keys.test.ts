/** Tests `claimgate keys`: files, output, exit codes, and the secrecy of private keys. */
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { AuthManager, keysFromFile } from "claimgate";
import { ALGORITHMS } from "claimgate/jwt";
import { calculateJwkThumbprint, type JWK } from "jose";
import { describe, expect, it, vi } from "vitest";
import { claimgate, claimgateProcess, startClaimgate, temporaryFolder } from "./command.ts";

const folder = temporaryFolder();
let files = 0;
const newPath = (): string => join(folder, `keys-${files++}.json`);
type FileKey = JWK & { signFrom?: number; retireAt?: number };
const read = (file: string): FileKey[] => (JSON.parse(readFileSync(file, "utf8")) as { keys: FileKey[] }).keys;
const seconds = (): number => Date.now() / 1000;
const SECRETS = ["d", "p", "q", "dp", "dq", "qi", "k"] as const;

async function generate(...options: string[]): Promise<string> {
  const file = newPath();
  expect(await claimgate(["keys", "generate", file, ...options])).toMatchObject({ code: 0, err: "" });
  return file;
}

function expectNoSecret(text: string, file: string): void {
  const secrets = read(file).flatMap((key) => SECRETS.flatMap((member) => key[member] ?? []));
  for (const secret of secrets) expect(text).not.toContain(secret);
}

describe("keys generate", () => {
  it.each(ALGORITHMS)("writes a file with one %s key that a manager signs with", { timeout: 30_000 }, async (alg) => {
    const file = newPath();
    const { code, out } = await claimgate(["keys", "generate", file, "--alg", alg, "--json"]);
    const [key] = read(file);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ ok: true, file, kid: key?.kid, alg, kty: key?.kty, state: "signs" });
    expect(key?.kid).toBe(await calculateJwkThumbprint(key as JWK));
    expectNoSecret(out, file);
    const auth = new AuthManager({ issuer: "me", keys: keysFromFile(file) });
    await auth.ready();
    const token = await auth.authToken("ada");
    expect(token.header).toEqual({ alg, typ: "JWT", kid: key?.kid });
    expect(await auth.verifyToken(token)).toBe(true);
  });

  it("makes the file readable by its owner only, and removes its lock", async () => {
    const file = await generate("--kid", "first");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(read(file).map(({ kid }) => kid)).toEqual(["first"]);
    expect(readdirSync(folder).filter((name) => name.includes("lock"))).toEqual([]);
  });

  it("rejects a path that exists, and leaves the existing file unchanged", async () => {
    const file = await generate();
    const before = readFileSync(file, "utf8");
    const { code, err } = await claimgate(["keys", "generate", file]);
    expect([code, err]).toEqual([2, expect.stringContaining("exists already")]);
    expect(readFileSync(file, "utf8")).toBe(before);
    const dangling = newPath();
    symlinkSync(join(folder, "nowhere"), dangling);
    expect(await claimgate(["keys", "generate", dangling])).toMatchObject({ code: 2 });
  });

  it("rejects a wrong algorithm, an empty kid and a missing folder, and leaves no lock", async () => {
    for (const args of [
      [newPath(), "--alg", "none"],
      [newPath(), "--kid", ""],
      [join(folder, "no", "keys.json")],
      [""],
      [],
    ]) {
      const { code, err } = await claimgate(["keys", "generate", ...args]);
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/--alg|--kid|cannot be written|missing required argument/),
      ]);
    }
    expect(readdirSync(folder).filter((name) => name.includes("lock"))).toEqual([]);
  });
});

describe("keys generate --type secret", () => {
  it.each([
    [undefined, "HS256", 32],
    ["HS256", "HS256", 32],
    ["HS384", "HS384", 48],
    ["HS512", "HS512", 64],
  ] as const)("writes a secret with which a manager signs, with --alg %s", async (given, alg, bytes) => {
    const file = newPath();
    const options = given === undefined ? [] : ["--alg", given];
    const { code, out, err } = await claimgate(["keys", "generate", file, "--type", "secret", ...options, "--json"]);
    const secret = readFileSync(file, "utf8");
    expect([code, err, JSON.parse(out)]).toEqual([0, "", { ok: true, file, type: "secret", alg, bytes }]);
    expect(secret).toMatch(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
    expect(out).not.toContain(secret);
    const auth = new AuthManager({ issuer: "me", algorithm: alg, secret });
    expect(await auth.verifyToken(await auth.authToken("ada"))).toBe(true);
  });

  it("writes a secret that JWT_SECRET takes, and shows how to set it", async () => {
    const file = newPath();
    const { out } = await claimgate(["keys", "generate", file, "--type", "secret"]);
    expect(out.split("\n").at(-1)).toBe(`Set it with JWT_SECRET="$(cat ${file})"`);
    const env = newPath();
    writeFileSync(env, `JWT_ISSUER=me\nJWT_AUTHTYPE=HS256\nJWT_SECRET=${readFileSync(file, "utf8")}\n`);
    const auth = AuthManager.fromEnv({ path: env });
    expect(await auth.verifyToken(await auth.authToken("ada"))).toBe(true);
  });

  it("writes another secret each time, for the owner only", async () => {
    const files = [newPath(), newPath()];
    for (const file of files) {
      expect(await claimgate(["keys", "generate", file, "--type", "secret"])).toMatchObject({ code: 0, err: "" });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    const [one, other] = files.map((file) => readFileSync(file, "utf8"));
    expect(one).not.toBe(other);
  });

  it("never overwrites a file", async () => {
    const file = newPath();
    await claimgate(["keys", "generate", file, "--type", "secret"]);
    const before = readFileSync(file, "utf8");
    const { code, err } = await claimgate(["keys", "generate", file, "--type", "secret"]);
    expect([code, err]).toEqual([2, `${file} exists already: name another file`]);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it.each([
    [["--alg", "ES256"], "--alg must be HS256, HS384 or HS512 with --type secret: other algorithms need --type key"],
    [["--alg", "none"], "--alg must be HS256, HS384 or HS512 with --type secret"],
    [["--kid", "k1"], "--kid cannot be combined with --type secret"],
    [["--type", "pem"], "Allowed choices are key, secret"],
  ])("rejects %s, and makes no file", async (options, message) => {
    const file = newPath();
    const { code, err } = await claimgate(["keys", "generate", file, "--type", "secret", ...options]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(file)).toBe(false);
  });

  it("makes a file that rotate and list reject", async () => {
    const file = newPath();
    await claimgate(["keys", "generate", file, "--type", "secret"]);
    for (const command of ["rotate", "list"]) {
      const { code, out, err } = await claimgate(["keys", command, file]);
      expect([code, out]).toEqual([2, ""]);
      expect(err).not.toContain(readFileSync(file, "utf8"));
    }
  });
});

describe("keys rotate", () => {
  it("adds a waiting key of the newest key's algorithm, and retires the earlier key after its last token expires", async () => {
    const file = await generate("--alg", "EdDSA", "--kid", "a");
    const { code, out } = await claimgate([
      "keys",
      "rotate",
      file,
      "--kid",
      "b",
      "--sign-in",
      "100",
      "--max-token-age",
      "1000",
      "--json",
    ]);
    const [a, b] = read(file);
    expect(code).toBe(0);
    expect([a?.kid, b?.kid, b?.alg]).toEqual(["a", "b", "EdDSA"]);
    const wait = (b?.signFrom ?? 0) - seconds();
    expect(wait > 60 && wait <= 100).toBe(true);
    expect((a?.retireAt ?? 0) - (b?.signFrom ?? 0)).toBe(1000 + 300);
    expect(JSON.parse(out)).toEqual({
      ok: true,
      file,
      kid: "b",
      signFrom: b?.signFrom,
      retireAt: a?.retireAt,
      removed: [],
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expectNoSecret(out, file);
  });

  it("keeps an earlier retirement time, and removes retired keys", async () => {
    const file = await generate("--kid", "a");
    const [a] = read(file);
    const soon = Math.floor(seconds()) + 500;
    const old = { ...a, kid: "old", retireAt: 1000 };
    writeFileSync(file, JSON.stringify({ keys: [old, { ...a, retireAt: soon, "x-note": "kept" }] }));
    const { out } = await claimgate(["keys", "rotate", file, "--kid", "b", "--alg", "RS256"]);
    expect(out).toContain("Removed the retired key old");
    expect(read(file).map(({ kid, alg, retireAt }) => [kid, alg, retireAt])).toEqual([
      ["a", "ES256", soon],
      ["b", "RS256", undefined],
    ]);
    expect(read(file)[0]).toHaveProperty("x-note", "kept");
  });

  it("keeps an existing retirement time when a later rotation names a shorter token age", async () => {
    const file = await generate("--kid", "a");
    await claimgate(["keys", "rotate", file, "--kid", "b", "--sign-in", "0"]);
    const before = read(file)[0]?.retireAt ?? 0;
    expect(before).toBeGreaterThan(seconds() + 604_000);
    await claimgate(["keys", "rotate", file, "--kid", "c", "--sign-in", "0", "--max-token-age", "60"]);
    const [a, b, c] = read(file);
    expect(a?.retireAt).toBe(before);
    expect(b?.retireAt).toBe((c?.signFrom ?? 0) + 360);
  });

  it("requires --alg when the file has no keys", async () => {
    const file = newPath();
    writeFileSync(file, '{"keys":[]}', { mode: 0o600 });
    const { code, err } = await claimgate(["keys", "rotate", file]);
    expect([code, err]).toEqual([2, `${file} has no key whose algorithm could be used: give --alg`]);
    expect((await claimgate(["keys", "rotate", file, "--alg", "EdDSA"])).code).toBe(0);
  });

  it("removes every earlier key at once with --now", async () => {
    const file = await generate("--kid", "a");
    await claimgate(["keys", "rotate", file, "--kid", "b"]);
    await claimgate(["keys", "rotate", file, "--kid", "c", "--now"]);
    expect(read(file).map(({ kid, signFrom }) => [kid, signFrom])).toEqual([["c", undefined]]);
  });

  it("rejects a key that would sign before a waiting key, unless --now is given", async () => {
    const file = await generate("--kid", "a");
    await claimgate(["keys", "rotate", file, "--kid", "b", "--sign-in", "1000"]);
    const before = readFileSync(file, "utf8");
    const early = await claimgate(["keys", "rotate", file, "--kid", "c", "--sign-in", "10", "--max-token-age", "60"]);
    expect(early).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/key b begins to sign.*--sign-in (1000|999) /),
    });
    expect(readFileSync(file, "utf8")).toBe(before);
    await claimgate(["keys", "rotate", file, "--kid", "c", "--sign-in", "1000", "--max-token-age", "1"]);
    expect(read(file).map(({ kid }) => kid)).toEqual(["a", "b", "c"]);
    await new AuthManager({ issuer: "me", keys: keysFromFile(file) }).ready();
    expect(await claimgate(["keys", "rotate", file, "--kid", "d", "--now"])).toMatchObject({ code: 0 });
  });

  it("writes a file that a manager accepts, with the shortest and the longest waits", async () => {
    const file = await generate();
    for (const [wait, age] of [
      ["0", "1"],
      ["0", "9999999999"],
      ["9999999999", "9999999999"],
    ] as const) {
      const rotated = await claimgate(["keys", "rotate", file, "--sign-in", wait, "--max-token-age", age]);
      expect(rotated).toMatchObject({ code: 0 });
      await new AuthManager({ issuer: "me", keys: keysFromFile(file) }).ready();
    }
  });

  it("keeps the owner and the mode of the file", async () => {
    const file = await generate("--kid", "a");
    // Only root can change a file's owner; any other user already owns the file.
    if (process.getuid?.() === 0) chownSync(file, 12_345, 12_346);
    const { uid, gid } = statSync(file);
    expect(await claimgate(["keys", "rotate", file])).toMatchObject({ code: 0 });
    const after = statSync(file);
    expect([after.uid, after.gid, after.mode & 0o777]).toEqual([uid, gid, 0o600]);
  });

  it.each([
    ["SIGINT", false],
    ["SIGTERM", false],
    ["SIGKILL", true],
  ] as const)("leaves the file unchanged when %s stops it (lock file remains: %s)", async (signal, leavesLock) => {
    const file = await generate("--kid", "a");
    const before = readFileSync(file, "utf8");
    const child = startClaimgate(["keys", "rotate", file, "--kid", "b", "--alg", "RS512"]);
    const closed = once(child, "close");
    await vi.waitUntil(() => existsSync(`${file}.lock`), { interval: 1, timeout: 10_000 });
    child.kill(signal);
    expect(await closed).toEqual([null, signal]);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(existsSync(`${file}.lock`)).toBe(leavesLock);
    rmSync(`${file}.lock`, { force: true });
    expect(await claimgate(["keys", "rotate", file, "--kid", "b"])).toMatchObject({ code: 0 });
  });

  it("loses no key when several rotations run at once: those without the lock fail and say so", async () => {
    const file = await generate("--kid", "a");
    const results = await Promise.all(
      ["b", "c", "d", "e"].map((kid) => claimgateProcess(["keys", "rotate", file, "--kid", kid])),
    );
    const done = results.filter(({ code }) => code === 0).length;
    expect(done).toBeGreaterThan(0);
    expect(read(file)).toHaveLength(1 + done);
    for (const { code, err } of results.filter((result) => result.code !== 0))
      expect([code, err]).toEqual([2, expect.stringContaining("another command is changing the file")]);
  });

  it("fails while a lock file exists, and changes neither file", async () => {
    const file = await generate("--kid", "a");
    const before = readFileSync(file, "utf8");
    writeFileSync(`${file}.lock`, "");
    const { code, err } = await claimgate(["keys", "rotate", file]);
    expect([code, err]).toEqual([2, expect.stringContaining(`${file}.lock exists`)]);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readFileSync(`${file}.lock`, "utf8")).toBe("");
  });

  it("changes the target of a symbolic link, and keeps the link", async () => {
    const file = await generate("--kid", "a");
    const link = newPath();
    symlinkSync(file, link);
    expect((await claimgate(["keys", "rotate", link, "--kid", "b"])).code).toBe(0);
    expect(read(file).map(({ kid }) => kid)).toEqual(["a", "b"]);
    expect(
      readdirSync(folder, { withFileTypes: true })
        .find(({ name }) => link.endsWith(name))
        ?.isSymbolicLink(),
    ).toBe(true);
  });

  it.each([
    ["a missing file", async () => ["keys", "rotate", newPath()]],
    ["a kid that exists already", async () => ["keys", "rotate", await generate("--kid", "a"), "--kid", "a"]],
    ["a wait that is not a number", async () => ["keys", "rotate", await generate(), "--sign-in", "soon"]],
    ["an age of zero", async () => ["keys", "rotate", await generate(), "--max-token-age", "0"]],
    ["a negative age", async () => ["keys", "rotate", await generate(), "--max-token-age", "-1"]],
    ["an age above the maximum", async () => ["keys", "rotate", await generate(), "--max-token-age", "99999999999"]],
    ["--now together with --sign-in", async () => ["keys", "rotate", await generate(), "--now", "--sign-in", "5"]],
    ["an unknown option", async () => ["keys", "rotate", await generate(), "--force"]],
    ["a folder", async () => ["keys", "rotate", newFolder()]],
  ])("rejects %s with exit code 2, and leaves the file unchanged", async (_, prepare) => {
    const args = await prepare();
    const file = args[2] ?? "";
    const before = readIfThere(file);
    expect(await claimgate(args)).toMatchObject({ code: 2, out: "" });
    expect(readIfThere(file)).toBe(before);
    expect(readdirSync(folder)).not.toContain(`${file}.lock`);
  });
});

describe("keys list", () => {
  it("shows which keys sign, wait, verify and have retired, without private members", async () => {
    const file = await generate("--kid", "signs");
    const [key] = read(file);
    const at = Math.floor(seconds());
    const { d: _, ...publicKey } = key as FileKey;
    const keys = [
      { ...publicKey, kid: "public" },
      { ...publicKey, kid: "public, later", signFrom: at + 500 },
      { ...key, kid: "older", signFrom: 5 },
      { ...key, signFrom: 10, retireAt: at + 900 },
      { ...key, kid: "waits", signFrom: at + 500 },
      { ...key, kid: "retired", retireAt: at - 5 },
    ];
    writeFileSync(file, JSON.stringify({ keys }));
    const json = await claimgate(["keys", "list", file, "--json"]);
    const rows = (JSON.parse(json.out) as { keys: { kid: string; state: string; retireAt?: number }[] }).keys;
    expect(rows.map(({ kid, state }) => [kid, state])).toEqual([
      ["public", "verifies"],
      ["public, later", "verifies"],
      ["older", "verifies"],
      ["signs", "signs"],
      ["waits", "waits"],
      ["retired", "retired"],
    ]);
    expect(rows[3]?.retireAt).toBe(at + 900);
    const text = await claimgate(["keys", "list", file]);
    expect(text.out.split("\n")).toHaveLength(6);
    expect(text.out).toMatch(/signs +ES256 +signs +signs from 1970-01-01T00:00:10Z +retires \d{4}-/);
    for (const { code, out } of [json, text]) {
      expect(code).toBe(0);
      expectNoSecret(out, file);
    }
  });

  it("warns when other users may read the file", async () => {
    const file = await generate();
    chmodSync(file, 0o644);
    expect(await claimgate(["keys", "list", file])).toMatchObject({
      code: 0,
      err: expect.stringContaining("chmod 600"),
    });
  });

  it("rejects a file that holds no valid key set, without quoting its content", async () => {
    const file = newPath();
    for (const content of ['{"keys":[{"d":"private-value', '"private-value"', '{"keys":{"d":"private-value"}}']) {
      writeFileSync(file, content, { mode: 0o600 });
      const { code, out, err } = await claimgate(["keys", "list", file, "--json"]);
      expect([code, JSON.parse(out)]).toEqual([2, { ok: false, message: expect.stringContaining(`${file} must be `) }]);
      expect(out + err).not.toContain("private-value");
    }
  });
});

function readIfThere(file: string): string | undefined {
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8") : undefined;
}

function newFolder(): string {
  const path = newPath();
  mkdirSync(path);
  return path;
}
