-- Reads the head of a ranking, staff left out: the best find of each who found a picture.
--
-- KEYS  rank drawn finders shared finds find names called revision
-- ARGV  limit:number staff:string
-- Returns {revision, participants, the first row with a worse score than the last or {}, rows…}. `staff` is nickname
--         keys, separated by spaces.
local is_staff = called_by(CALLED, staff)
local participants = redis.call('ZCARD', RANK)
for member in pairs(is_staff) do
  if redis.call('ZSCORE', RANK, member) then
    participants = participants - 1
  end
end

local ranked = ranked_finds(
  { drawn = DRAWN, finders = FINDERS, shared = SHARED, finds = FINDS, find = FIND, names = NAMES }, is_staff
)
local rows = {}
for at, participant in ipairs(ranked.head(limit)) do
  rows[at] = ranked.find_row(participant)
end
local worse = {}
if #rows == limit then
  worse = ranked.next_worse(tonumber(rows[limit][1]))
end
return { tonumber(redis.call('GET', REVISION) or '0'), participants, worse, unpack(rows) }
