-- A participant joins with a ticket. A ticket makes one participant present, however often it is shown.
--
-- KEYS  hall outside admitted turn
-- ARGV  now:number turn:number seed:string places:number id:string participant_id:string
-- Returns the participant whom the ticket made present, '' while it waits, 'gone' when it waits no longer
draw({hall = HALL, outside = OUTSIDE, admitted = ADMITTED, turn = TURN}, now, turn, seed, places)
local place = redis.call('HGET', ADMITTED, id)
if not place then
  local waits = redis.call('HEXISTS', HALL, id) == 1 or redis.call('HEXISTS', OUTSIDE, id) == 1
  return waits and '' or 'gone'
end
local deadline, owner = string.match(place, '^(%d+) (%S*)$')
if owner == '' then
  owner = participant_id
  redis.call('HSET', ADMITTED, id, deadline .. ' ' .. owner)
end
return owner
