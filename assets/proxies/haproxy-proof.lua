-- The values that this installation's jeton and this file share: others must not read it.
local request_proof = "@REQUEST@"
local answer_key = "@KEY@"
-- No two questions carry the same number, and nobody else can know the next one.
local random = io.open("/dev/urandom", "rb")
local seed = random:read(32)
random:close()
assert(#seed == 32)
local count = 0

local function digest(txn, text)
  return txn.c:hex(txn.c:sha2(text, 256)):lower()
end
