-- A paired screen is there: notes the network that it is in now.
--
-- KEYS  screens
-- ARGV  token_hash:string record:string
-- Returns 1, or 0 when the screen is not paired (any more)
if redis.call('HEXISTS', SCREENS, token_hash) == 0 then return 0 end
redis.call('HSET', SCREENS, token_hash, record)
return 1
