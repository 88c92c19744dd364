-- Refreshes, each with the token that an earlier answer brought: a real chain for each session.
-- Arguments: file (the head of the request with %d for the length of its body, then the first
-- token of each chain). A chain waits for its answer before it goes on, so that there must be more
-- chains than connections.

local shared = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "shared.lua")
local head, tokens, first, seen = nil, {}, 1, {}

function init(args)
   local records = shared.read(args[1])
   head = records[1]
   for number = 2, #records do
      tokens[number - 1] = records[number]
   end
end

local function refresh(token)
   local body = "grant_type=refresh_token&refresh_token=" .. token
   return string.format(head, #body) .. body
end

function request()
   if shared.is_rehearsal() then return refresh(tokens[1]) end
   local token = tokens[first]
   if token == nil then
      shared.complain(0, "all chains have ended")
      return refresh("none")
   end
   tokens[first] = nil
   first = first + 1
   return refresh(token)
end

local last
function response(status, _, body)
   local token = status == 200 and string.match(body, '"refresh_token":"([^"]+)"')
   if not token then
      return shared.complain(status, body)
   end
   if seen[token] then
      return shared.complain(status, "this refresh token came before: it does not rotate")
   end
   seen[token] = true
   last = (last or #tokens) + 1
   tokens[last] = token
   shared.count()
end
