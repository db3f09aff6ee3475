-- Puts a rebuilt ranking in the place of the present one, unless results came in between.
--
-- KEYS  log, revision, then pairs: rebuilt, present
-- ARGV  the last entry of the log that was ranked ('' for none), the channel, the contest
-- Returns 1, or 0 when the log has grown
local LOG, REVISION = KEYS[1], KEYS[2]

local last = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
if (last and last[1] or '') ~= ARGV[1] then
  return 0
end
for at = 3, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[at]) == 1 then
    redis.call('RENAME', KEYS[at], KEYS[at + 1])
  else
    redis.call('DEL', KEYS[at + 1])
  end
end
redis.call('INCR', REVISION)
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
