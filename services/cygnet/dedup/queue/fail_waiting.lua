-- Fails a job that has waited too long, if it still waits.
--
-- KEYS  job queue queued_at clock pending work_bucket waiters queue_by_model last_poll
-- ARGV  contest:string fingerprint:string failure:bytes queued_by:number unserved:number
-- It must have been queued by then; with unserved = 1 it must wait for a model which no worker ever served.
-- Returns 1, or 0 when it is not so any more

if redis.call('HGET', JOB, 'state') ~= 'queued'
  or field(JOB, 'queued_ms') > queued_by
  or (unserved == 1 and redis.call('HEXISTS', LAST_POLL, redis.call('HGET', JOB, 'lane')) == 1) then
  return 0
end
dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
local ids = redis.call('HKEYS', WAITERS)
fail(JOB, PENDING, WORK_BUCKET, WAITERS, failure)
announce(CLOCK, { contest = contest, submission_ids = ids, queue_moved = true })
return 1
