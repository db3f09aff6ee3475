-- Keeps a lease, and notes that its worker's model is there.
--
-- KEYS  leases job last_poll
-- ARGV  now:number fingerprint:string fence:string lease_ms:number
-- Returns 1, or 0 when the lease is not the caller's any more

if redis.call('HGET', JOB, 'state') ~= 'drawing' or redis.call('HGET', JOB, 'fence') ~= fence then
  return 0
end
redis.call('HSET', LAST_POLL, redis.call('HGET', JOB, 'drawn_by'), int(now))
-- A lease is renewed before it ends. Where more time went by than that, or less than none, the clock was set or the
-- worker slept: that is no part of the drawing.
local since = now - (tonumber(redis.call('ZSCORE', LEASES, fingerprint)) - lease_ms)
if since < 0 or since > lease_ms then
  redis.call('HINCRBY', JOB, 'started_ms', int(since))
end
redis.call('ZADD', LEASES, int(now + lease_ms), fingerprint)
return 1
