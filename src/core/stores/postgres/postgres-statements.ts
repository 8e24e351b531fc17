/** The SQL of the operations on the session table. */
import { SERVER_TIME } from "./postgres-probe.ts";
import type { Names } from "./postgres-schema.ts";

const MAX_CLOCK_SKEW_SECONDS = 3600;

/**
 * The statements of the operations. `$1` is the deadline in milliseconds by the server's clock,
 * `$2` the manager's time in seconds. JSON is sent and returned as text, because clients parse and
 * serialise the type jsonb in different ways.
 */
export function statements({ table }: Names): Readonly<Record<Operation, string>> {
  const inTime = `${SERVER_TIME} < $1::double precision`;
  // Numbers, because some clients return booleans as texts.
  const stamp = `${SERVER_TIME} as time, (not ok)::integer as late`;
  // Compared once, after all locks are held, so that a statement writes everything or nothing.
  const allowed = `allowed as materialized (select ${inTime} as ok from (select count(*) from held) as counted)`;
  // Also ends expired sessions, because they may be valid by another server's clock. Does not count
  // them.
  const ending = (where: string, expiry: string): string => `
    with held as materialized (
      select id, reserved_until > 0 as reserved, ${expiry} > $2::double precision as counts from ${table}
      where ${where} and not ended
      order by id for update
    ), ${allowed}, kept as (
      update ${table} s set ended = true, kept_until = s.reserved_until
      from held, allowed where s.id = held.id and held.reserved and ok returning s.id
    ), gone as (
      delete from ${table} s using held, allowed where s.id = held.id and not held.reserved and ok returning s.id
    ), done as (select id from kept union all select id from gone)
    select ${stamp}, held.id from allowed
    left join (held join done on done.id = held.id and held.counts) on true`;
  return {
    create: `
      with allowed as materialized (select ${inTime} as ok), done as (
        insert into ${table} as s (id, subject, expires_at, kept_until, reserved_until, record, ended)
        select $3::text, $4::text, $5::double precision, $6::double precision, $7::double precision, $8::text::jsonb,
          ($8::text::jsonb ->> 'ended')::boolean
        from allowed where ok
        on conflict (id) do update set subject = excluded.subject, expires_at = excluded.expires_at,
          kept_until = excluded.kept_until, reserved_until = excluded.reserved_until, record = excluded.record, ended = excluded.ended
          where ${inTime} and (s.kept_until <= $2::double precision or (s.record = $8::text::jsonb and s.ended = excluded.ended))
        returning 1
      )
      select ${stamp}, (select count(*) from done) as changed from allowed`,
    rotate: `
      with held as materialized (
        select id, record, ended,
          not ended and expires_at > $2::double precision and record ->> 'rid' = $4::text as is_live
        from ${table} where id = $3::text and kept_until > $2::double precision
        for update
      ), ${allowed}, next as materialized (
        select id, record || $5::text::jsonb || jsonb_build_object(
          'version', (record ->> 'version')::integer + 1,
          'expiresAt', case when (record ->> 'endsAt')::double precision < ($5::text::jsonb ->> 'expiresAt')::double precision
            then record -> 'endsAt' else $5::text::jsonb -> 'expiresAt' end
        ) as record
        from held, allowed where is_live and ok
      ), done as (
        update ${table} s set record = next.record, expires_at = (next.record ->> 'expiresAt')::double precision,
          kept_until = greatest((next.record ->> 'expiresAt')::double precision, s.reserved_until)
        from next where s.id = next.id returning s.id, s.record
      )
      select ${stamp}, coalesce(done.record, held.record)::text as record, held.ended::integer as ended from allowed
      left join held on true left join done on done.id = held.id`,
    claim: `
      with held as materialized (
        select id from ${table}
        where id = $3::text and not ended and expires_at > $2::double precision
          and ((record ->> 'version')::integer = $4::integer or record ->> 'claimedBy' = $5::text)
        for update
      ), ${allowed}, done as (
        update ${table} s set record = s.record || jsonb_build_object('version', $4::integer + 1, 'claimedBy', $5::text)
        from held, allowed where s.id = held.id and ok returning 1
      )
      select ${stamp}, (select count(*) from done) as changed from allowed`,
    find: `
      with allowed as materialized (select ${inTime} as ok)
      select ${stamp}, record::text as record, ended::integer as ended from allowed
      left join ${table} on id = $3::text and kept_until > $2::double precision`,
    end: ending("id = $3::text", "kept_until"),
    list: `
      with allowed as materialized (select ${inTime} as ok)
      select ${stamp}, record::text as record from allowed
      left join ${table} on subject = $3::text and not ended and expires_at > $2::double precision
      order by (record ->> 'createdAt')::double precision, id`,
    endAll: ending("subject = $3::text", "expires_at"),
    deleteExpired: `
      with done as (
        delete from ${table}
        where kept_until <= coalesce($1::double precision,
          extract(epoch from clock_timestamp())::double precision - ${MAX_CLOCK_SKEW_SECONDS})
        returning 1
      )
      select count(*) as changed from done`,
  };
}

type Operation = "create" | "rotate" | "claim" | "find" | "end" | "list" | "endAll" | "deleteExpired";
