/** The scripts that are the operations on Redis. Each answers `[server time in ms, "ok" or "late", …]`, and writes nothing that is late. */

// A session is a hash. s is the JSON of what never changes; what does is text beside it, as the
// caller wrote it, for a script that encoded JSON anew would spoil empty lists and large numbers: v
// the version, r the live rid, i its iat, t its exp, p the rid before it (or ''), a when that was
// replaced, c who claimed the live one (or ''), e '1' once it has ended. And for the scripts alone:
// u the subject, k until when the id is reserved, n when the session ends in any case (or ''), x
// the time in ms until which it is kept (by the manager's clock, where a time to live goes by
// Redis'). Times are in seconds, but for x. A subject's index is a sorted set of ids by expiry in
// ms. Servers' clocks differ: an id leaves the index once its key is gone, which is by Redis'
// clock, and never because it has expired by the clock of a caller.
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
-- What a record is made of again, or nil; and what else is known of it.
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
-- The same, unless all of it has expired by the caller's clock.
local function read(key)
  local record, held = readAny(key)
  if record and held.kept then return record, held end
  return nil
end
-- By Redis' clock, and never shortened: the clock of the caller who set it before may have been behind the one that sets it now.
local function expireIn(key, ttl)
  if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, text(ttl)) end
end
-- How long an id is reserved, by the clock that says so for longer: with the caller's alone, which may be ahead, a token would be adopted again.
local function untilFree(reserved)
  if ms(reserved) == 0 then return 0 end
  return ms(reserved) - math.min(now, server)
end
local function keyOf(index, id)
  return string.sub(index, 1, -2) .. ':' .. id
end
-- Takes ids from the index whose sessions are gone, the earliest first: a few, as each that comes to it takes some along. An id whose key lives on,
-- since it is reserved, goes to the time at which that ends, and is not looked at again before.
local function tidy(index)
  local first = redis.call('ZRANGE', index, 0, 3, 'WITHSCORES')
  for n = 1, #first, 2 do
    local left = redis.call('PTTL', keyOf(index, first[n]))
    if left < 0 then redis.call('ZREM', index, first[n])
    elseif tonumber(first[n + 1]) < now then redis.call('ZADD', index, text(now + left), first[n]) end
  end
end
-- Keeps it until it has expired and its id is free, and on its subject's index until it has expired.
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

// ARGV: id, subject, reserved, ends, and then s, v, r, i, t, p, a, c, e.
export const CREATE: string = `${PREAMBLE}
local held = read(KEYS[1])
if held then
  -- The same that comes again was there: an operation that was carried out already.
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

// ARGV: id, the rid that is live, and of the next one: r, i, t, a.
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

// ARGV: version, c.
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

// ARGV: id.
export const END: string = `${PREAMBLE}
local record, held = readAny(KEYS[1])
if not record or held.ended then return {tostring(server), 'ok', 0} end
finish(KEYS[1], KEYS[2], ARGV[3], held.reserved)
return {tostring(server), 'ok', held.kept and 1 or 0}
`;

// ARGV: subject. The sessions are found in the index, and their keys by its key, '…:sessions' for
// '…:session:' and an id: a client may have put a prefix of its own before what it was given as a
// key, and nowhere else. All have the index's hash tag, and so its slot.
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

export const TIME: string = `
local t = redis.call('TIME')
return tostring(t[1] * 1000 + math.floor(t[2] / 1000))
`;
