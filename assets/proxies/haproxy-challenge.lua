  count = count + 1
  local challenge = digest(txn, seed .. count .. seed)
  headers["x-jeton-proof"] = { request_proof }
  headers["x-jeton-challenge"] = { "sha256:" .. challenge }
