-- Marks events as published.
--
-- KEYS  the marks
-- ARGV  seconds to keep them, then the fingerprint of each

for place, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[place + 1], 'EX', ARGV[1])
end
