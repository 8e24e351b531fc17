/** The table of sessions in PostgreSQL, in versions; and how a database is brought to the newest. */
import { checkOptionNames } from "../util/check-options.ts";

/** How names are written into statements. */
export interface Names {
  /** The table, with its schema where one was given; quoted. */
  readonly table: string;
  /** The table without its schema; not quoted. */
  readonly bare: string;
}

// Version n is what the nth step leads to. Steps that were released are never changed.
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
 * A statement that brings the table to the newest version, whatever it was, one process at a time;
 * done again it changes nothing.
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
      raise exception '% is of version %, newer than the ${STEPS.length} that this claimgate knows', ${literal(table)}, found;
    end if;
    ${steps.join("")}
    if found < ${STEPS.length} then
      delete from ${versions};
      insert into ${versions} values (${STEPS.length});
    end if;
  end
  $claimgate$`;
}

/** The names of the table, checked. Throws `TypeError`. */
export function namesOf(options: { readonly schema?: string; readonly table?: string }): Names {
  checkOptionNames("postgresSessionStore", options, ["schema", "table"]);
  const { schema, table = "claimgate_sessions" } = options;
  for (const [option, name] of Object.entries({ schema, table })) {
    if (name !== undefined && (typeof name !== "string" || !/^[a-z_][a-z0-9_]{0,39}$/i.test(name)))
      throw new TypeError(`postgresSessionStore: ${option} must be a name of letters, digits and "_", of 40 at most`);
  }
  return { table: schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`, bare: table };
}

// Names are of letters, digits and "_" only.
function quote(name: string): string {
  return `"${name}"`;
}

function literal(text: string): string {
  return `'${text}'`;
}
