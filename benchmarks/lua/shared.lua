-- What all scripts have in common: reading material, judging answers, and telling the outcome.
-- wrk runs one thread of ours, so that one Lua state serves all connections.

local M = {}

-- The records of a file, parted by NUL.
function M.read(path)
   local file = assert(io.open(path, "rb"))
   local text = file:read("*a")
   file:close()
   local records, from = {}, 1
   while from <= #text do
      local to = string.find(text, "\0", from, true) or #text + 1
      records[#records + 1] = string.sub(text, from, to - 1)
      from = to + 1
   end
   return records
end

-- Global, so that done() can ask the thread for them.
units, refused, unexpected, first_unexpected = 0, 0, 0, ""

function M.count()
   units = units + 1
end

function M.complain(status, what)
   unexpected = unexpected + 1
   if first_unexpected == "" then
      first_unexpected = status .. " " .. string.sub(what, 1, 300)
   end
end

-- wrk asks for one request that it never sends, to see whether they are pipelined.
local asked = false
function M.is_rehearsal()
   local first = not asked
   asked = true
   return first
end

local threads = {}
function setup(thread)
   threads[#threads + 1] = thread
end

function done(summary, latency, _)
   local thread, errors = threads[1], summary.errors
   io.write(string.format(
      '{"requests":%d,"units":%d,"refused":%d,"microseconds":%d,"p50":%d,"p99":%d,' ..
      '"unexpected":%d,"broken":%d}\n',
      summary.requests, thread:get("units"), thread:get("refused"), summary.duration,
      latency:percentile(50), latency:percentile(99), thread:get("unexpected"),
      errors.connect + errors.read + errors.write + errors.timeout))
   io.write("unexpected: " .. thread:get("first_unexpected") .. "\n")
end

return M
