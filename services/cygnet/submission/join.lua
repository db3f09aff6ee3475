-- Adds a participant, or changes an old one's nickname, unless the contest is full.
--
-- KEYS  participants
-- ARGV  participant_id:string record:string limit:number
-- Returns 1, or 0 when it is full
if redis.call('HLEN', PARTICIPANTS) >= limit and redis.call('HEXISTS', PARTICIPANTS, participant_id) == 0 then
  return 0
end
redis.call('HSET', PARTICIPANTS, participant_id, record)
return 1
