-- What is known of a person now, the latest said first.
SELECT content, type, about, confidence, mentioned_at, confirmations, evidence.quote AS quotes
FROM facts
WHERE org_id = {org_id:String}
    AND user_id = {user_id:String}
    AND status = 'active'
    AND (expires_at IS NULL OR expires_at > now())
ORDER BY mentioned_at DESC, fact_id
