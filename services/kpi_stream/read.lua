-- Reads entities together with the offset that they stand at.
--
-- KEYS[1]  the hash of next offsets
-- ARGV     the partition's field in it, the offset that it must stand at, and a list of {key, fields}, packed by msgpack
-- Returns  {"done", value, ...} in the order of the fields, or {"conflict", stored offset}

local CHUNK = 1000 -- unpack fails near 4,000 values

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored ~= ARGV[2] then
  return {'conflict', stored or ''}
end

local found = {'done'}
for _, entities in ipairs(cmsgpack.unpack(ARGV[3])) do
  local key, fields = entities[1], entities[2]
  for first = 1, #fields, CHUNK do
    for _, value in ipairs(redis.call('HMGET', key, unpack(fields, first, math.min(first + CHUNK - 1, #fields)))) do
      found[#found + 1] = value
    end
  end
end
return found
