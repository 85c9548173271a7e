-- Verifies a request with jeton at @VERIFY@: the second part of `jeton guide haproxy`.
-- Save as /etc/haproxy/jeton.lua. It allows nothing by itself: HAProxy continues only if txn.jeton_status is 200.
@ABOUT_VERIFY_LUA@

local verify = "@URL@"
local socket = @SOCKET@
local identity = { @IDENTITY@ }
-- Sources of tokens. jeton gets only these headers and the client's address.
local credentials = { @CREDENTIALS@ }
local tells_uri = @TELLS_URI@
@PROOF_VALUES@

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
  local sent = txn.http:req_get_headers()
  local headers = {
    ["host"] = { "jeton" },
    ["user-agent"] = { one(sent, "user-agent"):sub(1, 200) },
    ["x-forwarded-for"] = { txn.sf:src() or "" },
  }
  for _, name in ipairs(credentials) do
    local values = sent[name]
    local list = {}
    local at = 0
    while values and values[at] do
      -- Longer values are never tokens.
      list[#list + 1] = values[at]:sub(1, 600)
      at = at + 1
      if at > 8 then
        break
      end
    end
    if at > 0 then
      headers[name] = list
    end
  end
  if tells_uri then
    headers["x-forwarded-uri"] = { txn.sf:pathq() }
  end
@ASKED@
  local question = { url = verify .. method, headers = headers, timeout = 5000 }
  if socket then
    question.dst = socket
  end
  local answer = core.httpclient():head(question)
  if not answer or not answer.status then
    return
  end
  if answer.status == 401 then
    txn:set_var("txn.jeton_challenge", one(answer.headers, "www-authenticate"))
  elseif answer.status == 200 then
    if one(answer.headers, "x-jeton-method") ~= method then
      -- The answer did not come from jeton.
      return
    end
@CHECKED@
    for _, name in ipairs(identity) do
      txn:set_var("txn." .. name:gsub("%-", "_"), one(answer.headers, name))
    end
  end
  txn:set_var("txn.jeton_status", tostring(answer.status))
end, 0)
