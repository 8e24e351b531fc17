/** Checks each record that a store returns, without a schema library. */
import type { SessionRecord } from "./session-store.ts";
import { storeMisuse } from "./store-error.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * Checks a record that a store returned, and copies its known members. A malformed record must
 * never authenticate a caller.
 *
 * @throws `TypeError` if `value` is not a session record
 */
export function readRecord(value: unknown): SessionRecord {
  // The check reads the copy, so that a getter cannot answer twice.
  const record = isObject(value) ? copyRecord(value) : undefined;
  if (!record || !isRecord(record))
    throw storeMisuse("The session store returned a value that is not a session record");
  return record;
}

/** Parses the JSON of a record. Returns an object without members for any other text. */
export function parseMembers(json: unknown): object {
  try {
    const members: unknown = typeof json === "string" ? JSON.parse(json) : undefined;
    return isObject(members) ? members : {};
  } catch {
    return {};
  }
}

type Unchecked = { readonly [K in keyof SessionRecord]: unknown };

function isRecord(record: Unchecked): record is SessionRecord {
  return (
    isText(record.id) &&
    (isText(record.subject) || Number.isSafeInteger(record.subject)) &&
    Number.isSafeInteger(record.version) &&
    (record.version as number) > 0 &&
    isText(record.rid) &&
    Number.isFinite(record.issuedAt) &&
    Number.isFinite(record.expiresAt) &&
    (record.previous === null || isPrevious(record.previous)) &&
    (record.claimedBy === null || isText(record.claimedBy)) &&
    isGrant(record.grant) &&
    (record.label === null || typeof record.label === "string") &&
    typeof record.remember === "boolean" &&
    Number.isFinite(record.createdAt) &&
    (record.endsAt === null || Number.isFinite(record.endsAt)) &&
    (record.reservedUntil === null || Number.isFinite(record.reservedUntil)) &&
    typeof record.ended === "boolean"
  );
}

function isPrevious(previous: unknown): boolean {
  return isObject(previous) && isText(previous["rid"]) && Number.isFinite(previous["replacedAt"]);
}

function isGrant(grant: unknown): boolean {
  return isObject(grant) && (grant["claims"] === undefined || isPlainObject(grant["claims"]));
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function copyRecord(given: Members): Unchecked {
  const { id, subject, version, rid, issuedAt, expiresAt, claimedBy, label, remember = true } = given;
  const { previous, grant, createdAt, endsAt, reservedUntil, ended } = given;
  return {
    id,
    subject,
    version,
    rid,
    issuedAt,
    expiresAt,
    previous: isObject(previous) ? { rid: previous["rid"], replacedAt: previous["replacedAt"] } : previous,
    claimedBy,
    grant: isObject(grant) ? copyGrant(grant) : grant,
    label,
    remember,
    createdAt,
    endsAt,
    reservedUntil,
    ended,
  };
}

function copyGrant(grant: Members): Members {
  const copy: Record<string, unknown> = {};
  if ("scope" in grant) copy["scope"] = grant["scope"];
  if ("claims" in grant) copy["claims"] = copyClaims(grant["claims"]);
  return copy;
}

function copyClaims(claims: unknown): unknown {
  if (!isPlainObject(claims)) return claims;
  const copy: Record<string, unknown> = { ...claims };
  // JSON can have a member `__proto__`, which becomes the prototype of a careless copy.
  delete copy["__proto__"];
  return copy;
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `value` is an object as JSON has them. Another realm has an `Object` of its own. */
function isPlainObject(value: unknown): value is Members {
  if (!isObject(value)) return false;
  const { constructor } = value;
  return typeof constructor !== "function" || Object.hasOwn((constructor.prototype ?? {}) as object, "isPrototypeOf");
}
