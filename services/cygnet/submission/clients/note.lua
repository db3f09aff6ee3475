-- Counts what clients did within one minute, and notes which sessions were there.
--
-- KEYS  minute outside present
-- ARGV  now:number since:number calls:string outside_sessions:string present_sessions:string most_clients:number
--       most_sessions:number keep_s:number
-- calls is JSON, "<client> <call>" -> count; the sessions are JSON lists of "<client> <participant>". Counts of clients
-- beyond most_clients are not kept; of sessions the newest are, and none from before `since`. Run twice for one call it
-- counts twice: what it counts is for people to look at.

for name, count in pairs(cjson.decode(calls)) do
  if redis.call('HEXISTS', MINUTE, name) == 1 or redis.call('HLEN', MINUTE) < 2 * most_clients then
    redis.call('HINCRBY', MINUTE, name, count)
  end
end
redis.call('EXPIRE', MINUTE, keep_s)

for key, sessions in pairs({ [OUTSIDE] = cjson.decode(outside_sessions), [PRESENT] = cjson.decode(present_sessions) }) do
  for _, session in ipairs(sessions) do
    redis.call('ZADD', key, string.format('%.0f', now), session)
  end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('(%.0f', since))
  redis.call('ZREMRANGEBYRANK', key, 0, -most_sessions - 1)
  redis.call('EXPIRE', key, keep_s)
end
return 1
