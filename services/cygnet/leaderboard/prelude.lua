-- Put before every script of this service.

-- A standing is one exact integer below 2^53: steps * MOMENTS + (MOMENTS - 1 - ms since the contest's epoch).
-- More steps are better, and among equal ones the earlier. Steps have 20 bits, moments 33 (99 days).
local MOMENTS = 2 ^ 33

-- Redis hands numbers to Lua as doubles, and tostring() keeps 14 digits of them.
local function int(number)
  return string.format('%.0f', number)
end

-- A name is '<ms of the delivery that it came with> <nickname key> <nickname>'.
local function parsed_name(name)
  return string.match(name, '^(%d+) (%x+) (.*)$')
end

-- Returns who goes by one of the nickname keys, which are separated by spaces, as a set, and how many they are.
local function called_by(index, nickname_keys)
  local set, count = {}, 0
  for key in string.gmatch(nickname_keys, '%x+') do
    local members = redis.call('ZRANGEBYLEX', index, '[' .. key .. ':', '(' .. key .. ';')
    for _, member in ipairs(members) do
      set[string.sub(member, #key + 2)] = true
      count = count + 1
    end
  end
  return set, count
end

-- Returns {packed, the delivery, nickname} of a participant in the ranking.
local function row(best, names, participant, packed)
  local _, _, nickname = parsed_name(redis.call('HGET', names, participant))
  return { packed, redis.call('HGET', best, participant), nickname }
end

-- Returns the first row of a query over the ranking that is not staff's, or {}. The query is a command with its
-- arguments up to LIMIT.
local function first_ranked(best, names, staff, query)
  local skipped = 0
  while true do
    local arguments = { unpack(query) }
    for _, word in ipairs({ 'WITHSCORES', 'LIMIT', skipped, 1 }) do
      arguments[#arguments + 1] = word
    end
    local found = redis.call(unpack(arguments))
    if #found == 0 then
      return {}
    elseif not staff[found[1]] then
      return row(best, names, found[1], found[2])
    end
    skipped = skipped + 1
  end
end

local function next_worse(rank, best, names, staff, packed)
  local step = math.floor(tonumber(packed) / MOMENTS) * MOMENTS
  return first_ranked(best, names, staff, { 'ZREVRANGEBYSCORE', rank, '(' .. int(step), '-inf' })
end

local function next_better(rank, best, names, staff, packed)
  local next_step = (math.floor(tonumber(packed) / MOMENTS) + 1) * MOMENTS
  return first_ranked(best, names, staff, { 'ZRANGEBYSCORE', rank, int(next_step), '+inf' })
end
