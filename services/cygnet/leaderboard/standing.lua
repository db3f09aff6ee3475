-- Reads one participant's place in a ranking, and who stands next to it, staff left out.
--
-- KEYS  rank, best, names, called
-- ARGV  the participant, then the nickname keys of staff
-- Returns {} without a score, or {1 when the participant is staff, how many are better, own row, and the
--         nearest rows with a better and a worse score or {}}; a row is {participant, packed, best, nickname}
local RANK, BEST, NAMES, CALLED = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local participant = ARGV[1]

local own = redis.call('ZSCORE', RANK, participant)
if not own then
  return {}
end
local staff = called_by(CALLED, 2)

local next_step = (math.floor(tonumber(own) / MOMENTS) + 1) * MOMENTS
local better = redis.call('ZCOUNT', RANK, int(next_step), '+inf')
for member in pairs(staff) do
  if tonumber(redis.call('ZSCORE', RANK, member) or '-1') >= next_step then
    better = better - 1
  end
end

return {
  staff[participant] and 1 or 0,
  better,
  row(BEST, NAMES, participant, own),
  next_better(RANK, BEST, NAMES, staff, own),
  next_worse(RANK, BEST, NAMES, staff, own),
}
