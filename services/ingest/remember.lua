-- Marks events as published.
--
-- KEYS  the marks
-- ARGV  seconds to keep them; the fingerprint of each, packed

local fingerprints = cmsgpack.unpack(ARGV[2])
for place, key in ipairs(KEYS) do
  redis.call('SET', key, fingerprints[place], 'EX', ARGV[1])
end
