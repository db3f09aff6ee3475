-- Adds a participant, or changes an old one's nickname, unless the contest is full.
-- KEYS: 1 participants (hash)   ARGV: 1 participant id, 2 record, 3 the most there may be
-- Returns 1, or 0 when it is full.
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
