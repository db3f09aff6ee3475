-- Keeps a lease, and notes that its worker's model is there.
--
-- KEYS  leases job last_poll
-- ARGV  now:number fingerprint:string fence:string lease_ms:number
-- Returns 1, or 0 when the lease is not the caller's any more

if redis.call('HGET', JOB, 'state') ~= 'drawing' or redis.call('HGET', JOB, 'fence') ~= fence then
  return 0
end
redis.call('HSET', LAST_POLL, redis.call('HGET', JOB, 'drawn_by'), int(now))
redis.call('ZADD', LEASES, int(now + lease_ms), fingerprint)
return 1
