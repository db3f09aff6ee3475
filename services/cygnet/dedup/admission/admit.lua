-- Decides on a submission. Changes nothing when it refuses, but for the cheap bucket, for debts that a limit or a clock
-- which changed has made smaller, and for the ticket that keeps a place in line.
--
-- KEYS  submission job queue queued_at clock pending finish submit_bucket work_bucket history waiters outbox
--       queue_by_model models scored_participants last_nickname leases pace last_poll drawn tickets ticket_ends turns
--       repeats_of_visitors repeats_of_players
-- ARGV  now:number contest:string submission_id:string participant:string nickname:string policy_generation:string
--       fingerprint:string canonical_prompt:string ladder:string target:string target_sha256:string model:bytes
--       lane:string record:bytes every_ms:number burst:number max_pending:number max_queue:number
--       submit_every_ms:number submit_burst:number present:number regular_after:number least_costs:string
--       per_place_ms:number most_wait_ms:number ticket_ms:number opened_ms:number
--       opening_ms:number lot:number lots:number most_of_visitors:number most_of_players:number
-- A participant with regular_after drawings is a regular; least_costs is what a drawing costs each class. The queue moves
-- by a place every per_place_ms; most_wait_ms is the most that tickets add to a wait; a ticket holds for ticket_ms after it. The
-- window opened at opened_ms (0: none did); who comes within opening_ms has the place `lot` of `lots`, of equal starts.
-- Of repeats the newest most_of_visitors and most_of_players of the contest are kept.
-- Returns outcome, ms after which it is worth trying again; for what is known also the submission as it was stored; for
--         what was admitted now also the revision, samples of the pace, jobs being drawn, when workers polled, the last
--         turns, the job's state, run, started_ms and result; while it waits its rank, its tag, how many jobs of each
--         class wait; the contest's clock

-- Submissions of a participant that can be listed (submission's servicer lists at most 100).
local HISTORY_KEPT = 200

local function reply(outcome, wait_ms)
  return { outcome, int(wait_ms or 0) }
end

-- A token bucket as the time at which it is full again (generic cell rate algorithm): integers, no refill step, and a
-- refusal takes nothing, so a flood cannot push its own recovery away. Where a limit was relaxed meanwhile, or the clock
-- set back, the debt is at most one empty bucket under the new one, from now on: the wait that is told is true.
-- Returns the bucket with one token less, and how long until there is one.
local function bucket(key, every, size)
  local stored = tonumber(redis.call('ZSCORE', key, participant) or '0')
  local full_at = math.min(math.max(stored, now), now + every * size)
  if full_at < stored then
    redis.call('ZADD', key, int(full_at), participant)
  end
  return full_at + every, full_at - now - every * (size - 1)
end

-- A full bucket takes no memory: whoever has none has a full one. Removing comes second: a Redis that is out of memory
-- refuses a script at its first command that takes some, and none after one that takes none.
local function store_bucket(key, full_at)
  redis.call('ZADD', key, int(full_at), participant)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now))
end

-- 1. A retry finds its own submission, whatever became of it, and costs nothing.
local known = redis.call('GET', SUBMISSION)
if known then
  local found = reply('known')
  found[#found + 1] = known
  return found
end

-- 2. Every submission, whatever its answer, takes a cheap token.
local submit_full_at, submit_wait = bucket(SUBMIT_BUCKET, submit_every_ms, submit_burst)
if submit_wait > 0 then
  return reply('SUBMIT_RATE', submit_wait)
end
store_bucket(SUBMIT_BUCKET, submit_full_at)

local sequence = field(CLOCK, 'sequence') + 1
-- Places of equal start are in the order in which people came; at an opening all come at once, and their lots decide.
-- An opening's places are set aside by the first who comes.
local place_number, opens = sequence, false
if opened_ms > 0 and now >= opened_ms and now < opened_ms + opening_ms then
  opens = field(CLOCK, 'opened_ms') ~= opened_ms
  local lots_from = opens and sequence or field(CLOCK, 'lots_from')
  place_number = lots_from + lot
  if opens then
    sequence = sequence + lots
  end
end

local function keep_sequence()
  redis.call('HSET', CLOCK, 'sequence', int(sequence))
  if opens then
    redis.call('HSET', CLOCK, 'opened_ms', int(opened_ms), 'lots_from', int(place_number - lot))
  end
end

local drawn = field(DRAWN, participant)
local class = (present == 1 and 0 or 2) + (drawn >= regular_after and 0 or 1)

-- Start-time fair queueing in the class: a participant's next drawing starts, in the class's virtual time, when their
-- last one ends, or now. Who was refused because the queue was full has had a place in line since then.
-- Returns the place in the queue that this participant gets, when that drawing ends, and whether it is a first one.
local function place()
  local finish = tonumber(redis.call('ZSCORE', FINISH, class .. participant) or '0')
  finish = math.floor((finish - class * BLOCK) / PLACES)
  local virtual = field(CLOCK, 'virtual:' .. class)
  local start = math.max(virtual, finish)
  if start + 1 >= STARTS or sequence >= PLACES then
    error('this contest has no places left: its tags are used up')
  end
  local tag, is_first = class * BLOCK + start * PLACES + place_number, drawn == 0 and finish <= virtual
  local ends = tonumber(redis.call('ZSCORE', TICKET_ENDS, class .. participant) or '0')
  if ends > now then
    tag = math.min(tag, tonumber(redis.call('ZSCORE', TICKETS, class .. participant)))
  end
  return tag, class * BLOCK + (start + 1) * PLACES, is_first and '1' or ''
end

-- Tells whether one place comes before another, of whatever classes they are.
local function comes_first(tag, other)
  local its_class = math.floor(other / BLOCK)
  if class == its_class then
    return tag < other
  end
  local _, start = jobs_before(QUEUE, CLOCK, least_costs, tag)
  local _, its_start = jobs_before(QUEUE, CLOCK, least_costs, other)
  return start < its_start or (start == its_start and class < its_class)
end

local function take_place(finish)
  redis.call('ZADD', FINISH, int(finish), class .. participant)
  redis.call('ZREM', TICKETS, class .. participant)
  redis.call('ZREM', TICKET_ENDS, class .. participant)
end

-- Keeps a place in line for who is refused; it goes when they do not come back. Tickets may be those of nobody who does:
-- they add most_wait_ms at most.
-- Returns when that helps: those who come back to an earlier place come first.
local function keep_place(tag, too_many)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', TICKET_ENDS, '-inf', int(now), 'LIMIT', 0, 100)) do
    redis.call('ZREM', TICKETS, member)
    redis.call('ZREM', TICKET_ENDS, member)
  end
  local earlier = redis.call('ZCOUNT', TICKETS, int(class * BLOCK), '(' .. int(tag))
  local wait = too_many * per_place_ms + math.min(most_wait_ms, earlier * per_place_ms)
  redis.call('ZADD', TICKETS, int(tag), class .. participant)
  redis.call('ZADD', TICKET_ENDS, int(now + wait + ticket_ms), class .. participant)
  return wait
end

-- 3. New work has to be had. A prompt whose drawing failed is new work again, in a run of its own.
local state = redis.call('HGET', JOB, 'state')
local new_work = not state or state == 'failed'
local work_full_at
if new_work then
  if field(PENDING, participant) >= max_pending then
    return reply('PENDING_LIMIT')
  end
  local wait
  work_full_at, wait = bucket(WORK_BUCKET, every_ms, burst)
  if wait > 0 then
    return reply('NEW_WORK_RATE', wait)
  end
  -- What counts is how long this one would wait, in its class and place: whoever crowds a class fills that alone.
  local tag = place()
  local too_many = jobs_before(QUEUE, CLOCK, least_costs, tag) - max_queue + 1
  if too_many > 0 then
    local wait = keep_place(tag, too_many)
    keep_sequence()
    return reply('QUEUE_FULL', wait)
  end
end

-- 4. Admitted.
keep_sequence()
-- What the contest's policy lets anybody wait is the bound of all who wait now (overdue.py).
redis.call('HSET', CLOCK, 'most_wait_ms', int(most_wait_ms))
redis.call('HINCRBY', CLOCK, 'submissions', 1)

local outcome
local change = { contest = contest, submission_ids = { submission_id } }
if new_work then
  outcome = 'accepted'
  local tag, finish, is_first = place()
  redis.call('HSET', JOB,
    'state', 'queued', 'canonical_prompt', canonical_prompt, 'ladder', ladder, 'target', target,
    'target_sha256', target_sha256, 'model', model, 'lane', lane, 'owner', participant,
    'charged_ms', int(every_ms), 'tag', int(tag), 'first', is_first, 'queued_ms', int(now), 'attempts', '0', 'lost', '0')
  redis.call('HINCRBY', JOB, 'run', 1)
  redis.call('HDEL', JOB, 'promised_ms')
  enqueue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
  -- How this model draws, for a worker of this model that draws another model's job.
  redis.call('HSET', MODELS, lane, model)
  take_place(finish)
  store_bucket(WORK_BUCKET, work_full_at)
  redis.call('HINCRBY', PENDING, participant, 1)
  change.queue_moved, change.work_added = true, true
elseif state == 'done' then
  outcome = 'repeated'
  change.outbox_grew = deliver(OUTBOX, SCORED_PARTICIPANTS, LAST_NICKNAME, submission_id, participant, nickname,
    policy_generation, now, target, redis.call('HGET', JOB, 'result'))
else
  outcome = 'coalesced'
  -- A shared drawing stands where the best placed of those who wait for it would stand alone: a light user who asks
  -- for the same as a heavy one does not wait behind the heavy one's backlog. Whoever moves it forward pays with
  -- their own place.
  local tag, finish, is_first = place()
  if state == 'queued' and comes_first(tag, field(JOB, 'tag')) then
    dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
    redis.call('HSET', JOB, 'tag', int(tag), 'first', is_first)
    enqueue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
    take_place(finish)
    change.queue_moved = true
  end
end
if outcome ~= 'repeated' then
  -- Read by complete.lua. The nickname is last: it may hold spaces.
  redis.call('HSET', WAITERS, submission_id, table.concat({ participant, policy_generation, nickname }, ' '))
end
-- What never changes about a submission (records.py); how it stands is its job's business.
local run = redis.call('HGET', JOB, 'run')
redis.call('SET', SUBMISSION, table.concat({ outcome, run, fingerprint, record }, ' '))
if redis.call('EXISTS', HISTORY) == 0 then
  redis.call('HINCRBY', CLOCK, 'participants', 1)
end
redis.call('ZADD', HISTORY, sequence, submission_id)

-- Whoever takes a new session for each repeat stays below a bound as well: people without drawings of their own push out
-- each other's repeats alone. Their score goes from scored_participants with it, since nothing else says that they were here.
if outcome == 'repeated' then
  local visits = drawn == 0 and field(PENDING, participant) == 0
  local kept = visits and REPEATS_OF_VISITORS or REPEATS_OF_PLAYERS
  if redis.call('RPUSH', kept, participant .. ' ' .. submission_id) > (visits and most_of_visitors or most_of_players) then
    local who, oldest = redis.call('LPOP', kept):match('^(%S+) (%S+)$')
    local record_key = SUBMISSION:sub(1, #SUBMISSION - #submission_id) .. oldest
    local its_job = (redis.call('GETRANGE', record_key, 0, 120)):match('^repeated %d+ (%x+) ')
    local history_key = HISTORY:sub(1, #HISTORY - #participant) .. who
    redis.call('UNLINK', record_key)
    redis.call('ZREM', history_key, oldest)
    if visits and its_job then
      redis.call('SREM', SCORED_PARTICIPANTS:sub(1, #SCORED_PARTICIPANTS - #fingerprint) .. its_job, who)
    end
    if redis.call('EXISTS', history_key) == 0 then
      redis.call('HDEL', LAST_NICKNAME, who)
    end
  end
end

-- A list shows the newest. Of those that leave it only repeats go: what was drawn or is to be drawn stays to be watched.
-- The key is none of KEYS, but in the contest's slot like all of them.
if redis.call('ZCARD', HISTORY) > HISTORY_KEPT then
  local oldest = redis.call('ZPOPMIN', HISTORY)[1]
  local record_key = SUBMISSION:sub(1, #SUBMISSION - #submission_id) .. oldest
  if (redis.call('GETRANGE', record_key, 0, 7)) == 'repeated' then
    redis.call('UNLINK', record_key)
  end
end
if change.queue_moved or change.outbox_grew then
  announce(CLOCK, change)
else
  -- For nobody else anything changed, and of this submission nobody knows yet: a flood of repeats wakes no listener.
  redis.call('HINCRBY', CLOCK, 'revision', 1)
end

-- 5. How it stands now, so that nobody has to ask again.
local stands = reply(outcome)
local waiting = shares(QUEUE, least_costs)
for _, part in ipairs({
  redis.call('HGET', CLOCK, 'revision'),
  redis.call('LRANGE', PACE, 0, -1),
  redis.call('ZCARD', LEASES),
  redis.call('HVALS', LAST_POLL),
  redis.call('LRANGE', TURNS, 0, -1),
  redis.call('HMGET', JOB, 'state', 'run', 'started_ms', 'result'),
  redis.call('ZRANK', QUEUE, fingerprint),
  redis.call('HGET', JOB, 'tag'),
  { waiting[0], unpack(waiting) },
  redis.call('HGETALL', CLOCK),
}) do
  stands[#stands + 1] = part
end
return stands
