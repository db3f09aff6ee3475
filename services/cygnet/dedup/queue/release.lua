-- Ends a lease without a picture: given back by its worker, failed by it, or run out.
--
-- KEYS  job queue queued_at leases clock pending work_bucket waiters queue_by_model
-- ARGV  now:number contest:string fingerprint:string fence:string failure:bytes most_lost:number
-- The fence is '' when the lease ran out, the failure '' to give the job back; a job fails when most_lost of its leases
-- ran out.
-- Returns 'queued', 'failed', or 'lost' when there is no such lease

local state = redis.call('HGET', JOB, 'state')
local ran_out = fence == ''
if not ran_out and redis.call('HGET', JOB, 'fence') ~= fence then
  return 'lost'
end
-- The same release again, and nothing happened in between.
if not ran_out and ((state == 'queued' and failure == '') or (state == 'failed' and failure ~= '')) then
  return state
end
if state ~= 'drawing' then
  return 'lost'
end
if ran_out then
  local deadline = redis.call('ZSCORE', LEASES, fingerprint)
  if not deadline or tonumber(deadline) > now then
    return 'lost'
  end
  if redis.call('HINCRBY', JOB, 'lost', 1) < most_lost then
    failure = ''
  end
end

redis.call('ZREM', LEASES, fingerprint)
local change = { contest = contest, submission_ids = redis.call('HKEYS', WAITERS), queue_moved = true }
if failure == '' then
  -- Its old tag is its old place.
  redis.call('HSET', JOB, 'state', 'queued')
  enqueue(QUEUE, QUEUED_AT, QUEUE_BY_MODEL, JOB, fingerprint)
  change.work_added = true
  announce(CLOCK, change)
  return 'queued'
end
fail(JOB, PENDING, WORK_BUCKET, WAITERS, failure)
announce(CLOCK, change)
return 'failed'
