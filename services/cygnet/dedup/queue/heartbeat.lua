-- Keeps a lease, and says that its worker's model is there.
--
-- KEYS  leases, job, asked
-- ARGV  now in ms, fingerprint, fence, lease in ms
-- Returns 1, or 0 when the lease is not the caller's any more
local LEASES, JOB, ASKED = KEYS[1], KEYS[2], KEYS[3]
local now, fingerprint, fence, lease_ms = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])

if redis.call('HGET', JOB, 'state') ~= 'drawing' or redis.call('HGET', JOB, 'fence') ~= fence then
  return 0
end
redis.call('HSET', ASKED, redis.call('HGET', JOB, 'drawn_by'), int(now))
redis.call('ZADD', LEASES, int(now + lease_ms), fingerprint)
return 1
