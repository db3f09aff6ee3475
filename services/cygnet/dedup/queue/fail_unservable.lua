-- Fails a job that waits for a model which no worker ever served. It was queued, and still is.
--
-- KEYS  job, queue, since, clock, pending, work_bucket, waiters, lanes, asked
-- ARGV  now in ms, contest, fingerprint, failure as JSON, how many ms it must have waited
-- Returns 1, or 0 when it is not so any more
local JOB, QUEUE, SINCE, CLOCK, PENDING = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local WORK_BUCKET, WAITERS, LANES, ASKED = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local now, contest, fingerprint, failure, patience_ms = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

if redis.call('HGET', JOB, 'state') ~= 'queued'
  or redis.call('HEXISTS', ASKED, redis.call('HGET', JOB, 'lane')) == 1
  or field(JOB, 'queued_ms') + patience_ms > now then
  return 0
end
dequeue(QUEUE, SINCE, LANES, JOB, fingerprint)
local ids = redis.call('HKEYS', WAITERS)
fail(JOB, PENDING, WORK_BUCKET, WAITERS, failure)
announce(CLOCK, { contest = contest, submission_ids = ids, queue_moved = true })
return 1
