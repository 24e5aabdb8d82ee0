-- The tables that a generation has for itself: each generation is a partition. The ledger of what was asked and paid is
-- not among them: money that was spent stays spent.
SELECT name
FROM system.tables
WHERE database = {data:String} AND partition_key = 'generation' AND name != 'extractions'
ORDER BY name
