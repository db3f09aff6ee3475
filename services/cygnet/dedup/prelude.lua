-- Put before every script of this service.

-- A tag is a place in the queue: start * PLACES + sequence, one exact integer below 2^53. Start times have 23 bits
-- (8 million drawings), sequence numbers 30; equal starts are ordered by who came first.
local PLACES = 2 ^ 30
local STARTS = 2 ^ 23

-- Redis hands numbers to Lua as doubles, and tostring() keeps 14 digits of them.
local function int(number)
  return string.format('%.0f', number)
end

local function field(key, name)
  return tonumber(redis.call('HGET', key, name) or '0')
end

-- Tells all who watch, and makes every snapshot of this contest newer than those before.
local function announce(clock, change)
  redis.call('HINCRBY', clock, 'revision', 1)
  redis.call('PUBLISH', 'dedup:changes', cjson.encode(change))
end
