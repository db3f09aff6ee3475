-- Reads the head of a ranking, staff left out.
--
-- KEYS  rank, best, names, called, revision
-- ARGV  how many rows, then the nickname keys of staff
-- Returns {revision, participants, the first row with a worse score than the last or {}, rows…}; a row is
-- {participant, packed, best, nickname}
local RANK, BEST, NAMES, CALLED, REVISION = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit = tonumber(ARGV[1])

local staff, count = called_by(CALLED, 2)
local participants = redis.call('ZCARD', RANK)
for member in pairs(staff) do
  if redis.call('ZSCORE', RANK, member) then
    participants = participants - 1
  end
end

local rows = {}
local head = redis.call('ZREVRANGE', RANK, 0, limit + count - 1, 'WITHSCORES')
for at = 1, #head, 2 do
  if not staff[head[at]] and #rows < limit then
    rows[#rows + 1] = row(BEST, NAMES, head[at], head[at + 1])
  end
end
local worse = {}
if #rows == limit then
  worse = next_worse(RANK, BEST, NAMES, staff, rows[limit][2])
end
return { tonumber(redis.call('GET', REVISION) or '0'), participants, worse, unpack(rows) }
