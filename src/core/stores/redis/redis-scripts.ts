/** The Lua scripts of the operations on Redis. */

/**
 * The beginning of every script but `PROBE`. A script replies `[server time in ms, "ok" or "late",
 * …]` and writes nothing if it is late.
 *
 * A session is a hash of text fields. Times are in seconds by the manager's clock, except `x`.
 *
 * - s: the constant part of the record as JSON. Scripts never encode JSON again, because Lua
 *   changes empty lists and large numbers.
 * - v: the version.
 * - r, i, t: `rid`, `iat` and `exp` of the current refresh token.
 * - p, a: `rid` of the previous refresh token, or '', and the time of its replacement.
 * - c: `claimedBy` of the current refresh token, or ''.
 * - e: '1' if the session has ended.
 * - u: the subject.
 * - k: the time until which the id is reserved.
 * - n: the latest end of the session, or ''.
 * - x: the time in ms until which the session is kept, by the manager's clock. The key's time to
 *   live follows Redis' clock.
 *
 * The index of a subject is a sorted set of ids, ordered by expiry in ms. An id leaves the index
 * when its session ends, or after its key is gone. It stays when the session has expired by one
 * caller's clock, because clocks differ.
 */
const PREAMBLE = `
local t = redis.call('TIME')
local server = t[1] * 1000 + math.floor(t[2] / 1000)
if server >= tonumber(ARGV[1]) then return {tostring(server), 'late'} end
local now = tonumber(ARGV[2])
local function ms(seconds)
  return math.floor(tonumber(seconds) * 1000 + 0.5)
end
local function text(number)
  return string.format('%.0f', number)
end
-- Returns the fields of the record and the parsed state, or nil.
local function readAny(key)
  local record = redis.call('HMGET', key, 's', 'v', 'r', 'i', 't', 'p', 'a', 'c', 'e')
  if not record[1] then return nil end
  local rest = redis.call('HMGET', key, 'u', 'k', 'n', 'x')
  local ended = record[9] == '1'
  return record, {
    version = record[2], rid = record[3], claimed = record[8], ended = ended,
    alive = not ended and ms(record[5]) > now, kept = tonumber(rest[4]) > now,
    subject = rest[1], reserved = rest[2], ends = rest[3]
  }
end
-- As readAny, but nil if the record has expired by the caller's clock.
local function read(key)
  local record, held = readAny(key)
  if record and held.kept then return record, held end
  return nil
end
-- Sets the time to live, and never shortens it: the clock of an earlier caller may be behind.
local function expireIn(key, ttl)
  if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, text(ttl)) end
end
-- The rest of the reservation in ms, by the earlier of two times: the caller's and Redis'. By a clock
-- that is ahead, the id would be free too early, and the same token could be adopted twice.
local function untilFree(reserved)
  if ms(reserved) == 0 then return 0 end
  return ms(reserved) - math.min(now, server)
end
local function keyOf(index, id)
  return string.sub(index, 1, -2) .. ':' .. id
end
-- Removes ids whose keys are gone from the index. Looks at the four earliest ids, so that each call does little work.
-- An id whose key is still there moves to the end of the key's life.
local function tidy(index)
  local first = redis.call('ZRANGE', index, 0, 3, 'WITHSCORES')
  for n = 1, #first, 2 do
    local left = redis.call('PTTL', keyOf(index, first[n]))
    if left < 0 then redis.call('ZREM', index, first[n])
    elseif tonumber(first[n + 1]) < now then redis.call('ZADD', index, text(now + left), first[n]) end
  end
end
-- Keeps the session until its expiry or the end of its reservation, the later one, and its id in the index.
local function keep(key, index, id, expires, reserved, ended)
  local expiry, kept = ms(expires), math.max(ms(expires), ms(reserved))
  local ttl = math.max(1, kept - now, untilFree(reserved))
  redis.call('HSET', key, 'x', text(kept))
  expireIn(key, ttl)
  if ended then return end
  tidy(index)
  redis.call('ZADD', index, text(expiry), id)
  expireIn(index, ttl)
end
local function finish(key, index, id, reserved)
  if ms(reserved) > 0 then
    redis.call('HSET', key, 'e', '1', 'x', text(ms(reserved)))
    expireIn(key, untilFree(reserved))
  else
    redis.call('DEL', key)
  end
  redis.call('ZREM', index, id)
end
`;

/** ARGV, after deadline and time: id, subject, k, n, then s, v, r, i, t, p, a, c, e. */
export const CREATE: string = `${PREAMBLE}
local held = read(KEYS[1])
if held then
  -- An equal record means that the manager sent the same operation again.
  for n = 1, 9 do
    if held[n] ~= ARGV[6 + n] then return {tostring(server), 'ok', 0} end
  end
  return {tostring(server), 'ok', 1}
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'u', ARGV[4], 'k', ARGV[5], 'n', ARGV[6], 's', ARGV[7], 'v', ARGV[8], 'r', ARGV[9],
  'i', ARGV[10], 't', ARGV[11], 'p', ARGV[12], 'a', ARGV[13], 'c', ARGV[14], 'e', ARGV[15])
keep(KEYS[1], KEYS[2], ARGV[3], ARGV[11], ARGV[5], ARGV[15] == '1')
return {tostring(server), 'ok', 1}
`;

/** ARGV, after deadline and time: id, the current rid, then r, i and t of the next token, and a. */
export const ROTATE: string = `${PREAMBLE}
local record, held = read(KEYS[1])
if not record then return {tostring(server), 'ok'} end
if held.alive and held.rid == ARGV[4] then
  local expires = ARGV[7]
  if held.ends ~= '' and tonumber(held.ends) < tonumber(expires) then expires = held.ends end
  redis.call('HSET', KEYS[1], 'v', text(held.version + 1), 'r', ARGV[5], 'i', ARGV[6], 't', expires,
    'p', ARGV[4], 'a', ARGV[8], 'c', '')
  keep(KEYS[1], KEYS[2], ARGV[3], expires, held.reserved, false)
  record = redis.call('HMGET', KEYS[1], 's', 'v', 'r', 'i', 't', 'p', 'a', 'c', 'e')
end
return {tostring(server), 'ok', record}
`;

/** ARGV, after deadline and time: version, c. */
export const CLAIM: string = `${PREAMBLE}
local record, held = read(KEYS[1])
if not record or not held.alive then return {tostring(server), 'ok', 0} end
if held.version ~= ARGV[3] then return {tostring(server), 'ok', held.claimed == ARGV[4] and 1 or 0} end
redis.call('HSET', KEYS[1], 'v', text(held.version + 1), 'c', ARGV[4])
return {tostring(server), 'ok', 1}
`;

export const FIND: string = `${PREAMBLE}
local record = read(KEYS[1])
if not record then return {tostring(server), 'ok'} end
return {tostring(server), 'ok', record}
`;

/** ARGV, after deadline and time: id. */
export const END: string = `${PREAMBLE}
local record, held = readAny(KEYS[1])
if not record or held.ended then return {tostring(server), 'ok', 0} end
finish(KEYS[1], KEYS[2], ARGV[3], held.reserved)
return {tostring(server), 'ok', held.kept and 1 or 0}
`;

/**
 * ARGV, after deadline and time: subject. The script derives each session's key from the key of the
 * index, because a client may add a prefix to the keys that it sends. All keys share one hash tag,
 * hence one slot of a cluster.
 */
const WALK = `${PREAMBLE}
local out = {tostring(server), 'ok'}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = keyOf(KEYS[1], id)
  local record, held = readAny(key)
  if not record then redis.call('ZREM', KEYS[1], id)
`;

export const LIST: string = `${WALK}
  elseif held.subject == ARGV[3] and held.alive then out[#out + 1] = record end
end
return out
`;

export const END_ALL: string = `${WALK}
  elseif held.subject == ARGV[3] and not held.ended then
    finish(key, KEYS[1], id, held.reserved)
    if held.alive then out[#out + 1] = id end
  end
end
return out
`;

/**
 * Replies like the other scripts, and returns its key and its argument, so that the store sees what
 * the client does to them.
 */
export const PROBE: string = `
local t = redis.call('TIME')
local server = t[1] * 1000 + math.floor(t[2] / 1000)
return {tostring(server), 'ok', {KEYS[1], ARGV[1], ''}, 1}
`;
