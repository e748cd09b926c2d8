-- Applies one partition batch, or nothing.
--
-- KEYS[1]  the hash of next offsets
-- ARGV     the partition's field in it, the offset that the batch begins at, the offset after it; the work: six lists,
--          packed by msgpack (one argument is read many times faster than thousands); then the entities, packed
--            new        {key, fields}               entities that were taken to be new: must not be there
--            entity     {key, fields}               entities; their values are the arguments that follow, in this order
--            set        {key, {field, value, ...}}  other plain fields
--            increment  {key, expire_at or "0", {field, delta, ...}}  cells
--            add        {key, members}              sets that grow
--            remove     {key, members}              members that left a set
-- Returns  {"done"}, or {"conflict", stored offset}, or {"known", key, field} for the first entity that is not new.
--
-- Deltas travel as strings and are added by HINCRBY: Lua's own numbers end at 2^53. A script does not roll back: what
-- can be wrong is looked at before the first write.

local CHUNK = 1000 -- unpack fails near 4,000 values

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored ~= ARGV[2] then
  return {'conflict', stored or ''}
end

local new, entity, set, increment, add, remove = unpack(cmsgpack.unpack(ARGV[4]))

for _, entities in ipairs(new) do
  for _, field in ipairs(entities[2]) do
    if redis.call('HEXISTS', entities[1], field) == 1 then
      return {'known', entities[1], field}
    end
  end
end

local LARGE = 13 -- digits: only such deltas can bring a sum near the end of 64 bits
local LIMIT = 9e18

for _, cells in ipairs(increment) do
  local key, changes = cells[1], cells[3]
  for i = 1, #changes, 2 do
    local delta = changes[i + 1]
    if not string.find(delta, '^%-?%d+$') then
      error('a delta of ' .. key .. ' is no whole number')
    end
    if #delta >= LARGE and math.abs(tonumber(redis.call('HGET', key, changes[i]) or 0) + tonumber(delta)) > LIMIT then
      error('a sum of ' .. key .. ' would leave 64 bits')
    end
  end
end

local function in_chunks(command, list)
  for _, item in ipairs(list) do
    local key, values = item[1], item[2]
    for first = 1, #values, CHUNK do
      redis.call(command, key, unpack(values, first, math.min(first + CHUNK - 1, #values)))
    end
  end
end

local at = 4
for _, entities in ipairs(entity) do
  for _, field in ipairs(entities[2]) do
    at = at + 1
    redis.call('HSET', entities[1], field, ARGV[at])
  end
end
in_chunks('HSET', set)
for _, cells in ipairs(increment) do
  local key, changes = cells[1], cells[3]
  for i = 1, #changes, 2 do
    if redis.call('HINCRBY', key, changes[i], changes[i + 1]) == 0 then
      redis.call('HDEL', key, changes[i])
    end
  end
  if cells[2] ~= '0' then
    redis.call('EXPIREAT', key, cells[2])
  end
end
in_chunks('SADD', add)
in_chunks('SREM', remove)

redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return {'done'}
