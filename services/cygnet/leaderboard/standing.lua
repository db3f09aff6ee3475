-- Reads how one participant stands, and who stands next to it, staff left out.
--
-- KEYS  rank best drawn finders shared finds find names called
-- ARGV  participant_id:string staff:string
-- Returns {} without a score; {'staff'} for staff, who is not ranked; or {'ranked', the best result, {the finder's id and
--         nickname} or {} where the participant is, the best find or {}}. The best result is left out, as {}, where
--         the best find is as good. Both are {how many stand before it, row, the nearest rows with a better and a worse
--         score or {}}. `staff` is nickname keys, separated by spaces.
local own = tonumber(redis.call('ZSCORE', RANK, participant_id) or '-1')
if own < 0 then
  return {}
end
local is_staff = called_by(CALLED, staff)
if is_staff[participant_id] then
  return { 'staff' }
end
local ranked = ranked_finds(
  { drawn = DRAWN, finders = FINDERS, shared = SHARED, finds = FINDS, find = FIND, names = NAMES }, is_staff
)

local found, find = ranked.best(participant_id), {}
if found then
  find = {
    ranked.count_from(first_step_of(found) + MOMENTS),
    ranked.find_row(participant_id),
    ranked.next_better(found),
    ranked.next_worse(found),
  }
  if first_step_of(found) >= first_step_of(own) then
    return { 'ranked', {}, {}, find }
  end
end

-- Behind the finder, and behind all finds that score as much; also where a newer scorer gave the same picture more.
local pixels = redis.call('HGET', BEST, participant_id)
local finder = ranked.finder(pixels)
local behind = math.min(own, (drawing(DRAWN, finder, pixels)))
return {
  'ranked',
  {
    ranked.count_from(first_step_of(behind)),
    ranked.row(participant_id, pixels),
    ranked.next_better(own),
    ranked.next_worse(own),
  },
  named(NAMES, finder),
  find,
}
