-- Takes an idle contest out of the set of active ones: nothing was submitted to it since then. Who submits puts it in
-- again.
--
-- KEYS  contests
-- ARGV  contest:string idle_since_ms:number
-- Returns 1, or 0 when something was submitted since

local last_ms = redis.call('ZSCORE', CONTESTS, contest)
if not last_ms or tonumber(last_ms) > idle_since_ms then
  return 0
end
return redis.call('ZREM', CONTESTS, contest)
