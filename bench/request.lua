-- What wrk sends; ROW names it.  Keys and SIMs are drawn from what seed.sql
-- makes.
--
--   ROW=sims|messages|page|submit|heartbeat|login wrk -s request.lua ...

local row = os.getenv("ROW")
local organizations = tonumber(os.getenv("ORGANIZATIONS") or 1000)
local received_at = os.getenv("RECEIVED_AT")

local key = "Bearer sk_live_0000000000000000000001%018d"
local token = "Bearer bench0000000000000000000000001%018d"

local body = '{"from":"+4915112345678",'
    .. '"body":"Your verification code is 123456. '
    .. 'It is valid for ten minutes; do not share it.",'
    .. '"message_id":"00000000-0000-4000-8000-%06d%06d",'
    .. '"received_at":"' .. (received_at or "") .. '","sim_slot":1}'

local make = {}


function make.sims()
    local o = math.random(organizations)

    return "GET /api/sims HTTP/1.1\r\nHost: bench\r\n"
        .. "Authorization: " .. string.format(key, o) .. "\r\n\r\n"
end


function make.messages()
    local o = math.random(organizations)

    return string.format("GET /api/sims/%d/messages HTTP/1.1\r\nHost: bench\r\n"
                         .. "Authorization: ", o * 5 - math.random(0, 4))
        .. string.format(key, o) .. "\r\n\r\n"
end


function make.page()
    return string.format("GET /api/sims/1/messages?page=%d HTTP/1.1\r\n"
                         .. "Host: bench\r\nAuthorization: ",
                         os.getenv("PAGE"))
        .. string.format(key, 1) .. "\r\n\r\n"
end


function make.submit()
    local o = math.random(organizations)
    local text = string.format(body, math.random(0, 999999),
                               math.random(0, 999999))

    return string.format("POST /api/byos/devices/%d/sms HTTP/1.1\r\n"
                         .. "Host: bench\r\nContent-Length: %d\r\n"
                         .. "Authorization: ", o * 5 - math.random(0, 4), #text)
        .. string.format(token, o) .. "\r\n\r\n" .. text
end


function make.heartbeat()
    local o = math.random(organizations)
    local text = string.format('{"battery_level":%d,"signal_strength":80,'
                               .. '"is_in_doze_mode":false}', math.random(100))

    return string.format("POST /api/byos/devices/%d/heartbeat HTTP/1.1\r\n"
                         .. "Host: bench\r\nContent-Length: %d\r\n"
                         .. "Authorization: ", o * 5 - math.random(0, 4), #text)
        .. string.format(token, o) .. "\r\n\r\n" .. text
end


-- an address of nobody's each time: none is throttled, all are hashed
function make.login()
    local text = string.format('{"email":"%d.%d@bench.test","password":"'
                               .. 'a wrong password"}', math.random(0, 999999),
                               math.random(0, 999999999))

    return string.format("POST /api/auth/login HTTP/1.1\r\nHost: bench\r\n"
                         .. "Content-Length: %d\r\n\r\n", #text) .. text
end


local threads = {}


function setup(thread)
    thread:set("seed", os.time() + 7919 * #threads)
    table.insert(threads, thread)
end


function init(args)
    math.randomseed(seed)
    request = make[row]
end


function done(summary, latency, requests)
    local e = summary.errors

    io.write(string.format("rate %.1f failed %d\n",
                           summary.requests / summary.duration * 1e6,
                           e.status + e.connect + e.read + e.write
                           + e.timeout))
end
