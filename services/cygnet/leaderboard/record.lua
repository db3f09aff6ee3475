-- Appends a result to the log and ranks it in the same step; or ranks what was read from the log (append 0).
-- A delivery counts once, however often it comes.
--
-- KEYS  log repeats revision seen names called epoch targets format rank best drawn finders shared finds find
-- ARGV  append:number announce:number channel:string contest:string log_format:string ranking_format:string
--       lead_ms:number delivery_id:string participant_id:string nickname:string nickname_key:string target:string
--       pixels:string steps:number delivered_ms:number delivery:bytes most_of_visitors:number most_of_finders:number
-- Of results with pictures that others found, or that the participant had had, the contest keeps most_of_visitors of people who have found none, and
-- most_of_finders of all others.
-- Returns 1 when it was new and is kept, else 0

-- The newest nickname counts, in whatever order they come.
local function set_nickname()
  local known = redis.call('HGET', NAMES, participant_id)
  if known then
    local known_ms, known_key = parsed_name(known)
    if tonumber(known_ms) > delivered_ms then
      return
    end
    redis.call('ZREM', CALLED, known_key .. ':' .. participant_id)
  end
  redis.call('HSET', NAMES, participant_id, int(delivered_ms) .. ' ' .. nickname_key .. ' ' .. nickname)
  redis.call('ZADD', CALLED, 0, nickname_key .. ':' .. participant_id)
end

local function packed()
  local epoch = tonumber(redis.call('GET', EPOCH))
  if not epoch then
    epoch = delivered_ms - lead_ms
    redis.call('SET', EPOCH, int(epoch))
  end
  local since = math.min(math.max(delivered_ms - epoch, 0), MOMENTS - 1)
  return int(steps * MOMENTS + (MOMENTS - 1 - since))
end

if announce == 1 then
  redis.call('PUBLISH', channel, contest)
end
if redis.call('SISMEMBER', SEEN, delivery_id) == 1 then
  return 0
end
local finder = finder_at(FINDERS, pixels, 0) or participant_id
local before = drawing(DRAWN, participant_id, pixels)
if append == 1 and (before or finder ~= participant_id) then
  local found = redis.call('ZSCORE', FINDS, participant_id)
  local kind, most = found and 'finders' or 'visitors', found and most_of_finders or most_of_visitors
  if tonumber(redis.call('HGET', REPEATS, kind) or '0') >= most then
    return 0
  end
  redis.call('HINCRBY', REPEATS, kind, 1)
end
redis.call('SADD', SEEN, delivery_id)
if append == 1 then
  redis.call('XADD', LOG, '*', 'format', log_format, 'delivery', delivery)
  redis.call('INCR', REVISION)
end
redis.call('SET', FORMAT, ranking_format)
redis.call('SADD', TARGETS, target)
set_nickname()

local result = packed()
if redis.call('ZADD', RANK, 'GT', 'CH', result, participant_id) == 1 then
  redis.call('HSET', BEST, participant_id, pixels)
end

-- Of several results with the same pixels (a newer scorer gives them another score) the best one counts.
if not before or before < tonumber(result) then
  redis.call('HSET', DRAWN, participant_id .. ' ' .. pixels, result .. ' ' .. delivery)
end

-- Whose result came first in the log is the finder, for ever.
if not before then
  local place = string.format('%010.0f', redis.call('SCARD', SEEN))
  redis.call('ZADD', FINDERS, 0, pixels .. ':' .. place .. ':' .. participant_id)
end
if finder ~= participant_id then
  redis.call('ZADD', SHARED, 0, finder .. ':' .. pixels)
elseif redis.call('ZADD', FINDS, 'GT', 'CH', result, participant_id) == 1 then
  redis.call('HSET', FIND, participant_id, pixels)
end
return 1
