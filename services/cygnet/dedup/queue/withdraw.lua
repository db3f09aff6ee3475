-- Takes a job out of the queue: it was queued, and still is, for the waiters that were looked at.
--
-- KEYS  job queue queued_at clock pending work_bucket waiters queue_by_model
-- ARGV  contest:string fingerprint:string run:string waiting:number failure:bytes
-- Within a run waiters only come: as many as were looked at, in the same run, are the same ones.
-- Returns 1, or 0 when it is not so any more

if redis.call('HGET', JOB, 'state') ~= 'queued' or redis.call('HGET', JOB, 'run') ~= run
  or redis.call('HLEN', WAITERS) ~= waiting then
  return 0
end
dequeue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
local ids = redis.call('HKEYS', WAITERS)
fail(JOB, PENDING, WORK_BUCKET, WAITERS, failure)
announce(CLOCK, { contest = contest, submission_ids = ids, queue_moved = true })
return 1
