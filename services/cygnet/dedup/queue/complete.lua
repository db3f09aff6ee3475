-- Ends a job with its picture: the first one completed is the one for ever.
--
-- KEYS  job queue queued_at leases clock pending waiters outbox pace queue_by_model scored_participants last_nickname
--       drawn
-- ARGV  now:number contest:string fingerprint:string fence:string result:bytes samples:number
-- The last is how many samples of the pace are kept.
-- Returns {'done', ms since the job was admitted, '1' if that was within what was promised, '0' if not, '' where nothing
--         was}, 'done' alone when it was done before; or {'lost'} when another claim has the job

local state = redis.call('HGET', JOB, 'state')
if not state or redis.call('HGET', JOB, 'fence') ~= fence or state == 'failed' then
  return { 'lost' }
elseif state == 'done' then
  return { 'done' }
end

-- A job whose lease ran out and that nobody claimed since is queued, with the fence unchanged: its late picture is as
-- good as another one. How long it took is no sample of the pace; nor is it where the clock was set since the lease was
-- last renewed.
local took = now - field(JOB, 'started_ms')
if state == 'drawing' and took >= 0 and now <= tonumber(redis.call('ZSCORE', LEASES, fingerprint)) then
  redis.call('LPUSH', PACE, int(took) .. ' ' .. redis.call('ZCARD', LEASES))
  redis.call('LTRIM', PACE, 0, samples - 1)
end
redis.call('ZREM', LEASES, fingerprint)
dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
redis.call('HSET', JOB, 'state', 'done', 'result', result)
local owner = redis.call('HGET', JOB, 'owner')
one_less_pending(PENDING, owner)
redis.call('HINCRBY', DRAWN, owner, 1)

local target = redis.call('HGET', JOB, 'target')
local waiting = redis.call('HGETALL', WAITERS)
local ids = {}
local function deliver_to(owners)
  for index = 1, #waiting, 2 do
    local participant, generation, nickname = waiting[index + 1]:match('^(%S+) (%S+) (.*)$')
    if (participant == owner) == owners then
      ids[#ids + 1] = waiting[index]
      deliver(OUTBOX, SCORED_PARTICIPANTS, LAST_NICKNAME, waiting[index], participant, nickname, generation, now, target,
        result)
    end
  end
end
-- Who had it drawn comes before those who joined in: the first in the log is the picture's finder.
deliver_to(true)
deliver_to(false)
redis.call('DEL', WAITERS)
announce(CLOCK, { contest = contest, submission_ids = ids, queue_moved = true, outbox_grew = true })
local promised_ms = redis.call('HGET', JOB, 'promised_ms')
local kept = ''
if promised_ms then
  kept = now - field(CLOCK, 'away_ms') <= tonumber(promised_ms) and '1' or '0'
end
return { 'done', int(now - field(JOB, 'queued_ms')), kept }
