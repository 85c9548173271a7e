-- Proof values that this file shares with jeton: other users must not read this file.
local request_proof = "@REQUEST@"
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
