-- Ends a job with its picture: the first one completed is the one for ever.
--
-- KEYS  job, queue, since, leases, clock, pending, waiters, outbox, pace, lanes, credited, named
-- ARGV  now in ms, contest, fingerprint, fence, result as JSON, samples of the pace to keep
-- Returns {'done', the result in force, ms since the job was admitted}, without the last when it was done before;
--         or {'lost'} when another claim has the job
local JOB, QUEUE, SINCE, LEASES, CLOCK, PENDING = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local WAITERS, OUTBOX, PACE, LANES, CREDITED, NAMED = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local now, contest, fingerprint, fence, result, samples =
  tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])

local state = redis.call('HGET', JOB, 'state')
if not state or redis.call('HGET', JOB, 'fence') ~= fence or state == 'failed' then
  return { 'lost' }
elseif state == 'done' then
  return { 'done', redis.call('HGET', JOB, 'result') }
end

-- A job whose lease ran out and that nobody claimed since is queued, with the fence unchanged: its late picture is as
-- good as another one. How long it took says nothing about the pace.
if state == 'drawing' then
  local took = math.max(0, now - field(JOB, 'started_ms'))
  redis.call('LPUSH', PACE, int(took) .. ' ' .. redis.call('ZCARD', LEASES))
  redis.call('LTRIM', PACE, 0, samples - 1)
end
redis.call('ZREM', LEASES, fingerprint)
dequeue(QUEUE, SINCE, LANES, JOB, fingerprint)
redis.call('HSET', JOB, 'state', 'done', 'result', result)
redis.call('HINCRBY', PENDING, redis.call('HGET', JOB, 'owner'), -1)

local target = redis.call('HGET', JOB, 'target')
local waiting = redis.call('HGETALL', WAITERS)
local ids = {}
for index = 1, #waiting, 2 do
  local waiter = cjson.decode(waiting[index + 1])
  ids[#ids + 1] = waiting[index]
  credit(OUTBOX, CREDITED, NAMED, waiting[index], waiter.participant_id, waiter.nickname, waiter.policy_generation, now,
    target, result)
end
redis.call('DEL', WAITERS)
announce(CLOCK, { contest = contest, submission_ids = ids, queue_moved = true, outbox_grew = true })
return { 'done', result, int(now - field(JOB, 'queued_ms')) }
