/** The versions of the session table in PostgreSQL, and the migration to the newest. */

/** The names of the session table. */
export interface Names {
  /** The quoted table name, with the schema if one is configured. */
  readonly table: string;
  /** The table name without quotes and schema. */
  readonly bare: string;
  /** The quoted name of the table with the version, with the schema if one is configured. */
  readonly versions: string;
  /** The schema without quotes; `undefined` for the first one in the `search_path`. */
  readonly schema: string | undefined;
}

// The nth step leads to version n. Never change a released step.
const STEPS: readonly ((names: Names) => string)[] = [
  ({ table, bare }) => `
    create table if not exists ${table} (
      id text primary key,
      subject text not null,
      expires_at double precision not null,
      kept_until double precision not null,
      reserved_until double precision not null,
      ended boolean not null default false,
      record jsonb not null
    );
    create index if not exists ${quote(`${bare}_subject`)} on ${table} (subject);
    create index if not exists ${quote(`${bare}_kept_until`)} on ${table} (kept_until);`,
];

/**
 * Returns a statement that migrates the table from any version to the newest. It only reads an
 * up-to-date table, which needs no right to create. Otherwise a lock keeps a second process
 * waiting; its run then changes nothing.
 */
export function migration(names: Names): string {
  const { table, versions } = names;
  const steps = STEPS.map(
    (step, index) => `
    if found < ${index + 1} then
      ${step(names)}
    end if;`,
  );
  return `do $claimgate$
  declare
    found integer;
  begin
    ${readVersion(names)}
    if found = ${STEPS.length} then
      return;
    end if;
    perform pg_advisory_xact_lock(hashtext(${literal(`claimgate:${table}`)}));
    create table if not exists ${versions} (version integer not null);
    ${readVersion(names)}
    if found > ${STEPS.length} then
      raise exception '% has version %, but this claimgate knows only versions up to ${STEPS.length}; update claimgate', ${literal(table)}, found;
    end if;
    ${steps.join("")}
    if found < ${STEPS.length} then
      delete from ${versions};
      insert into ${versions} values (${STEPS.length});
    end if;
  end
  $claimgate$`;
}

/** Sets `found` to the version of the table; 0 without the table, whatever its last version was. */
function readVersion({ table, versions, schema }: Names): string {
  const exist = (prefix: string): string =>
    [table, versions].map((name) => `to_regclass(${prefix}${literal(name)}) is not null`).join(" and ");
  const isInFirst = exist("quote_ident(current_schema()) || '.' || ");
  // A role that may create nothing uses the table that its search_path finds.
  const isInLater = `not has_schema_privilege(current_schema(), 'CREATE') and ${exist("")}`;
  return `found := 0;
    if ${schema === undefined ? `${isInFirst} or ${isInLater}` : exist("")} then
      select coalesce(max(version), 0) into found from ${versions};
    end if;`;
}

/**
 * Checks the names of the schema and the table.
 *
 * @throws `TypeError` if a name is invalid
 */
export function namesOf(options: { readonly schema?: string; readonly table?: string }): Names {
  const { schema, table = "claimgate_sessions" } = options;
  for (const [option, name] of Object.entries({ schema, table })) {
    if (name !== undefined && (typeof name !== "string" || !/^[a-z_][a-z0-9_]{0,39}$/i.test(name)))
      throw new TypeError(
        `postgresSessionStore: ${option} must have 1 to 40 letters, digits and "_", and must not begin with a digit`,
      );
  }
  const prefix = schema === undefined ? "" : `${quote(schema)}.`;
  return { table: prefix + quote(table), bare: table, versions: prefix + quote(`${table}_version`), schema };
}

// `namesOf` has checked the names: letters, digits and "_" need no escaping.
function quote(name: string): string {
  return `"${name}"`;
}

function literal(text: string): string {
  return `'${text}'`;
}
