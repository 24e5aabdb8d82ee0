-- What each organisation sends again, without ids and times, or with secrets in it.
SELECT
    org_id,
    countIf(kind = 'submission') AS submissions,
    countIf(kind = 'resubmission') AS resubmissions,
    sumIf(turns_in, kind = 'submission') AS turns_in,
    sum(turns_duplicate) AS turns_duplicate,
    sum(turns_conflicting) AS turns_conflicting,
    sum(turns_weak) AS turns_weak,
    sum(arraySum(mapValues(redactions))) AS secrets_replaced,
    arraySort(groupUniqArrayArray(mapKeys(redactions))) AS kinds_of_secrets,
    countIf(rekeyed) AS rekeyed
FROM submissions
WHERE recorded_at >= {since:DateTime64(3, 'UTC')}
GROUP BY org_id
ORDER BY turns_duplicate DESC, org_id
