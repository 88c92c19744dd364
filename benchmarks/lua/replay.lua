-- Sends the requests of a file one after the other: over and over, or each of them once.
-- Arguments: file, expected status, text that each answer must contain, "again" or "once",
-- status of answers that refuse for a while (0: none).

local shared = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "shared.lua")
local requests, at, status_wanted, text_wanted, once, status_refused

function init(args)
   requests, at = shared.read(args[1]), 0
   status_wanted, text_wanted = tonumber(args[2]), args[3]
   once, status_refused = args[4] == "once", tonumber(args[5])
end

function request()
   if shared.is_rehearsal() then return requests[1] end
   at = at + 1
   if at > #requests then
      if once then shared.complain(0, "the requests have run out") end
      at = 1
   end
   return requests[at]
end

function response(status, _, body)
   if status == status_refused then
      refused = refused + 1
   elseif status ~= status_wanted or not string.find(body, text_wanted, 1, true) then
      shared.complain(status, body)
   else
      shared.count()
   end
end
