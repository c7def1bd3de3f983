-- wrk posts the file that its first argument names, and says what it measured as one line of JSON.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
  file:close()
end

function done(summary, latency, _)
  local failed = summary.errors
  io.write(string.format('{"requests": %d, "microseconds": %d, "p99": %d, "errors": %d}\n',
    summary.requests, summary.duration, latency:percentile(99),
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
