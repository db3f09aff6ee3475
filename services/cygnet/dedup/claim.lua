-- Leases the job at the head of the queue. The caller guesses which one that is, because a script declares its keys.
--
-- KEYS  queue, since, leases, clock, job, waiters
-- ARGV  now in ms, contest, the guess (a fingerprint), lease in ms, the claim's own token
-- Returns {'empty'}, {'head', fingerprint} when the guess was wrong, or
--         {'claimed', fence, attempts, prompt, seed, target, target_sha256, model, queued_ms}
local QUEUE, SINCE, LEASES, CLOCK, JOB, WAITERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now, contest, guess, lease_ms, token = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

local function claimed()
  return { 'claimed', unpack(redis.call('HMGET', JOB,
    'fence', 'attempts', 'prompt', 'seed', 'target', 'target_sha256', 'model', 'queued_ms')) }
end

-- The client sends a command again when its connection breaks: the same claim finds what it was given.
if redis.call('HGET', JOB, 'state') == 'drawing' and redis.call('HGET', JOB, 'token') == token then
  return claimed()
end

local head = redis.call('ZRANGE', QUEUE, 0, 0)[1]
if not head then
  return { 'empty' }
elseif head ~= guess then
  return { 'head', head }
end

redis.call('ZREM', QUEUE, head)
redis.call('ZREM', SINCE, head)
redis.call('ZADD', LEASES, int(now + lease_ms), head)
redis.call('HSET', JOB, 'state', 'drawing', 'started_ms', int(now), 'token', token)
redis.call('HINCRBY', JOB, 'fence', 1)
redis.call('HINCRBY', JOB, 'attempts', 1)
-- Virtual time is the start of what is served. It never falls: a job that was given back starts in the past.
local start = math.floor(field(JOB, 'tag') / PLACES)
if start > field(CLOCK, 'virtual') then
  redis.call('HSET', CLOCK, 'virtual', int(start))
end
announce(CLOCK, { contest = contest, submission_ids = redis.call('HKEYS', WAITERS), queue_moved = true })
return claimed()
