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

-- Members of the sorted sets that hold an order in their names begin with a key; this is what comes after it.
local function each_after(index, key)
  local members = redis.call('ZRANGEBYLEX', index, '[' .. key .. ':', '(' .. key .. ';')
  for at, member in ipairs(members) do
    members[at] = string.sub(member, #key + 2)
  end
  return members
end

-- Returns who goes by one of the nickname keys, which are separated by spaces, as a set.
local function called_by(index, nickname_keys)
  local set = {}
  for key in string.gmatch(nickname_keys, '%x+') do
    for _, participant in ipairs(each_after(index, key)) do
      set[participant] = true
    end
  end
  return set
end

-- Returns {participant, nickname}.
local function named(names, participant)
  local _, _, nickname = parsed_name(redis.call('HGET', names, participant))
  return { participant, nickname }
end

-- Returns the packed result and the delivery of a participant's best result with these pixels, or nil.
local function drawing(drawn, participant, pixels)
  local stored = redis.call('HGET', drawn, participant .. ' ' .. pixels)
  if stored then
    local digits = string.match(stored, '^%d+')
    return tonumber(digits), string.sub(stored, #digits + 2)
  end
end

-- Returns who had a picture drawn after `at` others, or nil.
local function finder_at(finders, pixels, at)
  local member = redis.call('ZRANGEBYLEX', finders, '[' .. pixels .. ':', '(' .. pixels .. ';', 'LIMIT', at, 1)[1]
  return member and string.match(member, '^%x+:%d+:(.*)$')
end

-- Returns the least packed result with the same steps.
local function first_step_of(packed)
  return math.floor(packed / MOMENTS) * MOMENTS
end

-- The finds of a target with staff left out. A picture that staff had drawn first belongs to the next who had it drawn:
-- `moved` has whose best find that changes, with the packed result and the pixels.
local function ranked_finds(keys, staff)
  local moved, skipped = {}, 0

  -- Returns who had it drawn first; nil: staff alone had.
  local function finder(pixels)
    local at = 0
    while true do
      local participant = finder_at(keys.finders, pixels, at)
      if not participant or not staff[participant] then
        return participant
      end
      at = at + 1
    end
  end

  for participant in pairs(staff) do
    for _, pixels in ipairs(each_after(keys.shared, participant)) do
      local next_finder = finder(pixels)
      if next_finder then
        local packed = drawing(keys.drawn, next_finder, pixels)
        local present = moved[next_finder]
          or { packed = tonumber(redis.call('ZSCORE', keys.finds, next_finder) or '-1') }
        if packed > present.packed then
          moved[next_finder] = { packed = packed, pixels = pixels }
        end
      end
    end
  end
  for participant in pairs(moved) do
    skipped = skipped + 1
  end
  for participant in pairs(staff) do
    skipped = skipped + 1
  end

  -- Returns {packed, the delivery, nickname, how many had the same picture drawn later, staff left out}.
  local function row(participant, pixels)
    local packed, delivery = drawing(keys.drawn, participant, pixels)
    local after = redis.call('ZLEXCOUNT', keys.finders, '[' .. pixels .. ':', '(' .. pixels .. ';') - 1
    for member in pairs(staff) do
      after = after - redis.call('HEXISTS', keys.drawn, member .. ' ' .. pixels)
    end
    return { int(packed), delivery, named(keys.names, participant)[2], math.max(after, 0) }
  end

  local function find_row(participant)
    local pixels = moved[participant] and moved[participant].pixels or redis.call('HGET', keys.find, participant)
    return pixels and row(participant, pixels) or {}
  end

  local function best(participant)
    return moved[participant] and moved[participant].packed or tonumber(redis.call('ZSCORE', keys.finds, participant))
  end

  local function count_from(least)
    local count = redis.call('ZCOUNT', keys.finds, int(least), '+inf')
    for member in pairs(staff) do
      if tonumber(redis.call('ZSCORE', keys.finds, member) or '-1') >= least then
        count = count - 1
      end
    end
    for member, find in pairs(moved) do
      if find.packed >= least and tonumber(redis.call('ZSCORE', keys.finds, member) or '-1') < least then
        count = count + 1
      end
    end
    return count
  end

  -- Returns the nearest row beyond a bound, or {}. `command` walks away from the bound, `closer` tells which of two
  -- packed results comes first then.
  local function nearest(command, bound, limit, closer)
    local found, packed
    local at = 0
    while not found do
      local next_one = redis.call(command, keys.finds, bound, limit, 'WITHSCORES', 'LIMIT', at, 1)
      if #next_one == 0 then
        break
      elseif not staff[next_one[1]] and not moved[next_one[1]] then
        found, packed = next_one[1], tonumber(next_one[2])
      end
      at = at + 1
    end
    for member, find in pairs(moved) do
      if closer(find.packed, packed) then
        found, packed = member, find.packed
      end
    end
    return found and find_row(found) or {}
  end

  local function next_worse(packed)
    local step = first_step_of(packed)
    return nearest('ZREVRANGEBYSCORE', '(' .. int(step), '-inf', function(one, other)
      return one < step and (not other or one > other)
    end)
  end

  local function next_better(packed)
    local step = first_step_of(packed) + MOMENTS
    return nearest('ZRANGEBYSCORE', int(step), '+inf', function(one, other)
      return one >= step and (not other or one < other)
    end)
  end

  -- Returns the participants of the `limit` best finds, best first.
  local function head(limit)
    local found = redis.call('ZREVRANGE', keys.finds, 0, limit + skipped - 1, 'WITHSCORES')
    local list = {}
    for at = 1, #found, 2 do
      if not staff[found[at]] and not moved[found[at]] then
        list[#list + 1] = { found[at], tonumber(found[at + 1]) }
      end
    end
    for member, find in pairs(moved) do
      list[#list + 1] = { member, find.packed }
    end
    -- Equal ones as the sorted set has them.
    table.sort(list, function(one, other)
      return one[2] > other[2] or (one[2] == other[2] and one[1] > other[1])
    end)
    local participants = {}
    for at = 1, math.min(limit, #list) do
      participants[at] = list[at][1]
    end
    return participants
  end

  return {
    finder = finder,
    row = row,
    find_row = find_row,
    best = best,
    count_from = count_from,
    next_worse = next_worse,
    next_better = next_better,
    head = head,
  }
end
