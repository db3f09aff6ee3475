-- Puts a contest document in force if nobody else did in between, and tells the other replicas. Safe to repeat.
-- KEYS  document names
-- ARGV  expected:bytes wanted:bytes contest:string channel:string
-- `expected` is the document that is there now, '' for none. Returns 1 when `wanted` is in force, 0 when another one came
-- in between.
local present = redis.call('GET', DOCUMENT) or ''
if present == wanted then
  return 1
end
if present ~= expected then
  return 0
end
redis.call('SET', DOCUMENT, wanted)
redis.call('SADD', NAMES, contest)
redis.call('PUBLISH', channel, contest)
return 1
