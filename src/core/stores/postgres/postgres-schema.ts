/** The versions of the session table in PostgreSQL, and the migration to the newest. */

/** The names of the session table. */
export interface Names {
  /** The quoted table name, with the schema if one is configured. */
  readonly table: string;
  /** The table name without quotes and schema. */
  readonly bare: string;
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
 * Returns a statement that migrates the table from any version to the newest. A lock keeps a second
 * process waiting; its run then changes nothing.
 */
export function migration(names: Names): string {
  const { table, bare } = names;
  const versions = table.replace(quote(bare), quote(`${bare}_version`));
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
    perform pg_advisory_xact_lock(hashtext(${literal(`claimgate:${table}`)}));
    create table if not exists ${versions} (version integer not null);
    select max(version) into found from ${versions};
    found := coalesce(found, 0);
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
  return { table: schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`, bare: table };
}

// `namesOf` has checked the names: letters, digits and "_" need no escaping.
function quote(name: string): string {
  return `"${name}"`;
}

function literal(text: string): string {
  return `'${text}'`;
}
