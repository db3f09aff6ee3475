-- Appends a result to the log and ranks it in the same step; or ranks what was read from the log (append 0).
-- A delivery counts once, however often it comes.
--
-- KEYS  log revision seen names called epoch targets format rank best
-- ARGV  append:number announce:number channel:string contest:string log_format:string ranking_format:string
--       lead_ms:number delivery_id:string participant_id:string nickname:string nickname_key:string target:string
--       steps:number delivered_ms:number delivery:bytes
-- Returns 1 when it was new, else 0

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
if redis.call('SADD', SEEN, delivery_id) == 0 then
  return 0
end
if append == 1 then
  redis.call('XADD', LOG, '*', 'format', log_format, 'delivery', delivery)
  redis.call('INCR', REVISION)
end
redis.call('SET', FORMAT, ranking_format)
redis.call('SADD', TARGETS, target)
set_nickname()
if redis.call('ZADD', RANK, 'GT', 'CH', packed(), participant_id) == 1 then
  redis.call('HSET', BEST, participant_id, delivery)
end
return 1
