/** `@defer` and `@stream` over HTTP: each part has its own refusal, and its guard runs first. */
import { createServer } from "node:http";
import { useDeferStream } from "@graphql-yoga/plugin-defer-stream";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { type Context, createGuardedSchema, createGuardedYoga } from "../../support/graphql.ts";
import { listenForTest } from "../../support/listen.ts";

const SECRET = 77_411;
const person = (name: string): object => ({ name, salary: SECRET, hidden: SECRET });

const typeDefs = `
  type Query {
    greeting: String
    stats: Int @requireToken(scope: { admin: true })
    required: Int! @requireToken(scope: { admin: true })
    own: String
    people: [Person!]
    guardedPeople: [Person!] @requireToken(scope: { admin: true })
  }
  type Person {
    name: String!
    salary: Int @requireToken(scope: { admin: true })
    hidden: Int @requireToken(scope: { admin: true }, onDeny: NULL)
  }
`;

interface Part {
  readonly data?: object | null;
  readonly errors?: readonly PartError[];
  readonly incremental?: readonly {
    readonly data?: object | null;
    readonly items?: readonly object[];
    readonly path: readonly (string | number)[];
    readonly errors?: readonly PartError[];
  }[];
}

interface PartError {
  readonly path: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly auth: { readonly reason: string } };
}

/** A Yoga with the plugin behind a real server. The second of `people` waits for `release`. */
async function start() {
  const { auth, clock } = createAuth();
  const ran: string[] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const running = <T>(name: string, value: T): T => {
    ran.push(name);
    return value;
  };
  const schema = createGuardedSchema(typeDefs, {
    Query: {
      greeting: () => "Hello",
      stats: () => running("stats", SECRET),
      required: () => running("required", SECRET),
      async own(_source: unknown, _args: unknown, { auth }: Context) {
        await auth.require({ scope: { admin: true } });
        return running("own", `own ${SECRET}`);
      },
      async *people() {
        yield person("ada");
        await released;
        yield person("eve");
      },
      async *guardedPeople() {
        yield running("guardedPeople", person("ada"));
      },
    },
  });
  const yoga = createGuardedYoga(schema, auth, { plugins: [useDeferStream()] });
  const server = createServer((req, res) => void yoga(req, res));
  const url = `${await listenForTest(server)}/graphql`;

  /** Returns the status, text and parts of the response; calls `onPart` as each part arrives. */
  const ask = async (query: string, token: string | undefined, onPart?: (part: Part) => void) => {
    const headers = {
      accept: "multipart/mixed",
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
    const parts: Part[] = [];
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const complete = [...text.matchAll(/\r\n\r\n(\{.*\})\r\n---/g)].map(([, json = ""]) => JSON.parse(json) as Part);
      for (const part of complete.slice(parts.length)) {
        parts.push(part);
        onPart?.(part);
      }
    }
    return { status: response.status, text, parts };
  };
  const user = (await auth.authToken("ada", { maxAge: 60 })).signed;
  const admin = (await auth.authToken("root", { scope: { admin: true }, maxAge: 60 })).signed;
  return { ask, auth, clock, ran, release: () => release(), user, admin };
}

const refusalsOf = (errors: readonly PartError[] | undefined): unknown[] =>
  (errors ?? []).map(({ path, extensions }) => [path, extensions.code, extensions.auth.reason]);

describe("@defer", () => {
  test.each([
    ["stats", { stats: null }, { stats: SECRET }],
    ["required", null, { required: SECRET }],
    ["own", { own: null }, { own: `own ${SECRET}` }],
  ])("rejects or accepts %s in its own part", async (field, denied, given) => {
    const { ask, user, admin, ran } = await start();
    const query = `{ greeting ... @defer { ${field} } }`;
    const refused = await ask(query, user);
    expect(refused.status).toBe(200);
    expect(refused.parts.map(({ data, errors }) => [data, errors])).toEqual([
      [{ greeting: "Hello" }, undefined],
      [undefined, undefined],
    ]);
    const [patch] = refused.parts[1]?.incremental ?? [];
    expect(patch).toMatchObject({ data: denied, path: [] });
    expect(refusalsOf(patch?.errors)).toEqual([[[field], "FORBIDDEN", "SCOPE_INSUFFICIENT"]]);
    expect(refused.text).not.toContain(String(SECRET));
    expect(ran).toEqual([]);

    const allowed = await ask(query, admin);
    expect(allowed.parts[1]?.incremental).toEqual([{ data: given, path: [] }]);
  });

  test("rejects a field outside the deferred part at once, and still sends the open deferred part", async () => {
    const { ask } = await start();
    const { status, parts } = await ask("{ stats ... @defer { greeting } }", undefined);
    expect(status).toBe(200);
    expect(parts[0]?.data).toEqual({ stats: null });
    expect(refusalsOf(parts[0]?.errors)).toEqual([[["stats"], "UNAUTHENTICATED", "TOKEN_MISSING"]]);
    expect(parts[1]?.incremental).toEqual([{ data: { greeting: "Hello" }, path: [] }]);
  });
});

describe("@stream", () => {
  test("checks exp when a part resolves: it rejects a token that has expired since the first part", async () => {
    const { ask, clock, release, admin } = await start();
    const query = "{ people @stream(initialCount: 1) { name salary } }";
    const { parts } = await ask(query, admin, ({ data }) => {
      if (!data) return;
      clock.advance(60);
      release();
    });
    expect(parts[0]?.data).toEqual({ people: [{ name: "ada", salary: SECRET }] });
    const [patch] = parts.flatMap(({ incremental = [] }) => incremental);
    expect(patch?.items).toEqual([{ name: "eve", salary: null }]);
    expect(refusalsOf(patch?.errors)).toEqual([[["people", 1, "salary"], "UNAUTHENTICATED", "TOKEN_EXPIRED"]]);
  });

  test("rejects the guarded fields of an item in the item's part, and gives null for onDeny: NULL", async () => {
    const { ask, release, user, admin } = await start();
    release();
    const query = "{ people @stream(initialCount: 0) { name salary hidden } }";
    const refused = await ask(query, user);
    expect(refused.parts[0]?.data).toEqual({ people: [] });
    const patches = refused.parts.flatMap(({ incremental = [] }) => incremental);
    expect(patches.flatMap(({ items }) => items)).toEqual([
      { name: "ada", salary: null, hidden: null },
      { name: "eve", salary: null, hidden: null },
    ]);
    expect(patches.flatMap(({ errors }) => refusalsOf(errors))).toEqual([
      [["people", 0, "salary"], "FORBIDDEN", "SCOPE_INSUFFICIENT"],
      [["people", 1, "salary"], "FORBIDDEN", "SCOPE_INSUFFICIENT"],
    ]);
    expect(refused.text).not.toContain(String(SECRET));

    const allowed = await ask(query, admin);
    expect(allowed.parts.flatMap(({ incremental = [] }) => incremental.flatMap(({ items }) => items))).toEqual([
      person("ada"),
      person("eve"),
    ]);
  });

  test("rejects a guarded list as a whole, with its status and before its source starts", async () => {
    const { ask, user, admin, ran } = await start();
    const query = "{ guardedPeople @stream(initialCount: 0) { name } }";
    const refused = await ask(query, user);
    expect(refused.status).toBe(403);
    expect(refusalsOf(refused.parts[0]?.errors)).toEqual([[["guardedPeople"], "FORBIDDEN", "SCOPE_INSUFFICIENT"]]);
    expect(ran).toEqual([]);
    const allowed = await ask(query, admin);
    expect(allowed.status).toBe(200);
    expect(allowed.parts.flatMap(({ incremental = [] }) => incremental.flatMap(({ items }) => items))).toEqual([
      { name: "ada" },
    ]);
  });
});
