-- What held on a day and had been said by its end. Without first_said_at also what was said of that day later.
SELECT content, type, valid_from, valid_to, first_said_at
FROM facts_as_of(t = {t:DateTime64(3, 'UTC')})
WHERE org_id = {org_id:String}
    AND user_id = {user_id:String}
    AND first_said_at <= {t:DateTime64(3, 'UTC')}
ORDER BY valid_from, fact_id
