-- Reads one participant's place in a ranking, and who stands next to it, staff left out.
--
-- KEYS  rank best names called
-- ARGV  participant_id:string staff:string
-- Returns {} without a score, or {1 when the participant is staff, how many are better, own row, and the nearest rows
--         with a better and a worse score or {}}. `staff` is nickname keys, separated by spaces.
local own = redis.call('ZSCORE', RANK, participant_id)
if not own then
  return {}
end
local is_staff = called_by(CALLED, staff)

local next_step = (math.floor(tonumber(own) / MOMENTS) + 1) * MOMENTS
local better = redis.call('ZCOUNT', RANK, int(next_step), '+inf')
for member in pairs(is_staff) do
  if tonumber(redis.call('ZSCORE', RANK, member) or '-1') >= next_step then
    better = better - 1
  end
end

return {
  is_staff[participant_id] and 1 or 0,
  better,
  row(BEST, NAMES, participant_id, own),
  next_better(RANK, BEST, NAMES, is_staff, own),
  next_worse(RANK, BEST, NAMES, is_staff, own),
}
