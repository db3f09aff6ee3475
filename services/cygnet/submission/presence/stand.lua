-- A device that exchanged a code asks for a place: at once where nobody waits and places are free, else by lot.
--
-- KEYS  hall outside admitted turn screens
-- ARGV  now:number turn:number seed:string places:number id:string deadline:number client:string network:string
--       most:number
-- Returns 1 with a place, 0 while it waits, -1 when too many wait already
draw({hall = HALL, outside = OUTSIDE, admitted = ADMITTED, turn = TURN}, now, turn, seed, places)
if redis.call('HEXISTS', ADMITTED, id) == 1 then return 1 end

local pool = OUTSIDE
for _, screen in ipairs(redis.call('HVALS', SCREENS)) do
  if network ~= '' and string.match(screen, '^%d+ (%S*)$') == network then pool = HALL end
end
local record = string.format('%.0f %s %s', deadline, client, network)
if redis.call('HEXISTS', HALL, id) == 1 or redis.call('HEXISTS', OUTSIDE, id) == 1 then
  -- Scanned again: it waits on, under its new deadline.
  pool = redis.call('HEXISTS', HALL, id) == 1 and HALL or OUTSIDE
  redis.call('HSET', pool, id, record)
  return 0
end
local waiting = redis.call('HLEN', HALL) + redis.call('HLEN', OUTSIDE)
if waiting == 0 and tonumber(redis.call('HGET', TURN, 'left')) > 0 then
  redis.call('HINCRBY', TURN, 'left', -1)
  redis.call('HSET', ADMITTED, id, string.format('%.0f ', deadline))
  return 1
end
local length = redis.call('HLEN', pool)
if length >= most then
  -- Reservoir sampling (Vitter 1985, algorithm R): whoever came this turn has the same chance to stay.
  local seen = redis.call('HINCRBY', TURN, 'seen', 1)
  local mine = tonumber(string.sub(redis.sha1hex(seed .. id), 1, 8), 16) % (most + seen)
  if mine >= most then return -1 end
  redis.call('HDEL', pool, redis.call('HRANDFIELD', pool))
end
redis.call('HSET', pool, id, record)
return 0
