-- Puts a contest document in force if nobody else did in between, and tells the other replicas.
-- KEYS: 1 the document, 2 the names of all contests
-- ARGV: 1 the document expected there now ('' for none), 2 the new one, 3 the contest's name, 4 the channel
-- Returns 1 when it is in force, 0 when another one came in between.
local present = redis.call('GET', KEYS[1])
if (present or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[3])
return 1
