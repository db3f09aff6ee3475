-- Put before every script of this service.

-- A tag is a place in the queue: start * PLACES + sequence, one exact integer below 2^53. Start times have 23 bits
-- (8 million drawings), sequence numbers 30; equal starts are ordered by who came first.
local PLACES = 2 ^ 30
local STARTS = 2 ^ 23

-- Redis hands numbers to Lua as doubles, and tostring() keeps 14 digits of them.
local function int(number)
  return string.format('%.0f', number)
end

local function field(key, name)
  return tonumber(redis.call('HGET', key, name) or '0')
end

-- Tells all who watch, and makes every snapshot of this contest newer than those before.
local function announce(clock, change)
  redis.call('HINCRBY', clock, 'revision', 1)
  redis.call('PUBLISH', 'dedup:changes', cjson.encode(change))
end

-- The queue has a lane for each model: a worker takes from that of its own. All lanes of a contest are one sorted set
-- of equal scores, ordered by member: lane (16 hex digits), tag (16 digits), fingerprint.
local function in_lane(job, fingerprint)
  return redis.call('HGET', job, 'lane') .. ':' .. string.format('%016.0f', field(job, 'tag')) .. ':' .. fingerprint
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

-- The failure belongs to this run: who waited for it sees it for ever, though somebody may ask for the prompt again. A
-- drawing that failed costs nothing: the token goes back.
local function fail(job, pending, work_bucket, waiters, failure)
  redis.call('HSET', job, 'state', 'failed', 'failure:' .. redis.call('HGET', job, 'run'), failure)
  local owner = redis.call('HGET', job, 'owner')
  redis.call('HINCRBY', pending, owner, -1)
  redis.call('HINCRBY', work_bucket, owner, '-' .. redis.call('HGET', job, 'charged_ms'))
  redis.call('DEL', waiters)
end
