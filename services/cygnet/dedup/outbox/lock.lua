-- One process at a time empties an outbox: it saves work, nothing depends on it (deliveries are recorded once).
--
-- KEYS  relay
-- ARGV  the process's token, for how many ms (0: let go)
-- Returns 1 while the caller has it
local RELAY, token, for_ms = KEYS[1], ARGV[1], tonumber(ARGV[2])

local holder = redis.call('GET', RELAY)
if holder and holder ~= token then
  return 0
end
if for_ms == 0 then
  redis.call('DEL', RELAY)
  return 0
end
redis.call('SET', RELAY, token, 'PX', int(for_ms))
return 1
