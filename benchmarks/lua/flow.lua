-- Whole sign-ins: an authorization request of a browser that is signed in, then the exchange of
-- the code. Arguments: file (head of the token request with %d for the length, its form without the
-- code, then an authorization request for each browser), text that the second answer must contain.

local shared = dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "shared.lua")
local head, form, authorizations, at, text_wanted
local codes, first, last = {}, 1, 0

function init(args)
   authorizations = shared.read(args[1])
   head, form = table.remove(authorizations, 1), table.remove(authorizations, 1)
   at, text_wanted = 0, args[2]
end

function request()
   if shared.is_rehearsal() then return authorizations[1] end
   if first <= last then
      local body = form .. "&code=" .. codes[first]
      codes[first] = nil
      first = first + 1
      return string.format(head, #body) .. body
   end
   at = at % #authorizations + 1
   return authorizations[at]
end

function response(status, headers, body)
   if status == 200 and string.find(body, text_wanted, 1, true) then
      return shared.count()
   end
   local location = status == 303 and (headers["Location"] or headers["location"])
   local code = location and string.match(location, "[?&]code=([^&]+)")
   if not code then
      return shared.complain(status, location or body)
   end
   last = last + 1
   codes[last] = code
end
