-- Applies one partition batch, or nothing.
--
-- KEYS[1]  the hash of next offsets
-- ARGV     the partition's field in it, the offset that the batch begins at, the offset after it; then four lists, each
--          its length and so many items:
--            set        key, n, then n values: field, value, ...            entities and other plain fields
--            increment  key, expire_at or 0, n, then n: field, delta, ...   cells
--            add        key, n, then n members                              sets that grow
--            remove     key, n, then n members                              members that left a set
--
-- Deltas travel as strings and are added by HINCRBY: Lua's own numbers end at 2^53. A script does not roll back: what
-- can be wrong is looked at before the first write.

local CHUNK = 1000 -- unpack fails near 4,000 values

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored ~= ARGV[2] then
  return {0, stored or ''}
end

local at = 4

local function next_value()
  at = at + 1
  return ARGV[at - 1]
end

local function each(work)
  for _ = 1, tonumber(next_value()) do
    work()
  end
end

local function skip_fields()
  next_value()
  at = at + 1 + tonumber(ARGV[at])
end

local function check_increment()
  local key = next_value()
  next_value()
  local last = at + tonumber(ARGV[at])
  for i = at + 2, last, 2 do
    if not string.match(ARGV[i], '^%-?%d+$') then
      error('a delta of ' .. key .. ' is no whole number')
    end
  end
  at = last + 1
end

each(skip_fields)
each(check_increment)
each(skip_fields)
each(skip_fields)
if at ~= #ARGV + 1 then
  error('the lists do not add up to the arguments')
end

local function in_chunks(command)
  return function()
    local key = next_value()
    local last = at + tonumber(ARGV[at])
    for first = at + 1, last, CHUNK do
      redis.call(command, key, unpack(ARGV, first, math.min(first + CHUNK - 1, last)))
    end
    at = last + 1
  end
end

local function increment()
  local key, expire_at = next_value(), next_value()
  local last = at + tonumber(ARGV[at])
  for i = at + 1, last, 2 do
    if redis.call('HINCRBY', key, ARGV[i], ARGV[i + 1]) == 0 then
      redis.call('HDEL', key, ARGV[i])
    end
  end
  at = last + 1
  if expire_at ~= '0' then
    redis.call('EXPIREAT', key, expire_at)
  end
end

at = 4
each(in_chunks('HSET'))
each(increment)
each(in_chunks('SADD'))
each(in_chunks('SREM'))

redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return {1, ARGV[3]}
