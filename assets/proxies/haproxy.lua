-- Asks jeton at @VERIFY@ about a request: the second part of `jeton guide haproxy`.
-- Save as /etc/haproxy/jeton.lua. It allows nothing by itself: HAProxy goes on only when txn.jeton_status is 200.

local verify = "@URL@"
local socket = @SOCKET@
local identity = { @IDENTITY@ }
-- What belongs to the client's connection and body, not to the question.
local own = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["keep-alive"] = true,
  ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
  ["x-forwarded-for"] = true, ["x-forwarded-method"] = true, ["x-forwarded-uri"] = true,
}

local function one(headers, name)
  local values = headers and headers[name]
  return values and values[0] or ""
end

core.register_action("jeton_verify", { "http-req" }, function(txn)
  txn:set_var("txn.jeton_status", "503")
  local method = txn:get_var("txn.jeton_ask")
  if type(method) ~= "string" or not method:match("^[%w._-]+$") then
    return
  end
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not own[name:lower()] then
      local list = {}
      local at = 0
      while values[at] do
        list[#list + 1] = values[at]
        at = at + 1
      end
      headers[name] = list
    end
  end
  headers["x-forwarded-for"] = { txn.sf:src() or "" }
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  local question = { url = verify .. method, headers = headers, timeout = 5000 }
  if socket then
    question.dst = socket
  end
  local answer = core.httpclient():get(question)
  if not answer or not answer.status then
    return
  end
  if answer.status == 401 then
    txn:set_var("txn.jeton_challenge", one(answer.headers, "www-authenticate"))
  elseif answer.status == 200 then
    if one(answer.headers, "x-jeton-method") ~= method then
      -- Somebody else than jeton allowed it.
      return
    end
    for _, name in ipairs(identity) do
      txn:set_var("txn." .. name:gsub("%-", "_"), one(answer.headers, name))
    end
  end
  txn:set_var("txn.jeton_status", tostring(answer.status))
end, 0)
