-- One process at a time empties an outbox: it saves work, nothing depends on it (deliveries are recorded once).
--
-- KEYS  outbox_lock
-- ARGV  token:string for_ms:number
-- The token is the process's; for 0 ms it lets go.
-- Returns 1 while the caller has it

local holder = redis.call('GET', OUTBOX_LOCK)
if holder and holder ~= token then
  return 0
end
if for_ms == 0 then
  redis.call('DEL', OUTBOX_LOCK)
  return 0
end
redis.call('SET', OUTBOX_LOCK, token, 'PX', int(for_ms))
return 1
