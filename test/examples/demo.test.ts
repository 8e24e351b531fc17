/** The example and its demo as a user runs them, on the embedded database and on PostgreSQL. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { memorySessionStore } from "claimgate";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { adminDashboard, type Call } from "../../examples/demo/calls.ts";
import { createTranscript } from "../../examples/demo/transcript.ts";
import type { Outcome, Transport } from "../../examples/demo/transports.ts";
import { type Database, openDatabase } from "../../examples/server/database.ts";
import { type RunningServer, startServer } from "../../examples/server/server.ts";
import { describeWithService } from "../support/describe-with-service.ts";
import { probeRedis } from "../support/probes.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SUMMARY = /^(\d+) calls on each transport: every verdict as expected, and tRPC and GraphQL agree\.$/m;
const POSTGRES = { host: "127.0.0.1", port: 5432, user: "postgres" };

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

describe("the demo", () => {
  test("gets every expected verdict on the embedded database", { timeout: 180_000 }, async () => {
    const { exitCode, stdout } = await runDemo();
    expect(stdout).not.toContain("FAIL");
    expect(Number(SUMMARY.exec(stdout)?.[1])).toBeGreaterThan(70);
    expect(exitCode).toBe(0);
  });

  test("fails when it cannot reach its database", { timeout: 180_000 }, async () => {
    const { exitCode, stdout } = await runDemo({ DATABASE_URL: "postgres://postgres@127.0.0.1:1/none" });
    expect(stdout).not.toMatch(SUMMARY);
    expect(exitCode).not.toBe(0);
  });

  test("gets every expected verdict on a PostgreSQL server, and leaves only the sample users there", {
    timeout: 180_000,
  }, async (ctx) => {
    const url = await createThrowAwayDatabase();
    if (url === undefined) {
      const reason = `There is no PostgreSQL at ${POSTGRES.host}:${POSTGRES.port}: the example was not run against a server`;
      if (process.env["REQUIRE_SERVICES"] === "1") throw new Error(reason);
      console.warn(`SKIPPED, ${reason}`);
      return ctx.skip(reason);
    }
    const { exitCode, stdout } = await runDemo({ DATABASE_URL: url });
    expect(stdout).toMatch(SUMMARY);
    expect(exitCode).toBe(0);

    // A second start keeps the users, adds none twice, and stores sessions next to them.
    const database = await openDatabase(url);
    cleanups.push(() => database.close());
    const kept = await database.query<{ n: number }>("select count(*)::integer as n from claimgate_example_sessions");
    expect(kept.rows[0]?.n).toBeGreaterThan(0);
    const server = await startServer({ port: 0, database, sessions: memorySessionStore() });
    cleanups.push(() => server.close());
    expect((await trpcLogin(server, "ada", "ada-password")).status).toBe(200);
    const { rows } = await database.query("select username from claimgate_example_users order by username");
    expect(rows).toEqual([{ username: "ada" }, { username: "bob" }, { username: "grace" }]);
  });
});

describeWithService("the demo, with its sessions in Redis", probeRedis, () => {
  test("gets every expected verdict, and leaves no key without an expiry", { timeout: 180_000 }, async () => {
    // A separate database, as far as Redis has one: every key in it is from the demo.
    const url = new URL(process.env["REDIS_URL"] || "redis://127.0.0.1:6379");
    url.pathname = "/11";
    const client = createClient({ url: url.href });
    await client.connect();
    cleanups.push(async () => client.destroy());
    const keys = (): Promise<string[]> => client.keys("claimgate-example:*");
    cleanups.push(async () => {
      for (const key of await keys()) await client.del(key);
    });

    const { exitCode, stdout } = await runDemo({ REDIS_URL: url.href });
    expect(stdout).toMatch(SUMMARY);
    expect(exitCode).toBe(0);
    const lifetimes = await Promise.all((await keys()).map((key) => client.ttl(key)));
    expect(lifetimes.length).toBeGreaterThan(0);
    expect(lifetimes.filter((seconds) => seconds < 0)).toEqual([]);
  });

  test("fails when it cannot reach Redis", { timeout: 180_000 }, async () => {
    const { exitCode, stdout } = await runDemo({ REDIS_URL: "redis://127.0.0.1:1" });
    expect(stdout).not.toMatch(SUMMARY);
    expect(exitCode).not.toBe(0);
  });
});

describe("the demo's judgement", () => {
  const says = (verdict: string, answer?: unknown): Outcome => ({ verdict, challenge: null, answer, cookies: [] });
  const judge = async (trpc: Outcome, graphql: Outcome, expected: string, call: Call = adminDashboard) => {
    const transport =
      (outcome: Outcome): Transport =>
      async () =>
        outcome;
    const transcript = createTranscript(transport(trpc), transport(graphql), () => undefined);
    await transcript.attempt({ who: "ada", holding: "valid token", call, expected });
    return transcript.finish();
  };

  test("passes when both transports give the expected verdict", async () => {
    expect(await judge(says("200 ok", "a"), says("200 ok", "a"), "200 ok")).toBe(true);
    expect(await judge(says("403 SCOPE_INSUFFICIENT"), says("403 SCOPE_INSUFFICIENT"), "403 SCOPE_INSUFFICIENT")).toBe(
      true,
    );
  });

  test("fails when the transports differ in verdict or answer, or agree on an unexpected verdict", async () => {
    expect(await judge(says("200 ok", "a"), says("401 TOKEN_MISSING"), "200 ok")).toBe(false);
    expect(await judge(says("401 TOKEN_MISSING"), says("200 ok", "a"), "200 ok")).toBe(false);
    expect(await judge(says("200 ok", "a"), says("200 ok", "a"), "401 TOKEN_MISSING")).toBe(false);
    expect(await judge(says("200 ok", "a"), says("200 ok", "b"), "200 ok")).toBe(false);
    expect(await judge({ ...says("401 X"), challenge: "Bearer" }, says("401 X"), "401 X")).toBe(false);
  });

  test("compares GraphQL with its own expected verdict when the two transports must differ", async () => {
    const [refused, ran] = ["401 TOKEN_REVOKED", "200, UNAUTHENTICATED TOKEN_REVOKED"];
    const judgeApart = async (trpc: string, graphql: string) => {
      const transcript = createTranscript(
        async () => says(trpc),
        async () => says(graphql),
        () => undefined,
      );
      const attempt = { who: "ada", holding: "token", call: adminDashboard, expected: refused, expectedOfGraphQL: ran };
      await transcript.attempt(attempt);
      return transcript.finish();
    };
    expect(await judgeApart(refused, ran)).toBe(true);
    expect(await judgeApart(refused, refused)).toBe(false);
    expect(await judgeApart(ran, ran)).toBe(false);
    expect(await judgeApart("200 ok", ran)).toBe(false);
  });

  test("fails without an attempt", () => {
    const unused: Transport = () => Promise.reject(new Error("not to be called"));
    expect(createTranscript(unused, unused, () => undefined).finish()).toBe(false);
  });
});

describe("the example's server", () => {
  let database: Database;
  let server: RunningServer;

  beforeAll(async () => {
    database = await openDatabase(""); // in memory, whatever the environment says
    server = await startServer({ port: 0, database, sessions: memorySessionStore() });
  });

  afterAll(async () => {
    await server?.close();
    await database?.close();
  });

  test.each([
    ["tRPC", trpcLogin, "UNAUTHORIZED"],
    ["GraphQL", graphqlLogin, "UNAUTHENTICATED"],
  ] as const)("gives the same answer for an unknown user and a wrong password, over %s", async (_name, login, code) => {
    const wrongPassword = await login(server, "ada", "a guess");
    const unknownUser = await login(server, "unknown", "a guess");
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
        sid: expect.any(String),
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

  test("serves GraphiQL to a browser, and an overview of the two APIs at other paths", async () => {
    const graphiql = await get(`${server.url}/graphql`, { accept: "text/html" });
    expect(graphiql.status).toBe(200);
    expect(graphiql.body).toContain("claimgate example");
    expect((await get(`${server.url}/elsewhere`, {})).status).toBe(404);
  });

  test("serves a page that runs only its own script and cannot be framed", async () => {
    const response = await fetch(`${server.url}/`);
    const policy = response.headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toContain("unsafe");
    const page = await response.text();
    expect([...page.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual(['<script src="/page.js" type="module">']);
    expect(page).not.toMatch(/ on[a-z]+=| style=/);
  });

  test("rejects a note of more than a thousand characters, over both APIs", async () => {
    const { body } = await trpcLogin(server, "bob", "bob-password");
    const { authToken } = (JSON.parse(body) as { result: { data: { authToken: string } } }).result.data;
    const authorization = `Bearer ${authToken}`;
    const save = async (length: number) => {
      const text = "n".repeat(length);
      const query = "mutation ($text: String!) { saveNote(text: $text) }";
      const answers = [
        await post(`${server.url}/trpc/saveNote`, { text }, { authorization }),
        await post(`${server.url}/graphql`, { query, variables: { text } }, { authorization }),
      ];
      return answers.map(({ body: answer }) => answer.includes(text));
    };
    expect(await save(1000)).toEqual([true, true]);
    expect(await save(1001)).toEqual([false, false]);
    expect(await server.users.note("bob")).toHaveLength(1000);
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

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers } };
  const response = await fetch(url, { ...init, body: JSON.stringify(body) });
  return { status: response.status, body: await response.text() };
}

/** The URL of a new database, dropped after the test; `undefined` without a reachable server. */
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
  const { DATABASE_URL: _url, REDIS_URL: _redis, JWT_KEYS: _keys, ...inherited } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--import", "tsx", "examples/demo.ts"],
      { cwd: ROOT, env: { ...inherited, ...env }, timeout: 150_000 },
      (_error, stdout) => resolve({ exitCode: child.exitCode, stdout }),
    );
  });
}
