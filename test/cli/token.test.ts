/** Tests `claimgate token`: input, output, exit codes, and the secrecy of tokens. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AuthManager, keysFromFile } from "claimgate";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithService } from "../support/describe-with-service.ts";
import { claimgate, claimgateProcess, temporaryFolder } from "./command.ts";

const FULL = "/dev/full";
const folder = temporaryFolder();
const file = join(folder, "keys.json");
const SIGN = ["token", "sign", "--keys", file, "--issuer", "https://me.example", "--subject", "ada"];
const VERIFY = ["token", "verify", "--issuer", "https://me.example", "--keys", file];

beforeAll(async () => {
  await claimgate(["keys", "generate", file]);
});

const sign = async (...options: string[]): Promise<string> => {
  const { code, out, err } = await claimgate([...SIGN, ...options]);
  expect([code, err]).toEqual([0, ""]);
  return out;
};

describe("token sign", () => {
  it("prints a token that a manager with the same key file verifies", async () => {
    const token = await sign("--scope", "a b", "--claims", '{"plan":"pro"}', "--max-age", "60", "--audience", "x", "y");
    const auth = new AuthManager({ issuer: "https://me.example", audience: "x", keys: keysFromFile(file) });
    const { claims, maxAge } = await auth.verify(token);
    expect(claims).toMatchObject({ sub: "ada", scope: "a b", plan: "pro", aud: ["x", "y"], type: "auth" });
    expect(maxAge).toBe(60);
    const refresh = await sign("--type", "refresh");
    const forApi = await sign("--type", "refresh", "--audience", "x");
    expect(await auth.verify(forApi, { type: "refresh" })).toMatchObject({ claims: { aud: "x" } });
    const ours = new AuthManager({ issuer: "https://me.example", keys: keysFromFile(file) });
    expect((await ours.verify(refresh, { type: "refresh" })).claims.rid).toMatch(/^[\w-]{22}$/);
  });

  it("accepts a JSON scope, and prints kid and exp with --json", async () => {
    const { out } = await claimgate([...SIGN, "--scope", '{"admin":true}', "--json"]);
    const result = JSON.parse(out) as { token: string; kid: string };
    expect(result).toEqual({ ok: true, token: expect.any(String), kid: expect.any(String), exp: expect.any(Number) });
    expect(AuthManager.convertToken(result.token).scope).toEqual({ admin: true });
  });

  it.each([
    [["--claims", "plan=pro"], "--claims must be JSON"],
    [["--claims", '{"sub":"eve"}'], "claims.sub"],
    [["--claims", '{"nbf":"noon"}'], "claims.nbf must be a number"],
    [["--claims", JSON.stringify({ groups: "x".repeat(7000) })], "maxTokenLength must be at least"],
    [["--scope", "{admin"], "--scope must be JSON"],
    [["--max-age", "1h"], "--max-age"],
    [["--type", "any"], "--type"],
    [["--type", "refresh", "--scope", "a"], "--scope"],
    [["--keys", join("no", "where.json")], "cannot be read"],
  ])("rejects %j with exit code 2", async (options, message) => {
    const { code, out, err } = await claimgate([...SIGN, ...options]);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(message)]);
  });
});

describe("token inspect", () => {
  it("prints header and claims, and says that the token is not verified", async () => {
    const token = await sign();
    const { code, out } = await claimgate(["token", "inspect"], `${token}\n`);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/"alg":"ES256"[\s\S]*"sub": "ada"[\s\S]*exp +\d{4}-[\s\S]*NOT verified$/),
    ]);
    expect(out).not.toContain(token.split(".")[2]);
    const json = JSON.parse((await claimgate(["token", "inspect", "--json"], token)).out) as object;
    expect(json).toMatchObject({ ok: true, verified: false, header: { alg: "ES256" }, claims: { sub: "ada" } });
  });

  it("reads a token from --file, and rejects a token given as an argument", async () => {
    const token = await sign();
    const path = join(folder, "token.jwt");
    writeFileSync(path, token);
    expect(await claimgate(["token", "inspect", "--file", path])).toMatchObject({ code: 0 });
    const { code, out, err } = await claimgate(["token", "inspect", token]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).not.toContain(token);
  });

  it("escapes the terminal control characters of a token", async () => {
    const [header, , signature] = (await sign()).split(".");
    const claims = Buffer.from(JSON.stringify({ sub: "\u009b2J\u007f\u001b[2J" })).toString("base64url");
    const { code, out } = await claimgate(["token", "inspect"], `${header}.${claims}.${signature}`);
    expect([code, out]).toEqual([0, expect.stringContaining(String.raw`"\u009b2J\u007f\u001b[2J"`)]);
  });

  it("rejects a malformed token with exit code 1 and TOKEN_MALFORMED", async () => {
    expect(await claimgate(["token", "inspect"], "a.b")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/^TOKEN_MALFORMED: /),
    });
    expect(JSON.parse((await claimgate(["token", "inspect", "--json"])).out)).toMatchObject({
      ok: false,
      reason: "TOKEN_MALFORMED",
    });
  });
});

describe("token verify with own keys", () => {
  it("exits with 0 for a valid token, and with 1 and the reason for an invalid token", async () => {
    const token = await sign();
    const good = await claimgate([...VERIFY, "--json"], token);
    expect([good.code, JSON.parse(good.out)]).toEqual([
      0,
      expect.objectContaining({ ok: true, verified: true, claims: expect.objectContaining({ sub: "ada" }) }),
    ]);
    const changed = `${token.slice(0, -6)}AAAAAA`;
    const cases: [string[], string, string][] = [
      [VERIFY, changed, "SIGNATURE_INVALID"],
      [[...VERIFY, "--type", "refresh"], token, "TOKEN_TYPE_INVALID"],
      [[...VERIFY, "--audience", "x"], token, "CLAIM_MISSING"],
      [["token", "verify", "--keys", file, "--issuer", "other"], token, "ISSUER_INVALID"],
      [VERIFY, await sign("--audience", "x"), "AUDIENCE_INVALID"],
    ];
    for (const [args, text, reason] of cases) {
      const { code, out } = await claimgate([...args, "--json"], text);
      expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ ok: false, reason })]);
    }
    expect((await claimgate([...VERIFY, "--type", "any"], token)).code).toBe(0);
  });

  it("rejects missing and conflicting options with exit code 2", async () => {
    for (const args of [
      ["token", "verify"],
      ["token", "verify", "--issuer", "x"],
      [...VERIFY, "--jwks-uri", "https://a.example"],
      [...VERIFY, "--alg", "ES256"],
      [...VERIFY, "--typ", "JWT"],
      [...VERIFY, "--require", "{}"],
      [...VERIFY, "--audience-claim", "aud"],
      [...VERIFY, "--leeway", "a"],
      [...VERIFY, "--type", "access"],
      ["token", "verify", "--issuer", "x", "--keys", join(folder, "none.json")],
    ])
      expect(await claimgate(args, "a.b.c")).toMatchObject({ code: 2, out: "" });
  });
});

describe("token verify with a trusted issuer", () => {
  let issuer = "";
  let token = "";
  const server = createServer((req, res) => {
    if (req.url === "/jwks") res.end(JSON.stringify({ keys: [published] }));
    else if (req.url === "/.well-known/openid-configuration")
      res.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }));
    else res.writeHead(404).end();
  });
  let published: object = {};

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { privateKey, publicKey } = await generateKeyPair("RS256");
    published = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256" };
    token = await new SignJWT({ scope: "read" })
      .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "k1" })
      .setIssuer(issuer)
      .setAudience("api")
      .setSubject("client")
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(privateKey);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it("verifies by key set and by discovery, and rejects another audience, type and algorithm", async () => {
    const base = ["token", "verify", "--issuer", issuer, "--json"];
    for (const from of [["--jwks-uri", `${issuer}/jwks`], ["--discovery"]]) {
      const { code, out } = await claimgate([...base, ...from, "--audience", "api"], token);
      expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ verified: true })]);
    }
    const from = ["--jwks-uri", `${issuer}/jwks`];
    for (const [options, reason] of [
      [["--audience", "other"], "AUDIENCE_INVALID"],
      [["--audience", "api", "--typ", "JWT"], "TOKEN_TYPE_INVALID"],
      [["--audience", "api", "--alg", "ES256"], "ALGORITHM_INVALID"],
    ] as const) {
      const { code, out } = await claimgate([...base, ...from, ...options], token);
      expect([code, (JSON.parse(out) as { reason: string }).reason]).toEqual([1, reason]);
    }
  });

  it("compares the audience with the claim that --audience-claim names", async () => {
    const args = ["token", "verify", "--issuer", issuer, "--discovery", "--audience-claim", "sub", "--audience"];
    expect(await claimgate([...args, "client"], token)).toMatchObject({ code: 0 });
    expect(await claimgate([...args, "api"], token)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^AUDIENCE_INVALID: /),
    });
  });

  it.each([
    [["--audience", "api", "--alg", "HS256"], /^--alg must not contain HS\*/],
    [["--audience", "api", "--alg", "none"], /^--alg /],
    [["--audience", ""], /^--audience /],
    [["--require", "{}"], /^--require must name a claim/],
    [["--require", "read"], /^--require must be JSON/],
    [["--audience-claim", "client_id"], /^--audience-claim cannot be combined with /],
  ])("rejects %j with a message that names the command-line option", async (options, message) => {
    const args = ["token", "verify", "--issuer", issuer, "--jwks-uri", `${issuer}/jwks`, ...options];
    expect(await claimgate(args, token)).toEqual({ code: 2, out: "", err: expect.stringMatching(message) });
  });

  it("exits with 3 and KEYS_UNAVAILABLE when the key set cannot be fetched", async () => {
    const { code, err } = await claimgate(
      ["token", "verify", "--issuer", issuer, "--jwks-uri", `${issuer}/nowhere`, "--audience", "api"],
      token,
    );
    expect([code, err]).toEqual([3, expect.stringMatching(/^KEYS_UNAVAILABLE: /)]);
  });

  it("requires --audience or --require when --typ any accepts ID tokens too", async () => {
    const args = ["token", "verify", "--issuer", issuer, "--discovery", "--typ", "any"];
    expect(await claimgate(args, token)).toMatchObject({
      code: 2,
      err: expect.stringContaining("--audience or --require"),
    });
    expect(await claimgate([...args, "--require", '{"scope":"read"}'], token)).toMatchObject({ code: 0 });
    expect(await claimgate([...args, "--require", '{"scope":"write"}'], token)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLAIM_INVALID: /),
    });
    expect(await claimgate([...args, "--type", "refresh"], token)).toMatchObject({ code: 2 });
  });
});

it("exits with 0 for --help and --version, and with 2 for an unknown command", async () => {
  for (const args of [["--help"], ["keys", "--help"], ["keys", "rotate", "--help"], ["token", "verify", "-h"]])
    expect(await claimgate(args)).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Usage: claimgate") });
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(await claimgate(["--version"])).toEqual({ code: 0, err: "", out: version });
  for (const args of [[], ["keys"], ["frobnicate"], ["keys", "frobnicate"]])
    expect(await claimgate(args)).toMatchObject({ code: 2, out: "" });
});

it("prints a JSON error for wrong arguments with --json", async () => {
  for (const [args, message] of [
    [["keys", "generate"], "missing required argument 'file'"],
    [["keys", "rotate", file, "--force"], "unknown option '--force'"],
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["token", "verify"], "required option '--issuer <issuer>' not specified"],
    [["keys", "rotate", file, "--now", "--sign-in", "5"], expect.stringContaining("cannot be used with")],
  ] as const) {
    const { code, out, err } = await claimgate([...args, "--json"]);
    expect([code, JSON.parse(out), err]).toEqual([2, { ok: false, message }, ""]);
  }
});

it("never prints a token that was given as an argument", async () => {
  const token = await sign();
  for (const args of [
    ["token", token],
    ["token", "inspect", `--token=${token}`],
    ["token", "inspect", "--file", token],
    ["keys", "list", token],
  ]) {
    for (const options of [[], ["--json"]]) {
      const { code, out, err } = await claimgate([...args, ...options]);
      expect([code, out + err]).toEqual([2, expect.stringContaining("(a token)")]);
      for (const part of token.split(".")) expect(out + err).not.toContain(part);
    }
  }
});

describeWithService(
  "a device that is always full",
  () => (existsSync(FULL) ? undefined : `there is no ${FULL}`),
  () => {
    it("exits with 0 when the reader closes the pipe early, and with 2 when output is lost", () => {
      const command = `"${process.execPath}" --import tsx src/cli/main.ts keys list "${file}"`;
      const codeOf = (rest: string): number | null =>
        spawnSync("bash", ["-c", `${command} ${rest}`], { cwd: new URL("../..", import.meta.url) }).status;
      expect(codeOf(`| true; exit "\${PIPESTATUS[0]}"`)).toBe(0);
      expect(codeOf(`> ${FULL}`)).toBe(2);
    });
  },
);

it("exits with 70 after an internal error, and leaves no lock", () => {
  const fault = "data:text/javascript,crypto.subtle.generateKey=()=>{throw new RangeError('ours')}";
  const args = ["--import", "tsx", "--import", fault, "src/cli/main.ts", "keys", "generate", join(folder, "none.json")];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: new URL("../..", import.meta.url) });
  expect([status, String(stderr)]).toEqual([70, expect.stringContaining("RangeError: ours")]);
  expect(existsSync(join(folder, "none.json.lock"))).toBe(false);
});

// Runs four processes in turn, on a machine that may be busy.
it("reads standard input as a process, writes to the right stream and exits with the right code", {
  timeout: 60_000,
}, async () => {
  const { code, out, err } = await claimgateProcess(SIGN);
  expect([code, err]).toEqual([0, ""]);
  expect(await claimgateProcess(VERIFY, `${out}\n`)).toEqual({
    code: 0,
    out: expect.stringMatching(/verified$/),
    err: "",
  });
  expect(await claimgateProcess([...VERIFY, "--type", "refresh"], out)).toEqual({
    code: 1,
    out: "",
    err: expect.stringMatching(/^TOKEN_TYPE_INVALID: /),
  });
  expect(await claimgateProcess(["keys", "generate", file])).toMatchObject({ code: 2, out: "" });
});
