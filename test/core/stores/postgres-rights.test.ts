/** Roles with few rights, and tables that do not exist, on PostgreSQL. */
import { type PostgresSessionStore, type PostgresSessionStoreOptions, postgresSessionStore } from "claimgate/postgres";
import { makeSessionRecord } from "claimgate/testing";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { DATABASE_URL, uniqueName } from "../../support/open-stores.ts";
import { probeDatabase } from "../../support/probes.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const soon = () => ({ now: Date.now() / 1000, deadline: Date.now() + 5000 });

interface Stage {
  readonly schema: string;
  readonly role: string;
  /** Runs a statement as the owner of the schema. */
  own(statement: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** A store whose every connection has the role. */
  asRole(options?: PostgresSessionStoreOptions, searchPath?: string): PostgresSessionStore;
  readonly owned: PostgresSessionStore;
}

/** A new schema, and a role that has no right in it. */
async function openStage(): Promise<Stage> {
  const [schema, role] = [uniqueName(), uniqueName()];
  const owner = new pg.Pool({ connectionString: DATABASE_URL, max: 1 });
  await owner.query(`create schema ${schema}; create role ${role}`);
  const pools: pg.Pool[] = [];
  onTestFinished(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await owner.query(`drop schema ${schema} cascade; drop owned by ${role}; drop role ${role}`);
    await owner.end();
  });
  return {
    schema,
    role,
    own: (statement, values) => owner.query(statement, values),
    asRole(options = { schema }, searchPath = "public") {
      const pool = new pg.Pool({
        connectionString: DATABASE_URL,
        max: 2,
        options: `-c role=${role} -c search_path=${searchPath}`,
      });
      pools.push(pool);
      return postgresSessionStore(pool, options);
    },
    owned: postgresSessionStore(owner, { schema }),
  };
}

/** The TypeError of `work`, as text. */
async function faultOf(work: Promise<unknown>): Promise<string> {
  const error = await refusalOf(work);
  expect(error).toBeInstanceOf(TypeError);
  return String(error);
}

describeWithService("PostgreSQL", probeDatabase, () => {
  it("migrate() of an up-to-date table needs no right to create, and the operations work", async () => {
    const { schema, role, own, owned, asRole } = await openStage();
    await owned.migrate();
    await own(`grant usage on schema ${schema} to ${role}`);
    await own(`grant select, insert, update, delete on ${schema}.claimgate_sessions to ${role}`);
    await own(`grant select on ${schema}.claimgate_sessions_version to ${role}`);
    for (const store of [asRole(), asRole({}, schema), asRole({}, `"$user",${schema},public`)]) {
      await store.migrate();
      const record = await makeSessionRecord();
      expect(await store.create(record, soon())).toBe(true);
      expect(await store.end(record.id, soon())).toBe(true);
      expect(await store.deleteExpired()).toBe(0);
    }
  });

  it("migrate() uses an up-to-date table of a later schema only where it may create none in the first", async () => {
    const { schema, role, own, owned, asRole } = await openStage();
    const first = `${schema}_first`;
    await own(`create schema ${first}; grant usage on schema ${schema}, ${first} to ${role}`);
    onTestFinished(() => own(`drop schema ${first} cascade`).then(() => undefined));
    await owned.migrate();
    await own(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
    const found = () => own(`select to_regclass('${first}.claimgate_sessions') is not null as here`);
    await asRole({}, `${first},${schema}`).migrate();
    expect((await found()).rows).toEqual([{ here: false }]);
    await own(`grant create on schema ${first} to ${role}`);
    await asRole({}, `${first},${schema}`).migrate();
    expect((await found()).rows).toEqual([{ here: true }]);
  });

  it("migrate() by several processes at once creates the table once, and by a role with CREATE", async () => {
    const { schema, role, own, asRole } = await openStage();
    await own(`grant usage, create on schema ${schema} to ${role}`);
    await Promise.all([asRole(), asRole(), asRole()].map((store) => store.migrate()));
    expect((await own(`select version from ${schema}.claimgate_sessions_version`)).rows).toEqual([{ version: 1 }]);
    expect(await asRole().find("x", soon())).toBe(null);
  });

  it("migrate() creates a table that was dropped, although its version is known", async () => {
    const { schema, own, owned } = await openStage();
    await owned.migrate();
    await own(`drop table ${schema}.claimgate_sessions`);
    expect(await faultOf(owned.find("x", soon()))).toContain("call migrate() first");
    await owned.migrate();
    expect(await owned.find("x", soon())).toBe(null);
  });

  it("migrate() still rejects the table of a newer version", async () => {
    const { schema, own, owned } = await openStage();
    await owned.migrate();
    await own(`update ${schema}.claimgate_sessions_version set version = 99`);
    expect(String(await refusalOf(owned.migrate()))).toContain("has version 99, but this claimgate knows only");
  });

  it.each<[what: string, grant: (stage: Stage) => string, says: RegExp]>([
    ["cannot see the schema", () => "select 1", /permission denied for schema/],
    [
      "may not create the table",
      ({ schema, role }) => `grant usage on schema ${schema} to ${role}`,
      /CREATE on the schema.*permission denied for schema/,
    ],
  ])("migrate() is a TypeError that names the table and the rights for a role that %s", async (_, grant, says) => {
    const stage = await openStage();
    await stage.own(grant(stage));
    const fault = await faultOf(stage.asRole().migrate());
    expect(fault).toContain(`"${stage.schema}"."claimgate_sessions"`);
    expect(fault).toMatch(says);
  });

  it.each<[what: string, grant: (stage: Stage) => string]>([
    ["schema", () => "select 1"],
    ["table", ({ schema, role }) => `grant usage on schema ${schema} to ${role}`],
    [
      "right to write",
      ({ schema, role }) =>
        `grant usage on schema ${schema} to ${role}; grant select on all tables in schema ${schema} to ${role}`,
    ],
  ])("each write is a TypeError that names the rights for a role without the %s", async (_, grant) => {
    const stage = await openStage();
    await stage.owned.migrate();
    await stage.own(grant(stage));
    const store = stage.asRole();
    const record = await makeSessionRecord();
    const next = { rid: "r", issuedAt: 1, expiresAt: 2, replacedAt: 1 };
    for (const work of [
      () => store.create(record, soon()),
      () => store.rotate(record.id, record.rid, next, soon()),
      () => store.claim(record.id, 1, "me", soon()),
      () => store.end(record.id, soon()),
      () => store.endAll("ada", soon()),
      () => store.deleteExpired(),
    ])
      expect(await faultOf(work())).toMatch(/SELECT, INSERT, UPDATE and DELETE on the table.*42501/);
  });

  it("a missing schema, and a table with other columns, are TypeErrors with a remedy", async () => {
    const { schema, own, owned } = await openStage();
    const nowhere = postgresSessionStore({ query: own }, { schema: `${schema}_none` });
    expect(await faultOf(nowhere.migrate())).toMatch(/schema of the table .* does not exist.*3F000/);
    expect(await faultOf(nowhere.find("x", soon()))).toMatch(/call migrate\(\) first.*42P01/);
    await own(`create table ${schema}.claimgate_sessions (id text)`);
    expect(await faultOf(owned.find("x", soon()))).toMatch(/has other columns.*42703/);
  });
});
