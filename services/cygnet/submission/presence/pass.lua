-- Gives a place to the device that first shows a pass. Safe to repeat by that device.
--
-- KEYS  pass admitted
-- ARGV  id:string deadline:number
-- Returns 1, or 0 when there is no such pass (any more)
local used_by = redis.call('GET', PASS)
if not used_by or (used_by ~= '' and used_by ~= id) then return 0 end
redis.call('SET', PASS, id, 'KEEPTTL')
if redis.call('HEXISTS', ADMITTED, id) == 0 then
  redis.call('HSET', ADMITTED, id, string.format('%.0f ', deadline))
end
return 1
