-- Leases the first job that the caller can draw. The caller guesses which one that is, because a script declares its
-- keys; without a guess it is told.
--
-- A job belongs to the workers of its model. When none of them has asked for work for so long, though some once did,
-- that model was replaced or has failed: whoever asks may draw it, in its turn (docs/decisions/0009).
--
-- KEYS  queue, since, leases, clock, job, waiters, lanes, asked, models
-- ARGV  now in ms, contest, the guess (a fingerprint, or ''), lease in ms, the claim's own token,
--       the caller's lane ('' for any job), after how many ms a model is away
-- Returns {'empty'}, {'head', fingerprint} when the guess was wrong, or
--         {'claimed', fence, attempts, prompt, seed, target, target_sha256, model, queued_ms, lane, the caller's model}
local QUEUE, SINCE, LEASES, CLOCK, JOB, WAITERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local LANES, ASKED, MODELS = KEYS[7], KEYS[8], KEYS[9]
local now, contest, guess, lease_ms, token = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local mine, away_ms = ARGV[6], tonumber(ARGV[7])
local AFTER_LANE, AFTER_TAG = 16 + 2, 16 + 1 + 16 + 2

local function claimed()
  local job = redis.call('HMGET', JOB,
    'fence', 'attempts', 'prompt', 'seed', 'target', 'target_sha256', 'model', 'queued_ms', 'lane')
  job[#job + 1] = redis.call('HGET', MODELS, mine) or ''
  return { 'claimed', unpack(job) }
end

-- Returns the first job of all that the caller can draw, or nothing. Lanes are as few as models.
local function first()
  if mine == '' then
    return redis.call('ZRANGE', QUEUE, 0, 0)[1]
  end
  local found
  local asked = redis.call('HGETALL', ASKED)
  for index = 1, #asked, 2 do
    local lane, asked_ms = asked[index], tonumber(asked[index + 1])
    if lane == mine or (lane ~= '' and asked_ms + away_ms <= now) then
      local head = redis.call('ZRANGEBYLEX', LANES, '[' .. lane .. ':', '(' .. lane .. ';', 'LIMIT', 0, 1)[1]
      if head and (not found or head:sub(AFTER_LANE) < found:sub(AFTER_LANE)) then
        found = head
      end
    end
  end
  return found and found:sub(AFTER_TAG)
end

-- The client sends a command again when its connection breaks: the same claim finds what it was given.
if redis.call('HGET', JOB, 'state') == 'drawing' and redis.call('HGET', JOB, 'token') == token then
  return claimed()
end

redis.call('HSET', ASKED, mine, int(now))
local head = first()
if not head then
  return { 'empty' }
elseif head ~= guess then
  return { 'head', head }
end

dequeue(QUEUE, SINCE, LANES, JOB, head)
redis.call('ZADD', LEASES, int(now + lease_ms), head)
redis.call('HSET', JOB, 'state', 'drawing', 'started_ms', int(now), 'token', token, 'drawn_by', mine)
redis.call('HINCRBY', JOB, 'fence', 1)
redis.call('HINCRBY', JOB, 'attempts', 1)
-- Virtual time is the start of what is served. It never falls: a job that was given back starts in the past.
local start = math.floor(field(JOB, 'tag') / PLACES)
if start > field(CLOCK, 'virtual') then
  redis.call('HSET', CLOCK, 'virtual', int(start))
end
announce(CLOCK, { contest = contest, submission_ids = redis.call('HKEYS', WAITERS), queue_moved = true })
return claimed()
