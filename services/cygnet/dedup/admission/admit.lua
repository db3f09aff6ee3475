-- Decides on a submission. Changes nothing when it refuses, but for the cheap bucket.
--
-- KEYS  submission, job, queue, since, clock, pending, finish, submit_bucket, work_bucket, history, waiters, outbox,
--       lanes, models, credited, named, leases, pace, asked
-- ARGV  now in ms; the order as JSON (store.py, Store.admit), then which fields of a job are asked for
-- Returns outcome, ms until a bucket has a token again, jobs waiting; for what was admitted now also the submission,
--         revision, samples of the pace, jobs being drawn, when workers asked, fields of the job, place in the queue
local SUBMISSION, JOB, QUEUE, SINCE, CLOCK, PENDING = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local FINISH, SUBMIT_BUCKET, WORK_BUCKET, HISTORY, WAITERS, OUTBOX =
  KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local LANES, MODELS, CREDITED, NAMED, LEASES, PACE, ASKED =
  KEYS[13], KEYS[14], KEYS[15], KEYS[16], KEYS[17], KEYS[18], KEYS[19]
local now = tonumber(ARGV[1])
local order = cjson.decode(ARGV[2])
local participant = order.participant_id

local function reply(outcome, wait_ms)
  return { outcome, int(wait_ms or 0), redis.call('ZCARD', QUEUE) }
end

-- A token bucket as the time at which it is full again (generic cell rate algorithm): integers, no refill step, and a
-- refusal takes nothing, so a flood cannot push its own recovery away. Where a limit was changed meanwhile, the debt
-- is at most one empty bucket under the new one.
-- Returns the bucket with one token less, and how long until there is one.
local function bucket(key, every, burst)
  local full_at = field(key, participant)
  full_at = math.min(math.max(full_at, now), now + every * burst)
  return full_at + every, full_at - now - every * (burst - 1)
end

-- 1. A retry finds its own submission, whatever became of it, and costs nothing.
local known = redis.call('GET', SUBMISSION)
if known then
  local earlier = cjson.decode(known)
  if earlier.prompt == order.prompt and earlier.target == order.target then
    return reply('known')
  end
  return reply('REQUEST_ID_REUSED')
end

-- 2. Every submission, whatever its answer, takes a cheap token.
local submit_full_at, submit_wait = bucket(SUBMIT_BUCKET, order.submit_every_ms, order.submit_burst)
if submit_wait > 0 then
  return reply('SUBMIT_RATE', submit_wait)
end
redis.call('HSET', SUBMIT_BUCKET, participant, int(submit_full_at))

-- 3. New work has to be had. A prompt whose drawing failed is new work again, in a run of its own.
local state = redis.call('HGET', JOB, 'state')
local new_work = not state or state == 'failed'
local work_full_at
if new_work then
  if field(PENDING, participant) >= order.pending then
    return reply('PENDING_LIMIT')
  end
  local wait
  work_full_at, wait = bucket(WORK_BUCKET, order.every_ms, order.burst)
  if wait > 0 then
    return reply('NEW_WORK_RATE', wait)
  end
  if redis.call('ZCARD', QUEUE) >= order.max_queue then
    return reply('QUEUE_FULL')
  end
end

-- 4. Admitted.
local sequence = redis.call('HINCRBY', CLOCK, 'sequence', 1)

-- Start-time fair queueing: a participant's next drawing starts, in virtual time, when their last one ends, or now.
-- Returns the place in the queue that this participant gets, and when that drawing ends.
local function place()
  local start = math.max(field(CLOCK, 'virtual'), field(FINISH, participant))
  if start >= STARTS or sequence >= PLACES then
    error('this contest has no places left: its tags are used up')
  end
  return start * PLACES + sequence, start + 1
end

local outcome
local change = { contest = order.contest, submission_ids = { order.submission_id } }
if new_work then
  outcome = 'accepted'
  local tag, finish = place()
  redis.call('HSET', JOB,
    'state', 'queued', 'prompt', order.canonical_prompt, 'seed', order.seed, 'target', order.target,
    'target_sha256', order.target_sha256, 'model', order.model, 'lane', order.lane, 'owner', participant,
    'charged_ms', int(order.every_ms), 'tag', int(tag), 'queued_ms', int(now), 'attempts', '0', 'lost', '0')
  redis.call('HINCRBY', JOB, 'run', 1)
  enqueue(QUEUE, SINCE, LANES, JOB, order.fingerprint)
  -- How this model draws, for whoever draws what another one was asked for.
  redis.call('HSET', MODELS, order.lane, order.model)
  redis.call('HSET', FINISH, participant, int(finish))
  redis.call('HSET', WORK_BUCKET, participant, int(work_full_at))
  redis.call('HINCRBY', PENDING, participant, 1)
  change.queue_moved, change.work_added = true, true
elseif state == 'done' then
  outcome = 'repeated'
  change.outbox_grew = credit(OUTBOX, CREDITED, NAMED, order.submission_id, participant, order.nickname,
    int(order.policy_generation), now, order.target, redis.call('HGET', JOB, 'result'))
else
  outcome = 'coalesced'
  -- A shared drawing stands where the best placed of those who wait for it would stand alone: a light user who asks
  -- for the same as a heavy one does not wait behind the heavy one's backlog. Whoever moves it forward pays with
  -- their own place.
  local tag, finish = place()
  if state == 'queued' and tag < field(JOB, 'tag') then
    dequeue(QUEUE, SINCE, LANES, JOB, order.fingerprint)
    redis.call('HSET', JOB, 'tag', int(tag))
    enqueue(QUEUE, SINCE, LANES, JOB, order.fingerprint)
    redis.call('HSET', FINISH, participant, int(finish))
    change.queue_moved = true
  end
end
if outcome ~= 'repeated' then
  redis.call('HSET', WAITERS, order.submission_id, cjson.encode({
    participant_id = participant, nickname = order.nickname, policy_generation = int(order.policy_generation),
  }))
end
-- What never changes about a submission; how it stands is its job's business. Strings only: see int().
local submission = cjson.encode({
  participant_id = participant, fingerprint = order.fingerprint, run = redis.call('HGET', JOB, 'run'),
  prompt = order.prompt, target = order.target, answer = outcome, created_ms = int(now),
  policy_generation = int(order.policy_generation),
})
redis.call('SET', SUBMISSION, submission)
if redis.call('EXISTS', HISTORY) == 0 then
  redis.call('HINCRBY', CLOCK, 'participants', 1)
end
redis.call('ZADD', HISTORY, sequence, order.submission_id)
announce(CLOCK, change)

-- 5. How it stands now, so that nobody has to ask again.
local said = reply(outcome)
for _, part in ipairs({
  submission,
  redis.call('HGET', CLOCK, 'revision'),
  redis.call('LRANGE', PACE, 0, -1),
  redis.call('ZCARD', LEASES),
  redis.call('HVALS', ASKED),
  redis.call('HMGET', JOB, unpack(ARGV, 3)),
  redis.call('ZRANK', QUEUE, order.fingerprint),
}) do
  said[#said + 1] = part
end
return said
