-- Appends results to the log and ranks them in the same step; or ranks what a rebuild reads from the log.
--
-- KEYS  log, seen, names, called, epoch, revision, targets, then rank and best of each target in the call
-- ARGV  'append' or 'replay', the channel, the contest, how many ms the epoch lies before the first result,
--       then FIELDS for each result
-- Returns how many results were new
local LOG, SEEN, NAMES, CALLED, EPOCH, REVISION, TARGETS =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local append, channel, contest, lead_ms = ARGV[1] == 'append', ARGV[2], ARGV[3], tonumber(ARGV[4])
local FIELDS = 13

-- The newest nickname counts, in whatever order they are heard.
local function call_participant(participant, nickname, key, ms)
  local known = redis.call('HGET', NAMES, participant)
  if known then
    local known_ms, known_key = parsed_name(known)
    if tonumber(known_ms) > tonumber(ms) then
      return
    end
    redis.call('ZREM', CALLED, known_key .. ':' .. participant)
  end
  redis.call('HSET', NAMES, participant, ms .. ' ' .. key .. ' ' .. nickname)
  redis.call('ZADD', CALLED, 0, key .. ':' .. participant)
end

local function packed(steps, ms)
  local epoch = tonumber(redis.call('GET', EPOCH))
  if not epoch then
    epoch = tonumber(ms) - lead_ms
    redis.call('SET', EPOCH, int(epoch))
  end
  local since = math.min(math.max(tonumber(ms) - epoch, 0), MOMENTS - 1)
  return int(tonumber(steps) * MOMENTS + (MOMENTS - 1 - since))
end

local new = 0
for at = 5, #ARGV, FIELDS do
  local delivery, participant, nickname, key, target, number, picture, score, cosine, ms, generation, steps, best =
    unpack(ARGV, at, at + FIELDS - 1)
  if redis.call('SADD', SEEN, delivery) == 1 then
    new = new + 1
    if append then
      redis.call('XADD', LOG, '*', 'delivery_id', delivery, 'participant_id', participant, 'nickname', nickname,
        'target', target, 'picture_sha256', picture, 'score', score, 'cosine', cosine, 'delivered_ms', ms,
        'policy_generation', generation)
    end
    call_participant(participant, nickname, key, ms)
    local RANK, BEST = KEYS[6 + 2 * tonumber(number)], KEYS[7 + 2 * tonumber(number)]
    redis.call('SADD', TARGETS, target)
    if redis.call('ZADD', RANK, 'GT', 'CH', packed(steps, ms), participant) == 1 then
      redis.call('HSET', BEST, participant, best)
    end
  end
end
if append and new > 0 then
  redis.call('INCRBY', REVISION, new)
  redis.call('PUBLISH', channel, contest)
end
return new
