-- Verifies a request with jeton at @VERIFY@: the second part of `jeton guide haproxy`.
-- Save as /etc/haproxy/jeton.lua. It allows nothing by itself: HAProxy continues only if txn.jeton_status is 200.
@ABOUT_VERIFY_LUA@

local verify = "@URL@"
local socket = @SOCKET@
local identity = { @IDENTITY@ }
-- Sources of tokens. jeton gets only these headers and the client's address.
local credentials = { @CREDENTIALS@ }
local tells_uri = @TELLS_URI@
@IF PROOF@
-- Proof values that this file shares with jeton: other users must not read this file.
local request_proof = "@REQUEST_PROOF@"
local answer_key = "@KEY@"
-- Challenges are unique and unpredictable.
local random = io.open("/dev/urandom", "rb")
local seed = random:read(32)
random:close()
assert(#seed == 32)
local count = 0

local function digest(txn, text)
  return txn.c:hex(txn.c:sha2(text, 256)):lower()
end
@END@

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
@IF PROOF@
  count = count + 1
  local challenge = digest(txn, seed .. count .. seed)
  headers["x-jeton-proof"] = { request_proof }
  headers["x-jeton-challenge"] = { "sha256:" .. challenge }
@END@
  local question = { url = verify .. method, headers = headers, timeout = 5000 }
  if socket then
    question.dst = socket
  end
  local answer = core.httpclient():head(question)
  if not answer or not answer.status then
    return
  end
  if answer.status == 401 then
    local challenge_header = one(answer.headers, "www-authenticate")
    txn:set_var("txn.jeton_challenge", challenge_header)
    txn:set_var("txn.jeton_result", challenge_header:find("error=", 1, true) and "2" or "1")
  elseif answer.status == 200 then
    if one(answer.headers, "x-jeton-method") ~= method then
      -- The answer did not come from jeton.
      return
    end
@IF PROOF@
    -- Only jeton can answer a fresh challenge.
    local parts = { answer_key, challenge }
    for _, name in ipairs(identity) do
      parts[#parts + 1] = one(answer.headers, name)
    end
    parts[#parts + 1] = answer_key
    if one(answer.headers, "x-jeton-proof") ~= digest(txn, table.concat(parts, "|")) then
      return
    end
@END@
    for _, name in ipairs(identity) do
      txn:set_var("txn." .. name:gsub("%-", "_"), one(answer.headers, name))
    end
  end
  txn:set_var("txn.jeton_status", tostring(answer.status))
end, 0)
