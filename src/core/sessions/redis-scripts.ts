/** The scripts that are the operations on Redis. Each answers `[server time in ms, "ok" or "late", …]`, and writes nothing that is late. */

// A session is a hash: v its version, u its subject, k the time in ms until which its id is reserved, x the time
// in ms until which it is kept (by the manager's clock, where a time to live goes by Redis'), e "1" once it has ended, d its record.
// A subject's index is a sorted set of ids by expiry.
const PREAMBLE = `
local t = redis.call('TIME')
local server = t[1] * 1000 + math.floor(t[2] / 1000)
if server >= tonumber(ARGV[1]) then return {tostring(server), 'late'} end
local now = tonumber(ARGV[2])
local function put(key, version, subject, reserved, record, kept, ttl)
  redis.call('HSET', key, 'v', version, 'u', subject, 'k', reserved, 'x', kept, 'd', record)
  redis.call('PEXPIRE', key, ttl)
end
local function read(key)
  local held = redis.call('HMGET', key, 'v', 'd', 'u', 'e', 'x')
  if not held[1] or tonumber(held[5]) <= now then return nil end
  return {version = tonumber(held[1]), record = held[2], subject = held[3], ended = held[4]}
end
-- Whether an operation that was carried out already has come again.
local function is_same(held)
  return held.record == ARGV[7] and (held.ended == '1') == (ARGV[11] == '1')
end
local function enlist(index, id, expiry, ttl)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  redis.call('ZADD', index, expiry, id)
  if redis.call('PTTL', index) < tonumber(ttl) then redis.call('PEXPIRE', index, ttl) end
end
local function finish(key, index, id)
  local reserved = tonumber(redis.call('HGET', key, 'k'))
  if reserved > now then
    redis.call('HSET', key, 'e', '1', 'x', reserved)
    redis.call('PEXPIRE', key, reserved - now)
  else
    redis.call('DEL', key)
  end
  redis.call('ZREM', index, id)
end
`;

// ARGV of create and replace, after deadline and now: id, version, subject, reserved, record, expiry, kept, ttl, "1" where it has ended.
export const CREATE: string = `${PREAMBLE}
local held = read(KEYS[1])
if held then return {tostring(server), 'ok', is_same(held) and 1 or 0} end
redis.call('DEL', KEYS[1])
put(KEYS[1], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[9], ARGV[10])
if ARGV[11] == '1' then redis.call('HSET', KEYS[1], 'e', '1') else enlist(KEYS[2], ARGV[3], ARGV[8], ARGV[10]) end
return {tostring(server), 'ok', 1}
`;

export const REPLACE: string = `${PREAMBLE}
local held = read(KEYS[1])
if not held or held.ended then return {tostring(server), 'ok', 0} end
if held.version ~= tonumber(ARGV[4]) - 1 then return {tostring(server), 'ok', is_same(held) and 1 or 0} end
put(KEYS[1], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[9], ARGV[10])
enlist(KEYS[2], ARGV[3], ARGV[8], ARGV[10])
return {tostring(server), 'ok', 1}
`;

export const FIND: string = `${PREAMBLE}
local held = read(KEYS[1])
if not held then return {tostring(server), 'ok'} end
return {tostring(server), 'ok', held.record, held.ended or ''}
`;

// ARGV: id.
export const END: string = `${PREAMBLE}
local held = read(KEYS[1])
if not held or held.ended then return {tostring(server), 'ok', 0} end
finish(KEYS[1], KEYS[2], ARGV[3])
return {tostring(server), 'ok', 1}
`;

// ARGV: subject. The sessions are found in the index, and their keys by its key, '…:sessions' for '…:session:' and an id: a client may have put
// a prefix of its own before what it was given as a key, and nowhere else. All have the index's hash tag, and so its slot.
const WALK = `${PREAMBLE}
local out = {tostring(server), 'ok'}
local base = string.sub(KEYS[1], 1, -2) .. ':'
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf')) do
  local key = base .. id
  local held = read(key)
  if not held then redis.call('ZREM', KEYS[1], id)
`;

export const LIST: string = `${WALK}
  elseif held.subject == ARGV[3] and not held.ended then out[#out + 1] = held.record end
end
return out
`;

export const END_ALL: string = `${WALK}
  elseif held.subject == ARGV[3] and not held.ended then
    finish(key, KEYS[1], id)
    out[#out + 1] = id
  end
end
return out
`;

export const TIME: string = `
local t = redis.call('TIME')
return tostring(t[1] * 1000 + math.floor(t[2] / 1000))
`;
