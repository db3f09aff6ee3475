-- Leases the first job that the caller can draw. The caller guesses which one that is, because a script declares its
-- keys; a wrong guess is answered with the right one.
--
-- A job belongs to the workers of its model. When none of them has polled for away_ms, though some once did,
-- that model was replaced or has failed: whoever asks may draw it, in its turn (docs/decisions/0009).
--
-- KEYS  queue queued_at leases clock job waiters queue_by_model last_poll models finish
--       turns
-- ARGV  now:number contest:string guess:string lease_ms:number token:string lane:string away_ms:number
--       least_costs:string most_turns:number opening_ms:number
-- The guess is a fingerprint or '', the token the claim's own, the lane the caller's ('' for any job); a model is away
-- after away_ms without a poll. least_costs is what a drawing costs each class. The
-- last most_turns claims are kept: their classes, and when. A
-- window opens for opening_ms.
-- Returns {'empty'}, {'head', fingerprint} when the guess was wrong, or {'claimed', fence, attempts, canonical_prompt,
--         ladder, target, target_sha256, model, queued_ms, lane, the caller's model}
local AFTER_LANE, AFTER_TAG = 16 + 2, 16 + 1 + 16 + 2

local function claimed()
  local job = redis.call('HMGET', JOB,
    'fence', 'attempts', 'canonical_prompt', 'ladder', 'target', 'target_sha256', 'model', 'queued_ms', 'lane')
  job[#job + 1] = redis.call('HGET', MODELS, lane) or ''
  return { 'claimed', unpack(job) }
end

-- Returns the first job of a class that the caller can draw, or nothing. Lanes are as few as models.
local function first_of(class, polls)
  local from, to = class * BLOCK, (class + 1) * BLOCK
  if lane == '' then
    return redis.call('ZRANGEBYSCORE', QUEUE, int(from), '(' .. int(to), 'LIMIT', 0, 1)[1]
  end
  local found
  for index = 1, #polls, 2 do
    local other, polled_ms = polls[index], tonumber(polls[index + 1])
    if other == lane or (other ~= '' and polled_ms + away_ms <= now) then
      local head = redis.call('ZRANGEBYLEX', QUEUE_BY_MODEL, '[' .. lane_place(other, from),
        '(' .. lane_place(other, to), 'LIMIT', 0, 1)[1]
      if head and (not found or head:sub(AFTER_LANE) < found:sub(AFTER_LANE)) then
        found = head
      end
    end
  end
  return found and found:sub(AFTER_TAG)
end

-- Returns the first job of the class whose turn it is, of those that the caller can draw; the class, and its start.
local function first()
  local polls = redis.call('HGETALL', LAST_POLL)
  local _, costs = shares(QUEUE, least_costs)
  local head, class, start
  for other = 0, LAST_CLASS do
    local job, at = first_of(other, polls), class_start(CLOCK, costs, other)
    if job and (not head or at < start) then
      head, class, start = job, other, at
    end
  end
  return head, class, start
end

-- The client sends a command again when its connection breaks: the same claim finds what it was given.
if redis.call('HGET', JOB, 'state') == 'drawing' and redis.call('HGET', JOB, 'token') == token then
  return claimed()
end

-- Time in which nobody asked for work is no part of a wait: who waits was told that nothing is drawn, and an hour that a
-- clock was set forward looks the same.
local last_ms = 0
for _, polled_ms in ipairs(redis.call('HVALS', LAST_POLL)) do
  last_ms = math.max(last_ms, tonumber(polled_ms))
end
if last_ms > 0 and last_ms + away_ms <= now then
  redis.call('HINCRBY', CLOCK, 'away_ms', int(now - last_ms))
end
redis.call('HSET', LAST_POLL, lane, int(now))
-- Until all who come at an opening are there (admit.lua) nothing is drawn: else the first to be heard were no lot. A clock
-- that was set back holds nobody up.
local opens_for = field(CLOCK, 'opened_ms') + opening_ms - now
if opens_for > 0 and opens_for <= opening_ms then
  return { 'empty' }
end
local head, class, start = first()
if not head then
  return { 'empty' }
elseif head ~= guess then
  return { 'head', head }
end

dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, head)
redis.call('ZADD', LEASES, int(now + lease_ms), head)
redis.call('HSET', JOB, 'state', 'drawing', 'started_ms', int(now), 'token', token, 'drawn_by', lane)
redis.call('HINCRBY', JOB, 'fence', 1)
redis.call('HINCRBY', JOB, 'attempts', 1)
-- Virtual time is the start of what is served: that of classes, and in the class that of participants. It never falls:
-- a job that was given back starts in the past. Somebody's first drawing takes it to that drawing's end: else a stream
-- of newcomers, each with one drawing, would keep the time still, and nobody's second drawing would come.
redis.call('HSET', CLOCK, 'virtual', int(start), 'start:' .. class, int(start))
local in_class = math.floor((field(JOB, 'tag') - class * BLOCK) / PLACES)
if redis.call('HGET', JOB, 'first') == '1' then
  in_class = in_class + 1
end
if in_class > field(CLOCK, 'virtual:' .. class) then
  redis.call('HSET', CLOCK, 'virtual:' .. class, int(in_class))
  -- Who finished before that starts now, as if never seen.
  redis.call('ZREMRANGEBYSCORE', FINISH, int(class * BLOCK), int(class * BLOCK + in_class * PLACES))
end
redis.call('LPUSH', TURNS, class .. ' ' .. int(now))
redis.call('LTRIM', TURNS, 0, most_turns - 1)
announce(CLOCK, { contest = contest, submission_ids = redis.call('HKEYS', WAITERS), queue_moved = true })
return claimed()
