-- Fails a job that waits for a model which no worker ever served. It was queued, and still is.
--
-- KEYS  job queue queued_at clock pending work_bucket waiters queue_by_model last_poll
-- ARGV  now:number contest:string fingerprint:string failure:bytes patience_ms:number
-- It must have waited for patience_ms.
-- Returns 1, or 0 when it is not so any more

if redis.call('HGET', JOB, 'state') ~= 'queued'
  or redis.call('HEXISTS', LAST_POLL, redis.call('HGET', JOB, 'lane')) == 1
  or field(JOB, 'queued_ms') + patience_ms > now then
  return 0
end
dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
local ids = redis.call('HKEYS', WAITERS)
fail(JOB, PENDING, WORK_BUCKET, WAITERS, failure)
announce(CLOCK, { contest = contest, submission_ids = ids, queue_moved = true })
return 1
