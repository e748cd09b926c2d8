-- Applies one partition batch, or nothing.
--
-- KEYS[1]  the hash of next offsets
-- ARGV     the partition's field in it, the offset that the batch begins at, the offset after it; the work: lists, packed
--          by msgpack; the entities, packed, one after the other (one argument is read many times faster than thousands);
--          what is added to cells, one after the other, each an integer of 64 bits, the most significant byte first
--            absent   {key, fields}               entities that must not be there, of which nothing is written
--            begun    {key, fields}               entities that must not be there yet
--            changed  {key, fields}               entities, there or not
--            lengths                              how long each entity is: those begun, then those changed
--            set      {key, {field, value, ...}}  other plain fields
--            late     key, {field, delta, ...}    counts of what came too late
--            cells    {key, expire_at or 0, width, {slot, ...}}  buckets of so many integers of 64 bits, side by
--                                                 side; slots in ascending order
--            add      {key, members}              sets that grow
--            remove   {key, members}              members that left a set
-- Returns  {"done"}, or {"conflict", stored offset}, or {"known", key, field} for the first entity that is not new.
--
-- What can be wrong is looked at before the first write: a script does not roll back. Each call of Redis costs more than
-- what it does here, so there is one for every key, not for every field.

local CHUNK = 1000 -- unpack fails near 4,000 values
local LENGTH = 8 * 510 -- of a string of cells: made at its full length, as Redis gives one that grows twice the room
local EXACT = 2 ^ 53 -- Lua's own numbers end here: what is greater is left to Redis to add
local HALF = 2 ^ 32 -- an integer of 64 bits is told by its upper and its lower half, which Lua has exactly
local LIMIT = 9e18

local call, pack, unpack_integers = redis.call, struct.pack, struct.unpack

local stored = call('HGET', KEYS[1], ARGV[1])
if stored ~= ARGV[2] then
  return {'conflict', stored or ''}
end

local absent, begun, changed, lengths, set, late, cells, add, remove = unpack(cmsgpack.unpack(ARGV[4]))

for _, list in ipairs({absent, begun}) do
  for _, item in ipairs(list) do
    local key, fields = item[1], item[2]
    for first = 1, #fields, CHUNK do
      local found = call('HMGET', key, unpack(fields, first, math.min(first + CHUNK - 1, #fields)))
      for i = 1, #found do
        if found[i] then
          return {'known', key, fields[first + i - 1]}
        end
      end
    end
  end
end

local deltas = ARGV[6]

-- Adds up a bucket: its new content, or nothing where Lua's numbers are too small.
local function added_up(format, width, bucket, delta_at)
  local sums, more = {unpack_integers(format, bucket)}, {unpack_integers(format, deltas, delta_at)}
  for i = 1, width do
    local before, delta = sums[i], more[i]
    local sum = before + delta
    if sum >= EXACT or sum <= -EXACT or before >= EXACT or before <= -EXACT or delta >= EXACT or delta <= -EXACT then
      return nil
    end
    sums[i] = sum
  end
  return pack(format, unpack(sums, 1, width))
end

local ranges, large, made, delta_at = {}, {}, {}, 1
for _, item in ipairs(cells) do
  local key, width, slots = item[1], item[3], item[4]
  local length, format = 8 * width, '>' .. string.rep('l', width)
  local empty = string.rep('\0', length)
  local first, last = slots[1], slots[#slots]
  local content = call('GETRANGE', key, first * length, (last + 1) * length - 1)
  if content == '' then
    made[#made + 1] = {key, item[2]}
    content = empty:rep(last + 1 - first)
  end
  local pieces, upto = {}, 0
  for i = 1, #slots do
    local from = (slots[i] - first) * length
    local sums = content:sub(from + 1, from + length)
    if sums == empty then
      sums = deltas:sub(delta_at, delta_at + length - 1)
    else
      sums = added_up(format, width, sums, delta_at)
    end
    if sums then
      pieces[#pieces + 1] = content:sub(upto + 1, from)
      pieces[#pieces + 1] = sums
      upto = from + length
    else
      for nth = 0, width - 1 do
        large[#large + 1] = {key, '#' .. slots[i] * width + nth, unpack_integers('>i4I4', deltas, delta_at + 8 * nth)}
      end
    end
    delta_at = delta_at + length
  end
  pieces[#pieces + 1] = content:sub(upto + 1)
  ranges[#ranges + 1] = {key, first * length, table.concat(pieces)}
end
for _, cell in ipairs(large) do
  local key, place, high, low = unpack(cell)
  local before = call('BITFIELD_RO', key, 'GET', 'i64', place)[1]
  if math.abs(before + high * HALF + low) > LIMIT then
    error('a sum of ' .. key .. ' would leave 64 bits')
  end
end

local entities, nth, from = ARGV[5], 0, 1
for _, list in ipairs({begun, changed}) do
  for _, item in ipairs(list) do
    local key, fields = item[1], item[2]
    for first = 1, #fields, CHUNK do
      local written, n = {}, 0
      for i = first, math.min(first + CHUNK - 1, #fields) do
        nth = nth + 1
        written[n + 1], written[n + 2] = fields[i], entities:sub(from, from + lengths[nth] - 1)
        from, n = from + lengths[nth], n + 2
      end
      call('HSET', key, unpack(written))
    end
  end
end

local function in_chunks(command, list)
  for _, item in ipairs(list) do
    local key, values = item[1], item[2]
    for first = 1, #values, CHUNK do
      call(command, key, unpack(values, first, math.min(first + CHUNK - 1, #values)))
    end
  end
end

in_chunks('HSET', set)
for i = 1, #late[2], 2 do
  call('HINCRBY', late[1], late[2][i], late[2][i + 1])
end
for _, item in ipairs(made) do
  call('SETRANGE', item[1], LENGTH - 8, string.rep('\0', 8))
end
for _, range in ipairs(ranges) do
  call('SETRANGE', unpack(range))
end
for _, cell in ipairs(large) do
  local key, place, high, low = unpack(cell)
  call('BITFIELD', key, 'INCRBY', 'i64', place, string.format('%.0f', high * HALF), 'INCRBY', 'i64', place, low)
end
for _, item in ipairs(made) do
  local key, expire_at = item[1], item[2]
  if expire_at ~= 0 then -- after all writes: by Redis's clock the time may have come, and a write would make it anew
    call('EXPIREAT', key, expire_at)
  end
end
in_chunks('SADD', add)
in_chunks('SREM', remove)

call('HSET', KEYS[1], ARGV[1], ARGV[3])
return {'done'}
