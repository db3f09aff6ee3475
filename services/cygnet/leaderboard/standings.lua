-- Reads the head of a ranking, staff left out.
--
-- KEYS  rank best names called revision
-- ARGV  limit:number staff:string
-- Returns {revision, participants, the first row with a worse score than the last or {}, rows…}. `staff` is nickname
--         keys, separated by spaces.
local is_staff, count = called_by(CALLED, staff)
local participants = redis.call('ZCARD', RANK)
for member in pairs(is_staff) do
  if redis.call('ZSCORE', RANK, member) then
    participants = participants - 1
  end
end

local rows = {}
local head = redis.call('ZREVRANGE', RANK, 0, limit + count - 1, 'WITHSCORES')
for at = 1, #head, 2 do
  if not is_staff[head[at]] and #rows < limit then
    rows[#rows + 1] = row(BEST, NAMES, head[at], head[at + 1])
  end
end
local worse = {}
if #rows == limit then
  worse = next_worse(RANK, BEST, NAMES, is_staff, rows[limit][1])
end
return { tonumber(redis.call('GET', REVISION) or '0'), participants, worse, unpack(rows) }
