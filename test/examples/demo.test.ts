/** The example and its demo, run as a user runs them: on the embedded database, and on a PostgreSQL server where there is one. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { adminDashboard, type Call } from "../../examples/demo/calls.ts";
import { createTranscript } from "../../examples/demo/transcript.ts";
import type { Outcome, Transport } from "../../examples/demo/transports.ts";
import { type Database, openDatabase } from "../../examples/server/database.ts";
import { type RunningServer, startServer } from "../../examples/server/server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SUMMARY = /^(\d+) calls on each transport: every verdict as expected, and tRPC and GraphQL agree\.$/m;
const POSTGRES = { host: "127.0.0.1", port: 5432, user: "postgres" };

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

describe("the demo", () => {
  test("sees every verdict as expected, on the embedded database", { timeout: 60_000 }, async () => {
    const { exitCode, stdout } = await runDemo();
    expect(stdout).not.toContain("FAIL");
    expect(Number(SUMMARY.exec(stdout)?.[1])).toBeGreaterThan(70);
    expect(exitCode).toBe(0);
  });

  test("fails where its database cannot be reached", { timeout: 60_000 }, async () => {
    const { exitCode, stdout } = await runDemo({ DATABASE_URL: "postgres://postgres@127.0.0.1:1/none" });
    expect(stdout).not.toMatch(SUMMARY);
    expect(exitCode).not.toBe(0);
  });

  test("sees every verdict as expected, on a PostgreSQL server, and leaves only the sample users there", {
    timeout: 60_000,
  }, async (ctx) => {
    const url = await createThrowAwayDatabase();
    if (url === undefined) {
      const reason = `no PostgreSQL at ${POSTGRES.host}:${POSTGRES.port}: the example was not run against a server`;
      if (process.env["REQUIRE_SERVICES"] === "1") throw new Error(reason);
      console.warn(`SKIPPED, ${reason}`);
      return ctx.skip(reason);
    }
    const { exitCode, stdout } = await runDemo({ DATABASE_URL: url });
    expect(stdout).toMatch(SUMMARY);
    expect(exitCode).toBe(0);

    // What the demo left is found again: its users are neither lost nor added twice.
    const database = await openDatabase(url);
    cleanups.push(() => database.close());
    const server = await startServer({ port: 0, database });
    cleanups.push(() => server.close());
    expect((await trpcLogin(server, "ada", "ada-password")).status).toBe(200);
    const { rows } = await database.query("select username from claimgate_example_users order by username");
    expect(rows).toEqual([{ username: "ada" }, { username: "bob" }, { username: "grace" }]);
  });
});

describe("the demo's judgement", () => {
  const says = (verdict: string, answer?: unknown): Outcome => ({ verdict, challenge: null, answer });
  const judge = async (trpc: Outcome, graphql: Outcome, expected: string, call: Call = adminDashboard) => {
    const transport =
      (outcome: Outcome): Transport =>
      async () =>
        outcome;
    const transcript = createTranscript(transport(trpc), transport(graphql), () => undefined);
    await transcript.attempt({ who: "ada", holding: "good token", call, expected });
    return transcript.finish();
  };

  test("is good where both transports say what is expected", async () => {
    expect(await judge(says("200 ok", "a"), says("200 ok", "a"), "200 ok")).toBe(true);
    expect(await judge(says("403 SCOPE_INSUFFICIENT"), says("403 SCOPE_INSUFFICIENT"), "403 SCOPE_INSUFFICIENT")).toBe(
      true,
    );
  });

  test("is bad where the transports disagree, agree on something else, or answer differently", async () => {
    expect(await judge(says("200 ok", "a"), says("401 TOKEN_MISSING"), "200 ok")).toBe(false);
    expect(await judge(says("401 TOKEN_MISSING"), says("200 ok", "a"), "200 ok")).toBe(false);
    expect(await judge(says("200 ok", "a"), says("200 ok", "a"), "401 TOKEN_MISSING")).toBe(false);
    expect(await judge(says("200 ok", "a"), says("200 ok", "b"), "200 ok")).toBe(false);
    expect(await judge({ ...says("401 X"), challenge: "Bearer" }, says("401 X"), "401 X")).toBe(false);
  });

  test("is bad where nothing was tried", () => {
    const unused: Transport = () => Promise.reject(new Error("not to be called"));
    expect(createTranscript(unused, unused, () => undefined).finish()).toBe(false);
  });
});

describe("the example's server", () => {
  let database: Database;
  let server: RunningServer;

  beforeAll(async () => {
    database = await openDatabase(""); // in memory, whatever the environment says
    server = await startServer({ port: 0, database });
  });

  afterAll(async () => {
    await server?.close();
    await database?.close();
  });

  test.each([
    ["tRPC", trpcLogin, "UNAUTHORIZED"],
    ["GraphQL", graphqlLogin, "UNAUTHENTICATED"],
  ] as const)("says the same to an unknown user as to a wrong password, over %s", async (_name, login, code) => {
    const wrongPassword = await login(server, "ada", "a guess");
    const unknownUser = await login(server, "nobody", "a guess");
    expect(wrongPassword.status).toBe(401);
    expect(wrongPassword.body).toContain(`"${code}"`);
    expect(wrongPassword.body).not.toContain('"reason"');
    expect(unknownUser).toEqual(wrongPassword);

    const rightPassword = await login(server, "ada", "ada-password");
    expect(rightPassword.status).toBe(200);
    expect(rightPassword.body).toContain('"authToken"');
  });

  test("describes a token over both APIs without its signed text", async () => {
    const { body } = await trpcLogin(server, "ada", "ada-password");
    const { authToken } = (JSON.parse(body) as { result: { data: { authToken: string } } }).result.data;
    const headers = { authorization: `Bearer ${authToken}` };
    const query = encodeURIComponent("{ tokenInfo { tokenType subject scope claims isSigned } }");
    const trpc = await get(`${server.url}/trpc/tokenInfo`, headers);
    const graphql = await get(`${server.url}/graphql?query=${query}`, headers);

    const info: unknown = (JSON.parse(trpc.body) as { result: { data: unknown } }).result.data;
    expect(info).toEqual({
      tokenType: "auth",
      subject: "ada",
      scope: { admin: false },
      claims: {
        iss: "claimgate-example",
        sub: "ada",
        type: "auth",
        iat: expect.any(Number),
        exp: expect.any(Number),
        scope: { admin: false },
        department: "research",
        admin: false,
      },
      isSigned: true,
    });
    expect(JSON.parse(graphql.body)).toEqual({ data: { tokenInfo: info } });
    for (const part of authToken.split(".")) expect(trpc.body + graphql.body).not.toContain(part);
  });

  test("serves GraphiQL to a browser, and points anybody lost to the two APIs", async () => {
    const graphiql = await get(`${server.url}/graphql`, { accept: "text/html" });
    expect(graphiql.status).toBe(200);
    expect(graphiql.body).toContain("claimgate example");
    expect((await get(`${server.url}/elsewhere`, {})).status).toBe(404);
  });
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

function trpcLogin({ url }: RunningServer, username: string, password: string): Promise<Answer> {
  return post(`${url}/trpc/login`, { username, password });
}

function graphqlLogin({ url }: RunningServer, username: string, password: string): Promise<Answer> {
  const query = "mutation ($u: String!, $p: String!) { login(username: $u, password: $p) { authToken refreshToken } }";
  return post(`${url}/graphql`, { query, variables: { u: username, p: password } });
}

async function get(url: string, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { headers });
  return { status: response.status, body: await response.text() };
}

async function post(url: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.text() };
}

/** The URL of a new database, dropped after the test; `undefined` where no server can be reached. */
async function createThrowAwayDatabase(): Promise<string | undefined> {
  const admin = new pg.Client({ ...POSTGRES, database: "postgres", connectionTimeoutMillis: 2000 });
  try {
    await admin.connect();
  } catch {
    return undefined;
  }
  const name = `claimgate_example_${randomBytes(6).toString("hex")}`;
  cleanups.push(async () => {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  });
  await admin.query(`create database ${name}`);
  return `postgres://${POSTGRES.user}@${POSTGRES.host}:${POSTGRES.port}/${name}`;
}

function runDemo(env: Record<string, string> = {}): Promise<{ exitCode: number | null; stdout: string }> {
  const { DATABASE_URL: _url, JWT_KEYS: _keys, ...inherited } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--import", "tsx", "examples/demo.ts"],
      { cwd: ROOT, env: { ...inherited, ...env }, timeout: 60_000 },
      (_error, stdout) => resolve({ exitCode: child.exitCode, stdout }),
    );
  });
}
