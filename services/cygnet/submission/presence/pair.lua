-- Makes a screen a paired one. Safe to repeat with the same token.
--
-- KEYS  pairing screens
-- ARGV  token_hash:string record:string most:number
-- Returns 1, 0 when there is no such pairing code (any more), -1 when there are too many screens
local used_by = redis.call('GET', PAIRING)
if not used_by or (used_by ~= '' and used_by ~= token_hash) then return 0 end
if redis.call('HLEN', SCREENS) >= most and redis.call('HEXISTS', SCREENS, token_hash) == 0 then return -1 end
redis.call('SET', PAIRING, token_hash, 'KEEPTTL')
redis.call('HSET', SCREENS, token_hash, record)
return 1
