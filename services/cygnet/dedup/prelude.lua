-- Put before every script of this service.

-- A tag is a place in the queue: class * BLOCK + start * PLACES + sequence, one exact integer below 2^53. Start times
-- have 21 bits (two million drawings of one participant), sequence numbers 30; equal starts are ordered by who came
-- first. classes.py says what the classes are, and in which order they are served.
local PLACES = 2 ^ 30
local STARTS = 2 ^ 21
local BLOCK = PLACES * STARTS
local LAST_CLASS = 3

-- Redis hands numbers to Lua as doubles, and tostring() keeps 14 digits of them.
local function int(number)
  return string.format('%.0f', number)
end

local function field(key, name)
  return tonumber(redis.call('HGET', key, name) or '0')
end

local function waiting_of(queue, class)
  return redis.call('ZCOUNT', queue, int(class * BLOCK), '(' .. int((class + 1) * BLOCK))
end

-- Returns by class how many jobs wait, and what a drawing costs now: at least what least_costs says (its words, by
-- class), and for newcomers (1 and 3) so much that a drawing of theirs gets no more than one of the regulars (0 and 2)
-- before them in the table (classes.py, which has the same).
local function shares(queue, least_costs)
  local waiting, least = {}, {}
  for word in least_costs:gmatch('%d+') do
    local class = least[0] and #least + 1 or 0
    least[class], waiting[class] = tonumber(word), waiting_of(queue, class)
  end
  local costs = { [0] = least[0], least[1], least[2], least[3] }
  for new = 1, LAST_CLASS, 2 do
    for regular = 0, new, 2 do
      costs[new] = math.max(costs[new], math.floor(least[regular] * waiting[regular] / math.max(1, waiting[new])))
    end
  end
  return waiting, costs
end

-- Returns when a class's next job starts, in the contest's virtual time: when its last one ends, or now.
local function class_start(clock, costs, class)
  return math.max(field(clock, 'virtual'), field(clock, 'start:' .. class) + costs[class])
end

-- Returns how many jobs come before a tag, if nobody else comes meanwhile and shares stay what they are, and when it
-- starts in the contest's virtual time. classes.py has the same for what waits already.
local function jobs_before(queue, clock, least_costs, tag)
  local waiting, costs = shares(queue, least_costs)
  local own = math.floor(tag / BLOCK)
  local before = redis.call('ZCOUNT', queue, int(own * BLOCK), '(' .. int(tag))
  local start = class_start(clock, costs, own) + before * costs[own]
  for other = 0, LAST_CLASS do
    local gap = start - class_start(clock, costs, other) + (other < own and 1 or 0)
    if other ~= own and gap > 0 then
      before = before + math.min(waiting[other], math.ceil(gap / costs[other]))
    end
  end
  return before, start
end

-- Tells all who watch, and makes every snapshot of this contest newer than those before.
local function announce(clock, change)
  redis.call('HINCRBY', clock, 'revision', 1)
  redis.call('PUBLISH', 'dedup:changes', cjson.encode(change))
end

-- The queue has a lane for each model: a worker takes from that of its own. All lanes of a contest are one sorted set
-- of equal scores, ordered by member: lane (16 hex digits), tag (16 digits), fingerprint.
local function lane_place(lane, tag)
  return lane .. ':' .. string.format('%016.0f', tag)
end

local function in_lane(job, fingerprint)
  return lane_place(redis.call('HGET', job, 'lane'), field(job, 'tag')) .. ':' .. fingerprint
end

local function enqueue(queue, queued_at, queue_by_model, job, fingerprint)
  redis.call('ZADD', queue, redis.call('HGET', job, 'tag'), fingerprint)
  redis.call('ZADD', queued_at, redis.call('HGET', job, 'queued_ms'), fingerprint)
  redis.call('ZADD', queue_by_model, 0, in_lane(job, fingerprint))
end

local function dequeue(queue, queued_at, queue_by_model, job, fingerprint)
  redis.call('ZREM', queue, fingerprint)
  redis.call('ZREM', queued_at, fingerprint)
  redis.call('ZREM', queue_by_model, in_lane(job, fingerprint))
end

-- Puts a score on its way to the leaderboard, which keeps a participant's first and best, and their newest nickname: a
-- score that they have had, under the nickname that they last had one with, would change nothing there.
-- Returns whether it was put.
local function deliver(
  outbox, scored_participants, last_nickname, submission_id, participant, nickname, generation, now, target, result
)
  if redis.call('SADD', scored_participants, participant) == 0
    and redis.call('HGET', last_nickname, participant) == nickname then
    return false
  end
  redis.call('HSET', last_nickname, participant, nickname)
  redis.call('XADD', outbox, '*', 'submission_id', submission_id, 'participant_id', participant,
    'nickname', nickname, 'policy_generation', generation, 'delivered_ms', int(now), 'target', target,
    'result', result)
  return true
end

-- A participant without unfinished drawings takes no memory.
local function one_less_pending(pending, owner)
  if redis.call('HINCRBY', pending, owner, -1) <= 0 then
    redis.call('HDEL', pending, owner)
  end
end

-- The failure belongs to this run: who waited for it sees it for ever, though somebody may ask for the prompt again. A
-- drawing that failed costs nothing: the token goes back.
local function fail(job, pending, work_bucket, waiters, failure)
  redis.call('HSET', job, 'state', 'failed', 'failure:' .. redis.call('HGET', job, 'run'), failure)
  local owner = redis.call('HGET', job, 'owner')
  one_less_pending(pending, owner)
  -- A bucket that is not there is full.
  if redis.call('ZSCORE', work_bucket, owner) then
    redis.call('ZINCRBY', work_bucket, '-' .. redis.call('HGET', job, 'charged_ms'), owner)
  end
  redis.call('DEL', waiters)
end
