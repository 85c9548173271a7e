    -- Only jeton can answer a fresh challenge.
    local parts = { answer_key, challenge }
    for _, name in ipairs(identity) do
      parts[#parts + 1] = one(answer.headers, name)
    end
    parts[#parts + 1] = answer_key
    if one(answer.headers, "x-jeton-proof") ~= digest(txn, table.concat(parts, "|")) then
      return
    end
