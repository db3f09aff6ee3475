-- Goes before stand.lua and redeem.lua: at the start of each turn the places go to who waits, by lot.
--
-- hall, outside  who waits, by the ticket's id: "<deadline> <client> <network>"
-- admitted       who has a place, by the ticket's id: "<deadline> <participant>"; no participant yet: "<deadline> "
-- turn           turn: the last one that was drawn; left: its places that are free; seen: who came while all was full

local DAY_S = 86400

local function waiting_in(key, now)
  local waiting, all = {}, redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local deadline, client, network = string.match(all[i + 1], '^(%d+) (%S+) (%S*)$')
    if tonumber(deadline) < now then
      redis.call('HDEL', key, all[i])
    else
      waiting[#waiting + 1] = {id = all[i], key = key, deadline = deadline, client = client, network = network}
    end
  end
  return waiting
end

local function forget_old(admitted, now)
  local all = redis.call('HGETALL', admitted)
  for i = 1, #all, 2 do
    if tonumber(string.match(all[i + 1], '^%d+')) < now then redis.call('HDEL', admitted, all[i]) end
  end
end

local function by_lot(waiting, seed)
  for _, each in ipairs(waiting) do each.lot = redis.sha1hex(seed .. each.id) end
  table.sort(waiting, function(a, b) return a.lot < b.lot end)
end

-- Admits at most `most` of `waiting`: who has a place goes over to the key `admitted`. With `bounds`, so many for each client and each network. Returns how many.
local function admit(admitted, waiting, most, bounds)
  local count, clients, networks = 0, {}, {}
  for _, each in ipairs(waiting) do
    if count >= most then break end
    local of_client, of_network = clients[each.client] or 0, networks[each.network] or 0
    if not each.won and (not bounds or (of_client < bounds.client and of_network < bounds.network)) then
      clients[each.client], networks[each.network] = of_client + 1, of_network + 1
      each.won, count = true, count + 1
      redis.call('HDEL', each.key, each.id)
      redis.call('HSET', admitted, each.id, each.deadline .. ' ')
    end
  end
  return count
end

-- Once a turn; `keys` are the four above. The hall and the outside have half of the places each, and what one does not
-- need is the other's.
local function draw(keys, now, turn, seed, places)
  local drawn = tonumber(redis.call('HGET', keys.turn, 'turn') or -10)
  -- Replicas' clocks differ, so the turn before is no news; a clock that jumped back is.
  if turn == drawn or turn == drawn - 1 then return end
  forget_old(keys.admitted, now)
  local hall, outside = waiting_in(keys.hall, now), waiting_in(keys.outside, now)
  by_lot(hall, seed)
  by_lot(outside, seed)
  local half = math.ceil(places / 2)
  local bounds = {client = math.max(1, math.floor(places / 50)), network = math.max(1, math.floor(places / 10))}
  local left = places - admit(keys.admitted, hall, half)
  left = left - admit(keys.admitted, outside, math.min(left, places - half), bounds)
  left = left - admit(keys.admitted, hall, left)
  left = left - admit(keys.admitted, outside, left)
  redis.call('HSET', keys.turn, 'turn', turn, 'left', left, 'seen', 0)
  for _, key in pairs(keys) do redis.call('EXPIRE', key, DAY_S) end
end
